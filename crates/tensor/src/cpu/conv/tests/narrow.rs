//! Images of 16 bits against nested loops in f64.

use super::*;

/// bf16 against nested loops in f64 over the same rounded operands.
fn narrow_error(
    s: &ConvShape,
    tiles: bool,
    kernels: &ImageKernels<bf16>,
    relu: bool,
    seed: u64,
) -> f64 {
    let rounded =
        |values: Vec<f32>| -> Vec<bf16> { values.into_iter().map(bf16::from_f32).collect() };
    let src = rounded(values(s.source_len(), seed));
    let weight = rounded(values(s.weight_len(), seed ^ 1));
    let residual = rounded(values(s.dst_len(), seed ^ 2));
    let [mean, scale, bias] = [3, 4, 5].map(|stream| values(s.oc, seed ^ stream));
    let mut sums = vec![(0.0f64, 0.0f64); s.dst_len()];
    for_each_product(s, |d, i, w| {
        let product = src[i].to_f64() * weight[w].to_f64();
        sums[d] = (sums[d].0 + product, sums[d].1 + product.abs());
    });
    // Residuals only of what fuses with them.
    for (at, (sum, magnitude)) in sums.iter_mut().enumerate() {
        let channel = at / s.plane() % s.oc;
        let of = |values: &[f32]| f64::from(values[channel]);
        *sum = (*sum - of(&mean)) * of(&scale) + of(&bias);
        if tiles {
            *sum += residual[at].to_f64();
        }
        if relu {
            *sum = sum.max(0.0);
        }
        *magnitude = *magnitude * of(&scale).abs() + sum.abs();
    }
    let mut found = vec![bf16::NAN; s.dst_len()];
    let args = ForwardArgs {
        src: src.as_ptr(),
        weight: Weight::Narrow(weight.as_ptr()),
        prepared: None,
        norm: Some(RowNorm {
            mean: mean.as_ptr(),
            scale: scale.as_ptr(),
        }),
        bias: Some(bias.as_ptr()),
        residual: tiles.then_some(residual.as_ptr()),
        activation: if relu {
            Activation::Relu
        } else {
            Activation::None
        },
        dst: found.as_mut_ptr(),
    };
    if s.dst_len() > 0 {
        // SAFETY: the test's buffers have the lengths the shape states.
        unsafe {
            match tiles {
                true => winograd::forward_with(kernels, s, Height::Two, args, Parallel::Off),
                false => implicit::forward(kernels, s, args, Parallel::Off),
            }
        }
    }
    assert!(
        found.iter().all(|x| !x.is_nan()),
        "values were left unwritten"
    );
    worst(found.iter().map(|x| x.to_f64()), &sums)
}

proptest! {
    #[test]
    fn pairs_agree_with_loops(s in any_shape(), relu: bool, seed: u64) {
        for (name, PairKernels { images: kernels, .. }) in PairKernels::available() {
            let error = narrow_error(&s, false, &kernels, relu, seed);
            prop_assert!(error < 1.0 / 256.0, "{name}: {error:e}");
        }
    }

    #[test]
    fn parts_of_pairs_agree_with_loops(s in any_parts(), relu: bool, seed: u64) {
        for (name, PairKernels { images: kernels, .. }) in PairKernels::available() {
            let error = narrow_error(&s, false, &kernels, relu, seed);
            prop_assert!(error < 1.0 / 256.0, "{name}: {error:e}");
        }
    }

    /// Tiles round their operands once more: transformed filters and pixels.
    #[test]
    fn tiles_of_pairs_agree_with_loops(s in any_tiles(), relu: bool, seed: u64) {
        for (name, PairKernels { images: kernels, .. }) in PairKernels::available() {
            let error = narrow_error(&s, true, &kernels, relu, seed);
            prop_assert!(error < 1.0 / 64.0, "{name}: {error:e}");
        }
    }
}
