//! The three directions against nested loops in f64.

mod narrow;

use proptest::prelude::*;

use super::winograd::Height;
use super::*;
use crate::cpu::gemm::tests::{on_pools, values};

/// Destination size along one axis; `None` if the kernel does not fit into the padded source.
fn out_size(
    size: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
) -> Option<usize> {
    let reach = dilation * (kernel - 1) + 1;
    (size + 2 * padding)
        .checked_sub(reach)
        .map(|steps| steps / stride + 1)
}

/// A shape, its destination size derived; `None` if the kernel does not fit.
fn shape(
    [n, c, h, w]: [usize; 4],
    [oc, kh, kw]: [usize; 3],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    groups: usize,
) -> Option<ConvShape> {
    let oh = out_size(h, kh, stride[0], padding[0], dilation[0])?;
    let ow = out_size(w, kw, stride[1], padding[1], dilation[1])?;
    Some(ConvShape {
        n,
        c,
        h,
        w,
        oc,
        kh,
        kw,
        stride,
        padding,
        dilation,
        groups,
        oh,
        ow,
    })
}

/// Calls `visit(dst, src, weight)` with the places of every product of the convolution.
fn for_each_product(s: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    for (n, oc) in (0..s.n).flat_map(|n| (0..s.oc).map(move |oc| (n, oc))) {
        let group = oc / s.group_oc();
        for (oh, ow) in (0..s.oh).flat_map(|oh| (0..s.ow).map(move |ow| (oh, ow))) {
            for c in 0..s.group_c() {
                for (kh, kw) in (0..s.kh).flat_map(|kh| (0..s.kw).map(move |kw| (kh, kw))) {
                    let ih = oh * s.stride[0] + kh * s.dilation[0];
                    let iw = ow * s.stride[1] + kw * s.dilation[1];
                    let inside = |at: usize, pad: usize, size: usize| {
                        at.checked_sub(pad).filter(|&x| x < size)
                    };
                    let (Some(ih), Some(iw)) =
                        (inside(ih, s.padding[0], s.h), inside(iw, s.padding[1], s.w))
                    else {
                        continue;
                    };
                    visit(
                        ((n * s.oc + oc) * s.oh + oh) * s.ow + ow,
                        ((n * s.c + group * s.group_c() + c) * s.h + ih) * s.w + iw,
                        ((oc * s.group_c() + c) * s.kh + kh) * s.kw + kw,
                    );
                }
            }
        }
    }
}

/// Largest difference, relative to the magnitude each sum could reach.
fn worst(found: impl Iterator<Item = f64>, sums: &[(f64, f64)]) -> f64 {
    found
        .zip(sums)
        .map(|(found, (sum, magnitude))| (found - sum).abs() / (magnitude + 1.0))
        .fold(0.0, f64::max)
}

/// The sums, with the magnitude of the largest in its tile for each: tiles of four rows add up differences that are as
/// large in a corner, where one product counts, as amid the image, where nine do.
fn of_tall_tiles(sums: &[(f64, f64)], [height, width]: [usize; 2]) -> Vec<(f64, f64)> {
    let tile = |at: usize| {
        let (plane, y, x) = (at / (height * width), at / width % height, at % width);
        (plane, y / 4, x / 2)
    };
    let mut most = std::collections::HashMap::new();
    for (at, &(_, magnitude)) in sums.iter().enumerate() {
        let most: &mut f64 = most.entry(tile(at)).or_default();
        *most = most.max(magnitude);
    }
    let magnitudes = (0..sums.len()).map(|at| most[&tile(at)]);
    sums.iter()
        .zip(magnitudes)
        .map(|(&(sum, _), most)| (sum, most))
        .collect()
}

trait Sample: ConvScalar + Into<f64> {
    fn sample(values: &[f32]) -> Vec<Self>;
}
impl Sample for f32 {
    fn sample(values: &[f32]) -> Vec<f32> {
        values.to_vec()
    }
}
impl Sample for f64 {
    fn sample(values: &[f32]) -> Vec<f64> {
        values.iter().map(|&x| f64::from(x)).collect()
    }
}

/// Arguments of the three directions.
type AllArgs<T> = (ForwardArgs<'static, T>, InputGradArgs<T>, WeightGradArgs<T>);

/// Arguments that read source, weight and gradient, and write the result of each direction.
fn all_args<T>(
    [src, weight, grad]: [&[T]; 3],
    bias: Option<*const T>,
    activation: Activation,
    [dst, input, weights]: &mut [Vec<T>; 3],
) -> AllArgs<T> {
    let (src, weight, grad) = (src.as_ptr(), weight.as_ptr(), grad.as_ptr());
    (
        ForwardArgs {
            src,
            weight,
            prepared: None,
            norm: None,
            bias,
            residual: None,
            activation,
            dst: dst.as_mut_ptr(),
        },
        InputGradArgs {
            grad,
            weight,
            dst: input.as_mut_ptr(),
        },
        WeightGradArgs {
            grad,
            src,
            dst: weights.as_mut_ptr(),
        },
    )
}

/// The three directions as users call them.
fn run_all<T: Sample>(s: &ConvShape, (forward_args, input_args, weight_args): AllArgs<T>) {
    // SAFETY: the test's buffers have the lengths the shape states.
    unsafe {
        forward(s, forward_args, Parallel::On);
        input_grad(s, input_args, Parallel::On);
        weight_grad(s, weight_args, Parallel::On);
    }
}

/// The three directions on one instruction set; shapes without a value are left to the entry.
fn run_on(isa: Isa, s: &ConvShape, args: AllArgs<f32>) {
    if s.dst_len() == 0 || s.depth() == 0 {
        return run_all(s, args);
    }
    // SAFETY: as above, and the instruction set is one this machine has.
    unsafe {
        implicit::forward(&ImageKernels::of(isa), s, args.0, Parallel::Off);
        implicit::input_grad(isa, s, args.1, Parallel::Off);
        super::weight_grad::weight_grad(isa, s, args.2, Parallel::Off);
    }
}

/// Winograd's tiles where they fit, however few channels there are.
fn run_tiles_on(isa: Isa, height: Height, s: &ConvShape, args: AllArgs<f32>) {
    if s.dst_len() == 0 || s.depth() == 0 || !winograd::fits(s) {
        return run_on(isa, s, args);
    }
    // SAFETY: as above.
    unsafe {
        winograd::forward(isa, s, height, args.0, Parallel::Off);
        winograd::input_grad(isa, s, height, args.1, Parallel::Off);
        winograd::weight_grad(isa, s, height, args.2, Parallel::Off);
    }
}

/// Pixel by pixel where that can be, however large and few the images are.
fn run_pixels_on(isa: Isa, s: &ConvShape, args: AllArgs<f32>) {
    if s.dst_len() == 0 || s.depth() == 0 || s.groups > 1 {
        return run_on(isa, s, args);
    }
    // SAFETY: as above.
    unsafe {
        pixelwise::forward(isa, s, args.0, Parallel::Off);
        pixelwise::input_grad(isa, s, args.1, Parallel::Off);
        pixelwise::weight_grad(isa, s, args.2, Parallel::Off);
    }
}

/// Whether the entry computes this with tiles of four rows.
fn is_tall(s: &ConvShape, direction: Direction) -> bool {
    plan(s, direction) == Algorithm::Winograd(Height::Four)
}

/// Worst errors of the three directions, of which some are computed with tiles of four rows.
fn errors<T: Sample>(
    s: &ConvShape,
    is_tall: impl Fn(&ConvShape, Direction) -> bool,
    activation: Activation,
    with_bias: bool,
    seed: u64,
    run: impl Fn(&ConvShape, AllArgs<T>),
) -> [f64; 3] {
    let src = values(s.source_len(), seed);
    let weight = values(s.weight_len(), seed ^ 1);
    let grad = values(s.dst_len(), seed ^ 2);
    let bias = values(s.oc, seed ^ 3);
    let mut sums = [
        vec![(0.0f64, 0.0f64); s.dst_len()],
        vec![(0.0, 0.0); s.source_len()],
        vec![(0.0, 0.0); s.weight_len()],
    ];
    let mut add = |which: usize, at: usize, x: f32, y: f32| {
        let product = f64::from(x) * f64::from(y);
        let slot: &mut (f64, f64) = &mut sums[which][at];
        *slot = (slot.0 + product, slot.1 + product.abs());
    };
    for_each_product(s, |d, i, w| {
        add(0, d, src[i], weight[w]);
        add(1, i, grad[d], weight[w]);
        add(2, w, grad[d], src[i]);
    });
    for (at, (sum, _)) in sums[0].iter_mut().enumerate() {
        if with_bias {
            *sum += f64::from(bias[at / s.plane() % s.oc]);
        }
        if activation == Activation::Relu {
            *sum = sum.max(0.0);
        }
    }
    let (src, weight, grad, bias) = (
        T::sample(&src),
        T::sample(&weight),
        T::sample(&grad),
        T::sample(&bias),
    );
    let mut found =
        [s.dst_len(), s.source_len(), s.weight_len()].map(|len| T::sample(&vec![f32::NAN; len]));
    let bias = with_bias.then_some(bias.as_ptr());
    run(
        s,
        all_args([&src, &weight, &grad], bias, activation, &mut found),
    );
    let tiled = [
        (Direction::Forward, [s.oh, s.ow]),
        (Direction::InputGrad, [s.h, s.w]),
    ];
    for (sums, (direction, size)) in sums.iter_mut().zip(tiled) {
        if is_tall(s, direction) {
            *sums = of_tall_tiles(sums, size);
        }
    }
    std::array::from_fn(|i| {
        assert!(
            found[i].iter().all(|&x| !x.into().is_nan()),
            "direction {i} left values unwritten"
        );
        worst(found[i].iter().map(|&x| x.into()), &sums[i])
    })
}

fn any_shape() -> impl Strategy<Value = ConvShape> {
    let pair = |range: std::ops::Range<usize>| (range.clone(), range).prop_map(|(a, b)| [a, b]);
    let channels = prop_oneof![
        Just((1, 1)),
        Just((1, 5)),
        Just((3, 17)),
        Just((17, 33)),
        Just((33, 4)),
        Just((4, 6))
    ];
    let groups = prop_oneof![3 => Just(1usize), 1 => Just(2usize), 1 => Just(3usize)];
    (
        0usize..4,
        channels,
        groups,
        pair(1..20),
        pair(1..5),
        pair(1..4),
        pair(0..4),
        pair(1..3),
    )
        .prop_filter_map(
            "the kernel does not fit",
            |(n, (c, oc), groups, [h, w], [kh, kw], stride, padding, dilation)| {
                shape(
                    [n, c * groups, h, w],
                    [oc * groups, kh, kw],
                    stride,
                    padding,
                    dilation,
                    groups,
                )
            },
        )
}

/// What Winograd's tiles are made for: a few images, or many small ones.
fn any_tiles() -> impl Strategy<Value = ConvShape> {
    let pair = |range: std::ops::Range<usize>| (range.clone(), range).prop_map(|(a, b)| [a, b]);
    let many = (32usize..50, 1usize..20, 1usize..20, pair(1..9), pair(0..3));
    let large = (0usize..5, 1usize..40, 1usize..40, pair(1..40), pair(0..3));
    prop_oneof![large, many]
        .prop_filter_map("the kernel does not fit", |(n, c, oc, [h, w], padding)| {
            shape([n, c, h, w], [oc, 3, 3], [1; 2], padding, [1; 2], 1)
        })
}

/// Few columns and many results, so that several tasks use the same columns.
fn any_parts() -> impl Strategy<Value = ConvShape> {
    let sizes = (1usize..3, 1usize..40, [2usize..12, 2usize..12]);
    let window = (100usize..240, [1usize..4, 1usize..4], 0usize..3);
    let steps = ([1usize..4, 1usize..4], 1usize..3);
    (sizes, window, steps).prop_filter_map(
        "the kernel fits",
        |((n, c, [h, w]), (oc, kernel, padding), (stride, dilation))| {
            shape(
                [n, c, h, w],
                [oc, kernel[0], kernel[1]],
                stride,
                [padding; 2],
                [dilation; 2],
                1,
            )
        },
    )
}

/// What is taken apart into pixels.
fn any_tiny_images() -> impl Strategy<Value = ConvShape> {
    let pair = |range: std::ops::Range<usize>| (range.clone(), range).prop_map(|(a, b)| [a, b]);
    let sizes = (0usize..70, 1usize..70, 1usize..70);
    let windows = (pair(1..5), pair(1..4), pair(1..4), pair(0..3), pair(1..3));
    (sizes, windows).prop_filter_map(
        "the kernel does not fit",
        |((n, c, oc), ([h, w], [kh, kw], stride, padding, dilation))| {
            shape([n, c, h, w], [oc, kh, kw], stride, padding, dilation, 1)
        },
    )
}

/// The bits of the three directions of a convolution large enough to be shared out.
fn all_bits(s: &ConvShape, seed: u64) -> [Vec<u32>; 3] {
    let (src, weight) = (
        values(s.source_len(), seed),
        values(s.weight_len(), seed ^ 1),
    );
    let grad = values(s.dst_len(), seed ^ 2);
    let mut found = [s.dst_len(), s.source_len(), s.weight_len()].map(|len| vec![0.0f32; len]);
    let operands = [&src[..], &weight, &grad];
    run_all(s, all_args(operands, None, Activation::None, &mut found));
    found.map(|values| values.iter().map(|x| x.to_bits()).collect())
}

/// Compares the three directions of one algorithm with loops, on every instruction set.
fn agrees_on_all(
    s: &ConvShape,
    run: fn(Isa, &ConvShape, AllArgs<f32>),
    relu: bool,
    bias: bool,
    seed: u64,
) -> Result<(), TestCaseError> {
    let activation = if relu {
        Activation::Relu
    } else {
        Activation::None
    };
    for isa in Isa::available() {
        let run = |s: &ConvShape, args: AllArgs<f32>| run(isa, s, args);
        let errors = errors::<f32>(s, |_, _| false, activation, bias, seed, run);
        for (direction, error) in errors.into_iter().enumerate() {
            prop_assert!(error < 5e-7, "{isa:?}, direction {direction}: {error:e}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn single_precision_agrees_with_loops(s in any_shape(), relu: bool, bias: bool, seed: u64) {
        agrees_on_all(&s, run_on, relu, bias, seed)?;
    }

    #[test]
    fn parts_agree_with_loops(s in any_parts(), relu: bool, bias: bool, seed: u64) {
        agrees_on_all(&s, run_on, relu, bias, seed)?;
    }

    #[test]
    fn tiles_agree_with_loops(s in any_tiles(), relu: bool, bias: bool, seed: u64) {
        let activation = if relu { Activation::Relu } else { Activation::None };
        for isa in Isa::available() {
            for height in Height::ALL {
                let run = |s: &ConvShape, args| run_tiles_on(isa, height, s, args);
                let tall = |_: &ConvShape, _| height == Height::Four;
                let errors = errors::<f32>(&s, tall, activation, bias, seed, run);
                for (direction, error) in errors.into_iter().enumerate() {
                    // Tall tiles are chosen neither where they are mostly beyond the edge, nor where sums are so short
                    // that the tiles' own rounding prevails.
                    let of = [Direction::Forward, Direction::InputGrad, Direction::WeightGrad];
                    let unfit = height == Height::Four && !is_tall(&s, of[direction]);
                    let tall = if unfit { 4.0 } else { 1.0 };
                    // Differences of neighbours are larger than they, and without fused multiply-adds each is
                    // rounded twice.
                    let factor = tall * if isa == Isa::Portable { 2.0 } else { 1.0 };
                    let most = 5e-7 * factor;
                    prop_assert!(error < most, "{isa:?}, {height:?}, direction {direction}: {error:e}");
                }
            }
        }
    }

    #[test]
    fn pixels_agree_with_loops(s in any_tiny_images(), relu: bool, bias: bool, seed: u64) {
        agrees_on_all(&s, run_pixels_on, relu, bias, seed)?;
    }

    #[test]
    fn entry_agrees_with_loops(s in any_shape(), relu: bool, bias: bool, seed: u64) {
        let activation = if relu { Activation::Relu } else { Activation::None };
        for (direction, error) in errors::<f32>(&s, is_tall, activation, bias, seed, run_all).into_iter().enumerate() {
            prop_assert!(error < 5e-7, "direction {direction}: {error:e}");
        }
        for (direction, error) in errors::<f64>(&s, |_, _| false, activation, bias, seed, run_all).into_iter().enumerate() {
            prop_assert!(error < 1e-14, "f64, direction {direction}: {error:e}");
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits(
        n in 1usize..12,
        c in prop_oneof![Just(1usize), Just(16), Just(33)],
        oc in prop_oneof![Just(8usize), Just(17), Just(64), Just(230)],
        size in 1usize..24,
        stride in 1usize..3,
        seed: u64,
    ) {
        let s = shape([n, c, size, size], [oc, 3, 3], [stride; 2], [1; 2], [1; 2], 1).expect("it fits");
        let [one, two, three] = on_pools(|| all_bits(&s, seed));
        prop_assert!(one == two && one == three);
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits_of_tiny_images(
        n in 32usize..80,
        c in prop_oneof![Just(32usize), Just(75)],
        oc in prop_oneof![Just(48usize), Just(100)],
        size in 1usize..9,
        stride in 1usize..3,
        seed: u64,
    ) {
        let s = shape([n, c, size, size], [oc, 3, 3], [stride; 2], [1; 2], [1; 2], 1).expect("it fits");
        let [one, two, three] = on_pools(|| all_bits(&s, seed));
        prop_assert!(one == two && one == three);
    }
}

#[test]
fn layers_of_real_networks_agree_with_loops() {
    let square = |n: usize,
                  c: usize,
                  size: usize,
                  oc: usize,
                  kernel: usize,
                  stride: usize,
                  padding: usize| {
        let found = shape(
            [n, c, size, size],
            [oc, kernel, kernel],
            [stride; 2],
            [padding; 2],
            [1; 2],
            1,
        );
        found.expect("the kernel fits")
    };
    let layers = [
        square(3, 1, 28, 32, 3, 1, 0),
        square(3, 32, 26, 64, 3, 1, 0),
        square(2, 3, 40, 64, 7, 2, 3),
        square(1, 64, 14, 128, 1, 2, 0),
        square(5, 64, 7, 64, 3, 1, 1),
        square(9, 32, 2, 48, 3, 2, 1),
        square(9, 64, 1, 64, 3, 1, 1),
        square(2, 64, 14, 200, 3, 1, 1),
        square(5, 512, 7, 32, 3, 1, 1),
        square(6, 150, 9, 24, 3, 1, 2),
        square(30, 130, 5, 140, 3, 1, 1),
        square(64, 128, 1, 96, 3, 1, 1),
        square(40, 96, 2, 80, 3, 1, 1),
        square(33, 48, 4, 64, 3, 2, 1),
        square(33, 48, 4, 64, 1, 2, 0),
    ];
    for layer in layers {
        for (direction, error) in errors::<f32>(&layer, is_tall, Activation::None, true, 7, run_all)
            .into_iter()
            .enumerate()
        {
            assert!(error < 5e-7, "{layer:?}, direction {direction}: {error:e}");
        }
    }
}
