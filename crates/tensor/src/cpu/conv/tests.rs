//! The three directions against nested loops in f64.

use proptest::prelude::*;

use super::*;

/// Fixed pseudo-random values in (-1, 1).
fn values(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
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
    let oh = ConvShape::out_size(h, kh, stride[0], padding[0], dilation[0])?;
    let ow = ConvShape::out_size(w, kw, stride[1], padding[1], dilation[1])?;
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

/// Worst errors of the three directions.
fn errors<T: Sample>(
    s: &ConvShape,
    activation: Activation,
    with_bias: bool,
    seed: u64,
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
    let [dst, input, weights] = &mut found;
    // SAFETY: the buffers have the lengths the shape states.
    unsafe {
        let bias = with_bias.then_some(bias.as_ptr());
        let forward_args = ForwardArgs {
            src: src.as_ptr(),
            weight: weight.as_ptr(),
            bias,
            activation,
            dst: dst.as_mut_ptr(),
        };
        forward(s, forward_args, Parallel::On);
        let input_args = InputGradArgs {
            grad: grad.as_ptr(),
            weight: weight.as_ptr(),
            dst: input.as_mut_ptr(),
        };
        input_grad(s, input_args, Parallel::On);
        let weight_args = WeightGradArgs {
            grad: grad.as_ptr(),
            src: src.as_ptr(),
            dst: weights.as_mut_ptr(),
        };
        weight_grad(s, weight_args, Parallel::On);
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

proptest! {
    #[test]
    fn single_precision_agrees_with_loops(s in any_shape(), relu: bool, bias: bool, seed: u64) {
        let activation = if relu { Activation::Relu } else { Activation::None };
        for (direction, error) in errors::<f32>(&s, activation, bias, seed).into_iter().enumerate() {
            prop_assert!(error < 5e-7, "direction {direction}: {error:e}");
        }
    }

    #[test]
    fn double_precision_agrees_with_loops(s in any_shape(), relu: bool, bias: bool, seed: u64) {
        let activation = if relu { Activation::Relu } else { Activation::None };
        for (direction, error) in errors::<f64>(&s, activation, bias, seed).into_iter().enumerate() {
            prop_assert!(error < 1e-14, "direction {direction}: {error:e}");
        }
    }
}
