//! Matrix products and convolutions on Vulkan against the CPU, over shapes that no tile fits.

use hammerhead_gpu::Vulkan;
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue, Prim, Transposed, View};
use hammerhead_tensor::{Cpu, DType, Tensor, with_device};
use proptest::prelude::*;

/// Numbers in -1..1 that differ from operand to operand.
fn numbers(shape: &[usize], seed: usize) -> Vec<f32> {
    let scrambled = |i: usize| (i + 31 * seed).wrapping_mul(2_654_435_761) >> 7;
    let count = shape.iter().product();
    (0..count)
        .map(|i| (scrambled(i) % 2039) as f32 / 1019.5 - 1.0)
        .collect()
}

/// How an operand lies in memory.
#[derive(Clone, Copy, Debug)]
enum Lie {
    Plain,
    Transposed,
    Spaced,
    Backwards,
    /// Among what must not be touched.
    Framed,
}

const LIES: [Lie; 5] = [
    Lie::Plain,
    Lie::Transposed,
    Lie::Spaced,
    Lie::Backwards,
    Lie::Framed,
];

fn lie() -> impl Strategy<Value = Lie> {
    prop::sample::select(LIES.to_vec())
}

/// A tensor of these values, lying so.
fn lying(values: &[f32], shape: &[usize], lie: Lie, device: &DeviceRef, dtype: DType) -> Tensor {
    let plain = Tensor::from_slice(values, shape).to(device).to_dtype(dtype);
    let rank = shape.len();
    let reversed: Vec<isize> = (0..rank as isize).rev().collect();
    match lie {
        Lie::Plain => plain,
        Lie::Transposed => plain.permute(reversed.clone()).copy().permute(reversed),
        Lie::Backwards => plain.flip(reversed.clone()).copy().flip(reversed),
        Lie::Framed => {
            let value = if dtype.is_float() { f64::NAN } else { 9.0 };
            // A frame that leaves lines where vectors of eight begin.
            let dims: Vec<usize> = (0..rank).rev().take(2).collect();
            let after = |&dim: &usize| 16 - shape[dim] as isize % 8;
            let widths: Vec<isize> = dims.iter().flat_map(|dim| [8, after(dim)]).collect();
            let framed = plain.pad(&widths, value);
            dims.iter()
                .fold(framed, |x, &dim| x.narrow(dim as isize, 8, shape[dim]))
        }
        Lie::Spaced => {
            let twice: Vec<f32> = values.iter().flat_map(|&value| [value, 9.0]).collect();
            let (dim, length) = (rank - 1, shape[rank - 1]);
            let mut wide = shape.to_vec();
            wide[dim] *= 2;
            let wide = Tensor::from_slice(&twice, wide).to(device).to_dtype(dtype);
            let slice = View::Slice {
                dim,
                start: 0,
                step: 2,
                length,
            };
            Tensor::try_apply(Prim::View(slice), &[&wide])
                .unwrap()
                .remove(0)
        }
    }
}

/// An operand: its shape, what it is broadcast to, how it lies.
struct Input {
    shape: Vec<usize>,
    expanded: Vec<usize>,
    lie: Lie,
}

impl Input {
    fn new(shape: &[usize], lie: Lie) -> Self {
        Self {
            shape: shape.to_vec(),
            expanded: shape.to_vec(),
            lie,
        }
    }

    fn on(&self, device: &DeviceRef, dtype: DType, seed: usize) -> Tensor {
        let values = numbers(&self.shape, seed);
        let x = lying(&values, &self.shape, self.lie, device, dtype);
        x.expand(self.expanded.as_slice())
    }
}

/// Runs an instruction on both devices and compares.
fn compare(gpu: &DeviceRef, prim: &Prim, inputs: &[Input], dtype: DType) {
    let run = |device: &DeviceRef| {
        with_device(device, || {
            let tensors: Vec<Tensor> = inputs
                .iter()
                .enumerate()
                .map(|(seed, input)| input.on(device, dtype, seed))
                .collect();
            let tensors: Vec<&Tensor> = tensors.iter().collect();
            let y = Tensor::try_apply(prim.clone(), &tensors).unwrap().remove(0);
            (y.shape().to_vec(), y.to_vec::<f64>())
        })
    };
    let (ours, right) = (run(gpu), run(&Cpu::device()));
    assert_eq!(ours.0, right.0);
    let largest = right.1.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    // Both devices round, each by its own algorithm: the CPU's squares of 3 x 3 filters are rounded once more in bf16.
    let tolerance = match dtype {
        DType::F16 => 1e-3,
        DType::BF16 => 1.2e-2,
        DType::F32 => 2e-5,
        DType::F64 => 1e-14,
        _ => 0.0,
    };
    for (i, (ours, right)) in ours.1.iter().zip(&right.1).enumerate() {
        assert!(
            (ours - right).abs() <= tolerance * largest,
            "{prim:?} {dtype}: element {i} is {ours}, not {right}"
        );
    }
}

fn gpu() -> Vulkan {
    Vulkan::new().unwrap()
}

/// Sizes around those of tiles.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![1..10usize, 28..37usize, 60..69usize, 120..129usize]
}

/// The dtypes that the device computes products of.
fn float(gpu: &Vulkan) -> impl Strategy<Value = DType> + use<> {
    let doubles = gpu.info().features.contains(&"f64 arithmetic");
    let wide = if doubles { DType::F64 } else { DType::F32 };
    prop_oneof![
        6 => Just(DType::F32),
        2 => Just(wide),
        1 => Just(DType::F16),
        1 => Just(DType::BF16),
    ]
}

fn epilogue(bias: bool, relu: bool) -> Epilogue {
    let activation = if relu {
        Activation::Relu
    } else {
        Activation::None
    };
    Epilogue { bias, activation }
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        cases: count,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn matrices() {
    let gpu = gpu();
    let matrices = (size(), size(), size(), lie(), lie(), float(&gpu));
    let more = (0..3usize, any::<[bool; 4]>());
    proptest!(cases(48), |((m, n, k, a_lie, b_lie, dtype) in matrices, (batch, [bias, relu, a_same, b_same]) in more)| {
        let mut a = Input::new(&[m, k], a_lie);
        let mut b = Input::new(&[k, n], b_lie);
        for (input, same) in [(&mut a, a_same), (&mut b, b_same)] {
            for size in [3, 2].into_iter().take(batch) {
                if same {
                    input.expanded.insert(0, size);
                } else {
                    input.shape.insert(0, size);
                    input.expanded.insert(0, size);
                }
            }
        }
        let mut inputs = vec![a, b];
        if bias {
            inputs.push(Input::new(&[n], b_lie));
        }
        compare(&gpu, &Prim::Matmul(Transposed::default(), epilogue(bias, relu)), &inputs, dtype);
    });
}

/// Tiles of 128, 64 and 32, from fetches of many neighbours and of few.
#[test]
fn matrices_for_tiles_of_every_size() {
    let gpu = gpu();
    let prim = Prim::Matmul(Transposed::default(), epilogue(true, true));
    for [m, k, n] in [
        [16_256, 40, 72],
        [16_257, 51, 65],
        [2040, 104, 48],
        [2041, 99, 45],
        [32, 160, 40],
        [33, 131, 41],
    ] {
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            for [a_lie, b_lie] in [
                [Lie::Plain; 2],
                [Lie::Plain, Lie::Transposed],
                [Lie::Transposed, Lie::Plain],
                [Lie::Framed; 2],
            ] {
                let inputs = [
                    Input::new(&[m, k], a_lie),
                    Input::new(&[k, n], b_lie),
                    Input::new(&[n], Lie::Plain),
                ];
                compare(&gpu, &prim, &inputs, dtype);
            }
        }
    }
}

#[test]
fn sums_of_any_length() {
    let gpu = gpu();
    for k in [0, 1, 1023, 2048, 9001] {
        for (bias, dtype) in [(false, DType::F32), (true, DType::F32), (true, DType::F16)] {
            let mut inputs = vec![
                Input::new(&[9, k], Lie::Plain),
                Input::new(&[k, 11], Lie::Plain),
            ];
            inputs.extend(bias.then(|| Input::new(&[11], Lie::Spaced)));
            compare(
                &gpu,
                &Prim::Matmul(Transposed::default(), epilogue(bias, bias)),
                &inputs,
                dtype,
            );
        }
    }
}

#[test]
fn empty_matrices() {
    let gpu = gpu();
    for [m, k, n] in [[0, 3, 2], [2, 3, 0], [0, 0, 0]] {
        let inputs = [
            Input::new(&[m, k], Lie::Plain),
            Input::new(&[k, n], Lie::Plain),
        ];
        let prim = Prim::Matmul(Transposed::default(), Epilogue::default());
        compare(&gpu, &prim, &inputs, DType::F32);
    }
}

#[test]
fn whole_numbers() {
    let gpu = gpu();
    let prim = Prim::Matmul(Transposed::default(), Epilogue::default());
    for dtype in [DType::I64, DType::U8] {
        for lie in LIES {
            let make = |shape: &[usize], device: &DeviceRef, seed| {
                let whole: Vec<f32> = numbers(shape, seed)
                    .iter()
                    .map(|x| (x * 100.0).abs().trunc())
                    .collect();
                lying(&whole, shape, lie, device, dtype)
            };
            let run = |device: &DeviceRef| {
                let (a, b) = (make(&[2, 9, 13], device, 1), make(&[2, 13, 5], device, 2));
                Tensor::try_apply(prim.clone(), &[&a, &b]).unwrap()[0].to_vec::<i64>()
            };
            assert_eq!(run(&gpu), run(&Cpu::device()), "{dtype} {lie:?}");
        }
    }
}

/// A convolution that fits: geometry, `[n, oc / groups, c / groups, h, w, kh, kw]`.
fn convolution() -> impl Strategy<Value = (Conv2d, [usize; 7])> {
    let pair = |sizes: std::ops::Range<usize>| [sizes.clone(), sizes];
    let channels = prop_oneof![1..5usize, 14..18usize, Just(33)];
    let geometry = (pair(1..4), pair(0..3), pair(1..3), 1..4usize, pair(1..4));
    (geometry, 1..3usize, channels.clone(), channels, pair(0..14)).prop_map(
        |((stride, padding, dilation, groups, kernel), n, oc, c, extra)| {
            // At least one window fits.
            let size = [0, 1].map(|i| {
                let reach = dilation[i] * (kernel[i] - 1) + 1;
                reach.saturating_sub(2 * padding[i]).max(1) + extra[i]
            });
            let conv = Conv2d {
                stride,
                padding,
                dilation,
                groups,
            };
            (conv, [n, oc, c, size[0], size[1], kernel[0], kernel[1]])
        },
    )
}

#[test]
fn convolutions() {
    let gpu = gpu();
    let lies = (lie(), lie(), float(&gpu), any::<[bool; 2]>());
    proptest!(cases(48), |((conv, sizes) in convolution(), (x_lie, w_lie, dtype, [bias, relu]) in lies)| {
        let [n, oc, c, h, w, kh, kw] = sizes;
        let (oc, per_group, c) = (oc * conv.groups, c, c * conv.groups);
        let out = |i: usize, size: usize, kernel: usize| {
            (size + 2 * conv.padding[i] - conv.dilation[i] * (kernel - 1) - 1) / conv.stride[i] + 1
        };
        let x = || Input::new(&[n, c, h, w], x_lie);
        let weight = || Input::new(&[oc, per_group, kh, kw], w_lie);
        let grad = || Input::new(&[n, oc, out(0, h, kh), out(1, w, kw)], w_lie);
        let mut forward = vec![x(), weight()];
        forward.extend(bias.then(|| Input::new(&[oc], x_lie)));
        compare(&gpu, &Prim::Conv2d(conv, epilogue(bias, relu)), &forward, dtype);
        compare(&gpu, &Prim::Conv2dInputGrad(conv, [h, w]), &[grad(), weight()], dtype);
        compare(&gpu, &Prim::Conv2dWeightGrad(conv, [kh, kw]), &[grad(), x()], dtype);
    });
}

/// Filters of 3 x 3 by way of squares: every way in which these stick out of the plane and filters out of the
/// image, padding beyond the filter's size included.
#[test]
fn convolutions_by_squares() {
    let gpu = gpu();
    let size = || prop_oneof![11..14usize, 15..18usize, Just(24)];
    let channels = || prop_oneof![Just(64usize), Just(66), Just(97)];
    let shape = (
        1..4usize,
        channels(),
        channels(),
        [size(), size()],
        1..3usize,
    );
    let padding = || prop::sample::select(vec![0, 1, 1, 2, 3, 5]);
    let lies = (lie(), lie(), float(&gpu), any::<[bool; 2]>());
    proptest!(cases(16), |((n, oc, c, [h, w], groups) in shape, padding in [padding(), padding()], (x_lie, w_lie, dtype, [bias, relu]) in lies)| {
        let conv = Conv2d { padding, groups, ..Conv2d::default() };
        let [oh, ow] = [h + 2 * padding[0] - 2, w + 2 * padding[1] - 2];
        let (oc, per_group, c) = (oc * groups, c, c * groups);
        let x = || Input::new(&[n, c, h, w], x_lie);
        let weight = || Input::new(&[oc, per_group, 3, 3], w_lie);
        let grad = || Input::new(&[n, oc, oh, ow], w_lie);
        let mut forward = vec![x(), weight()];
        forward.extend(bias.then(|| Input::new(&[oc], x_lie)));
        compare(&gpu, &Prim::Conv2d(conv, epilogue(bias, relu)), &forward, dtype);
        compare(&gpu, &Prim::Conv2dInputGrad(conv, [h, w]), &[grad(), weight()], dtype);
        compare(&gpu, &Prim::Conv2dWeightGrad(conv, [3, 3]), &[grad(), x()], dtype);
    });
}

/// More squares than are held at a time: several images, and a single one.
#[test]
fn convolutions_in_bands() {
    let gpu = gpu();
    let conv = Conv2d {
        padding: [1, 0],
        ..Conv2d::default()
    };
    for [n, h, w] in [[5, 110, 112], [1, 250, 262]] {
        let x = || Input::new(&[n, 64, h, w], Lie::Plain);
        let weight = || Input::new(&[64, 64, 3, 3], Lie::Plain);
        let grad = || Input::new(&[n, 64, h, w - 2], Lie::Plain);
        let forward = [x(), weight(), Input::new(&[64], Lie::Plain)];
        let run = |prim, inputs: &[Input]| compare(&gpu, &prim, inputs, DType::F32);
        run(Prim::Conv2d(conv, epilogue(true, true)), &forward);
        run(Prim::Conv2dInputGrad(conv, [h, w]), &[grad(), weight()]);
        run(Prim::Conv2dWeightGrad(conv, [3, 3]), &[grad(), x()]);
    }
}

#[test]
fn convolutions_of_many_channels_go_by_squares() {
    let gpu = gpu();
    let dispatches = |prim: &Prim, shapes: [[usize; 4]; 2]| {
        let [a, b] = shapes.map(|shape| Tensor::ones(shape).to(&gpu));
        let before = gpu.stats().queue.dispatches;
        Tensor::try_apply(prim.clone(), &[&a, &b]).unwrap();
        gpu.stats().queue.dispatches - before
    };
    let directions = |conv: Conv2d, size: usize| {
        let (x, weight) = ([1, 128, 32, 32], [128, 128, 3, 3]);
        let grad = [1, 128, size, size];
        [
            dispatches(&Prim::Conv2d(conv, Epilogue::default()), [x, weight]),
            dispatches(&Prim::Conv2dInputGrad(conv, [32, 32]), [grad, weight]),
            dispatches(&Prim::Conv2dWeightGrad(conv, [3, 3]), [grad, x]),
        ]
    };
    let geometry = |stride, padding| Conv2d {
        stride: [stride; 2],
        padding: [padding; 2],
        ..Conv2d::default()
    };
    // Values of both operands, their products, the way back.
    assert_eq!(directions(geometry(1, 1), 32), [4; 3]);
    let direct = directions(geometry(2, 1), 16);
    assert!(direct.iter().all(|&dispatches| dispatches <= 2));
}

#[test]
fn many_pixels_are_summed_in_parts() {
    let gpu = gpu();
    let conv = Conv2d {
        padding: [1, 1],
        ..Conv2d::default()
    };
    let x = || Input::new(&[3, 5, 40, 30], Lie::Plain);
    let grad = Input::new(&[3, 4, 40, 30], Lie::Plain);
    let prim = Prim::Conv2dWeightGrad(conv, [3, 3]);
    compare(&gpu, &prim, &[grad, x()], DType::F32);
    let long = [
        Input::new(&[1, 130, 4, 4], Lie::Plain),
        Input::new(&[3, 130, 3, 3], Lie::Plain),
        Input::new(&[3], Lie::Spaced),
    ];
    compare(
        &gpu,
        &Prim::Conv2d(conv, epilogue(true, true)),
        &long,
        DType::F32,
    );
}

#[test]
fn convolutions_for_tiles_of_every_size() {
    let gpu = gpu();
    let same = |kernel: usize| Conv2d {
        padding: [kernel / 2; 2],
        ..Conv2d::default()
    };
    // Images, channels in and out, sides of an image and of the kernel.
    for [n, c, oc, size, kernel] in [
        [4, 16, 72, 64, 1],
        [4, 3, 65, 64, 3],
        [2, 40, 48, 24, 1],
        [3, 57, 256, 6, 3],
        [2, 16, 24, 7, 1],
    ] {
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            let x = || Input::new(&[n, c, size, size], Lie::Plain);
            let weight = || Input::new(&[oc, c, kernel, kernel], Lie::Plain);
            let grad = || Input::new(&[n, oc, size, size], Lie::Plain);
            let conv = same(kernel);
            let forward = [x(), weight(), Input::new(&[oc], Lie::Plain)];
            let run = |prim, inputs: &[Input]| compare(&gpu, &prim, inputs, dtype);
            run(Prim::Conv2d(conv, epilogue(true, true)), &forward);
            run(Prim::Conv2dInputGrad(conv, [size; 2]), &[grad(), weight()]);
            run(Prim::Conv2dWeightGrad(conv, [kernel; 2]), &[grad(), x()]);
        }
    }
}

/// Whether this device multiplies matrices of half precision by cooperative ones.
fn cooperates(gpu: &Vulkan) -> bool {
    let has = gpu.info().features.contains(&"cooperative matrices");
    match std::env::var("HAMMERHEAD_COOPERATIVE").as_deref() {
        Ok("1") => true,
        Ok("0") => false,
        _ => has && gpu.info().kind != "software",
    }
}

#[test]
fn half_precision_and_nothing_else_takes_cooperative_matrices() {
    let gpu = gpu();
    let conv = Conv2d::default();
    let taken = |prim: Prim, shapes: &[&[usize]], dtype: DType| {
        let inputs: Vec<Tensor> = shapes
            .iter()
            .map(|shape| lying(&numbers(shape, 1), shape, Lie::Plain, &gpu, dtype))
            .collect();
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        let before = gpu.stats().queue.cooperative;
        Tensor::try_apply(prim, &inputs).unwrap();
        gpu.stats().queue.cooperative - before
    };
    let (a, b): (&[usize], &[usize]) = (&[40, 24], &[24, 40]);
    let (x, weight, grad): (&[usize], &[usize], &[usize]) =
        (&[2, 9, 8, 8], &[10, 9, 3, 3], &[2, 10, 6, 6]);
    for dtype in [DType::F16, DType::BF16, DType::F32] {
        let expected = u64::from(dtype == DType::F16 && cooperates(&gpu));
        let matmul = || Prim::Matmul(Transposed::default(), Epilogue::default());
        assert_eq!(taken(matmul(), &[a, b], dtype), expected);
        // Too few rows to be worth it.
        assert_eq!(taken(matmul(), &[&[7, 24], b], dtype), 0);
        let forward = Prim::Conv2d(conv, Epilogue::default());
        assert_eq!(taken(forward, &[x, weight], dtype), expected);
        let input = Prim::Conv2dInputGrad(conv, [8, 8]);
        assert_eq!(taken(input, &[grad, weight], dtype), expected);
        let kernel = Prim::Conv2dWeightGrad(conv, [3, 3]);
        assert_eq!(taken(kernel, &[grad, x], dtype), expected);
    }
}
