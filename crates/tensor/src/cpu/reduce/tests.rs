use proptest::prelude::*;

use crate::cpu::testing::{Host, noise, noise32, on_threads, run, views};
use crate::dtype::Element;
use crate::layout::{Dims, Layout};
use crate::prim::{Axes, Prim, Reduce};

fn reduce<T: Element>(reduce: Reduce, x: &Host, dims: &[usize], shape: &[usize]) -> Vec<T> {
    let kept: Dims = (0..shape.len())
        .filter(|d| !dims.contains(d))
        .map(|d| shape[d])
        .collect();
    let y = Host::output::<T>(&kept);
    let axes = Axes {
        dims: dims.into(),
        keepdim: false,
    };
    run(&Prim::Reduce(reduce, axes), &[x], &[&y]).unwrap();
    y.values()
}

/// One output after the other, one element after the other.
fn naive(
    shape: &[usize],
    dims: &[usize],
    start: f64,
    x: &[f64],
    fold: impl Fn(f64, f64) -> f64,
) -> Vec<f64> {
    let kept: Vec<usize> = (0..shape.len()).filter(|d| !dims.contains(d)).collect();
    let outputs: usize = kept.iter().map(|&d| shape[d]).product();
    let mut out = vec![start; outputs];
    for (flat, &value) in x.iter().enumerate() {
        let index: Vec<usize> = {
            let mut rest = flat;
            let mut index: Vec<usize> = shape
                .iter()
                .rev()
                .map(|&size| (rest % size, rest /= size).0)
                .collect();
            index.reverse();
            index
        };
        let place = kept.iter().fold(0, |place, &d| place * shape[d] + index[d]);
        out[place] = fold(out[place], value);
    }
    out
}

fn subset(rank: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<bool>(), rank)
        .prop_map(|keep| (0..keep.len()).filter(|&d| keep[d]).collect())
}

/// How far two orders of folding `terms` values may differ: each loses about `(terms - 1) rounding / 2` of what the
/// magnitudes fold to (Higham 2002, sections 3.1 and 4.2), so a sum that cancels may lose all of its own digits. What
/// has become subnormal in one order may be zero in the other.
fn spread(rounding: f64, terms: usize, magnitude: f64) -> f64 {
    terms as f64 * rounding * magnitude + f64::MIN_POSITIVE
}

fn ragged() -> impl Strategy<Value = ((Layout, usize), Vec<usize>)> {
    prop_oneof![(1..5usize, Just(6)), (1..3usize, Just(70))]
        .prop_flat_map(|(rank, most)| (views(rank, most), subset(rank)))
}

proptest! {
    #[test]
    fn any_dims_of_any_view_fold_as_the_plain_loop(((layout, len), dims) in ragged(), seed in 0..1000u64) {
        let x = Host::view(&layout, &noise(seed, len));
        let (shape, values) = (layout.shape(), x.values::<f64>());
        let magnitudes: Vec<f64> = values.iter().map(|v| v.abs()).collect();
        let terms = dims.iter().map(|&d| shape[d]).product();
        for (kind, start, fold, rounding) in [
            (Reduce::Sum, 0.0, (|a, b| a + b) as fn(f64, f64) -> f64, f64::EPSILON),
            (Reduce::Prod, 1.0, |a, b| a * b, f64::EPSILON),
            (Reduce::Max, f64::NEG_INFINITY, f64::max, 0.0),
            (Reduce::Min, f64::INFINITY, f64::min, 0.0),
        ] {
            let got = reduce::<f64>(kind, &x, &dims, shape);
            let expected = naive(shape, &dims, start, &values, fold);
            let magnitude = naive(shape, &dims, start, &magnitudes, fold);
            prop_assert_eq!(got.len(), expected.len());
            for ((got, expected), magnitude) in got.iter().zip(&expected).zip(magnitude) {
                let near = got == expected || (got - expected).abs() <= spread(rounding, terms, magnitude);
                prop_assert!(near, "{:?}: {} and {}", kind, got, expected);
            }
        }
    }

    #[test]
    fn bytes_and_integers_fold_exactly(((layout, len), dims) in ragged(), seed in 0..1000u64) {
        let noise = noise(seed, len);
        let wide: Vec<i64> = noise.iter().map(|v| (v * 1e3) as i64).collect();
        let x = Host::view(&layout, &wide);
        let values: Vec<f64> = x.values::<i64>().iter().map(|&v| v as f64).collect();
        let sums = naive(layout.shape(), &dims, 0.0, &values, |a, b| a + b);
        let got = reduce::<i64>(Reduce::Sum, &x, &dims, layout.shape());
        prop_assert!(got.iter().zip(&sums).all(|(&got, &sum)| got as f64 == sum));

        let bytes: Vec<u8> = noise.iter().map(|v| (v * 127.0 + 127.0) as u8).collect();
        let x = Host::view(&layout, &bytes);
        let values: Vec<f64> = x.values::<u8>().iter().map(|&v| v as f64).collect();
        let least = naive(layout.shape(), &dims, 255.0, &values, f64::min);
        let got = reduce::<u8>(Reduce::Min, &x, &dims, layout.shape());
        prop_assert!(got.iter().zip(&least).all(|(&got, &least)| got as f64 == least));
    }

    #[test]
    fn one_nan_is_the_maximum_and_the_minimum(len in 1..200usize, place in 0..200usize) {
        let mut values = noise32(1, len);
        values[place % len] = f32::NAN;
        let x = Host::new(&[len], &values);
        for kind in [Reduce::Max, Reduce::Min] {
            prop_assert!(reduce::<f32>(kind, &x, &[0], &[len])[0].is_nan());
        }
        let x = Host::new(&[len, 1], &values);
        prop_assert_eq!(reduce::<f32>(Reduce::Max, &x, &[1], &[len, 1])[place % len].to_bits(), values[place % len].to_bits());
    }
}

#[test]
fn short_rows_side_by_side_fold_as_the_plain_loop() {
    for (outer, rows, width) in [
        (1, 256, 30),
        (1, 64, 10),
        (3, 48, 7),
        (1, 70_000, 10),
        (2, 16, 63),
    ] {
        let shape = [outer, rows, width];
        let whole: Vec<i64> = noise(5, shape.iter().product())
            .iter()
            .map(|v| (v * 1e6) as i64)
            .collect();
        let x = Host::new(&shape, &whole);
        let values: Vec<f64> = whole.iter().map(|&v| v as f64).collect();
        for (kind, start, fold) in [
            (Reduce::Sum, 0.0, (|a, b| a + b) as fn(f64, f64) -> f64),
            (Reduce::Max, f64::NEG_INFINITY, f64::max),
        ] {
            let got = reduce::<i64>(kind, &x, &[1], &shape);
            let expected = naive(&shape, &[1], start, &values, fold);
            assert!(
                got.iter()
                    .zip(&expected)
                    .all(|(&got, &expected)| got as f64 == expected),
                "{kind:?} of {shape:?}"
            );
        }
    }
}

#[test]
fn planes_of_neighbouring_channels_fold_as_the_plain_loop() {
    // Alone and together, in one part and in several, the last group smaller than the others.
    for (images, channels, plane) in [(9, 3, 50), (5, 35, 77), (200, 17, 400), (3, 300, 65)] {
        let shape = [images, channels, plane];
        let whole: Vec<i64> = noise(6, shape.iter().product())
            .iter()
            .map(|v| (v * 1e6) as i64)
            .collect();
        let x = Host::new(&shape, &whole);
        let values: Vec<f64> = whole.iter().map(|&v| v as f64).collect();
        let sums = naive(&shape, &[0, 2], 0.0, &values, |a, b| a + b);
        for threads in [1, 3] {
            let got = on_threads(threads, || reduce::<i64>(Reduce::Sum, &x, &[0, 2], &shape));
            assert!(
                got.iter().zip(&sums).all(|(&got, &sum)| got as f64 == sum),
                "{shape:?}"
            );
        }
    }
}

/// How far a sum of f32 may be from the exact one.
fn allowed(exact: f64, squares: f64) -> f64 {
    const ROUNDING: f64 = 6e-8;
    /// Of the sums of four numbers each, whose errors have mixed signs: at most three times their root mean square.
    const OF_FOURS: f64 = 2.0 * ROUNDING;
    ROUNDING * exact.abs() + OF_FOURS * squares.sqrt()
}

#[test]
fn columns_of_f32_are_summed_in_f64_and_long_ones_by_fours() {
    for (rows, width) in [
        (3, 100),
        (63, 100),
        (63, 10),
        (64, 10),
        (67, 100),
        (129, 30),
    ] {
        let shape = [2, rows, width];
        let dense = Layout::contiguous(&shape);
        let apart = Layout::contiguous(&[2, rows, 2 * width]).slice(2, 1, 2, width);
        for (layout, len) in [(dense, 1), (apart, 2)] {
            let x = Host::view(&layout, &noise32(11, len * 2 * rows * width));
            let wide: Vec<f64> = x.values::<f32>().into_iter().map(f64::from).collect();
            for dims in [&[1][..], &[0, 1]] {
                let exact = naive(&shape, dims, 0.0, &wide, |a, b| a + b);
                let squares = naive(&shape, dims, 0.0, &wide, |a, b| a + b * b);
                let got = reduce::<f32>(Reduce::Sum, &x, dims, &shape);
                for (got, (exact, squares)) in got.iter().zip(exact.iter().zip(&squares)) {
                    // Less than a rounding of the result, where nothing but the result is rounded.
                    let squares = if rows * dims.len() < 64 {
                        1e-12
                    } else {
                        *squares
                    };
                    let error = (f64::from(*got) - exact).abs();
                    assert!(
                        error <= allowed(*exact, squares),
                        "{got} and {exact}: {shape:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_million_terms_are_summed_as_well_as_one() {
    for (shape, dims) in [
        (vec![1_000_003], vec![0]),
        (vec![3, 400_001], vec![1]),
        (vec![70_000, 17], vec![0]),
    ] {
        for mean in [0.0, 1.0] {
            let mixed = noise32(7, shape.iter().product());
            let values: Vec<f32> = mixed.iter().map(|v| v + mean).collect();
            let wide: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
            let exact = naive(&shape, &dims, 0.0, &wide, |a, b| a + b);
            let squares = naive(&shape, &dims, 0.0, &wide, |a, b| a + b * b);
            let got = reduce::<f32>(Reduce::Sum, &Host::new(&shape, &values), &dims, &shape);
            for (got, (exact, squares)) in got.iter().zip(exact.iter().zip(&squares)) {
                let error = (f64::from(*got) - exact).abs();
                assert!(error <= allowed(*exact, *squares), "{got} and {exact}");
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    for (shape, dims) in [
        (vec![700_001], vec![0]),
        (vec![9000, 67], vec![0]),
        (vec![70_000, 10], vec![0]),
        (vec![300, 1001], vec![1]),
        (vec![40, 5, 30, 31], vec![0, 2, 3]),
        (vec![70, 40, 24, 25], vec![0, 2, 3]),
        (vec![4, 300, 301], vec![1]),
        (vec![3, 70_000], vec![1]),
    ] {
        let numel = shape.iter().product();
        let wide = Host::new(&shape, &noise(3, numel));
        let x = Host::new(&shape, &noise32(3, numel));
        let bits = |threads| {
            on_threads(threads, || {
                let wide = reduce::<f64>(Reduce::Sum, &wide, &dims, &shape);
                let sums = reduce::<f32>(Reduce::Sum, &x, &dims, &shape);
                let wide: Vec<u64> = wide.into_iter().map(f64::to_bits).collect();
                let sums: Vec<u32> = sums.into_iter().map(f32::to_bits).collect();
                (wide, sums)
            })
        };
        assert_eq!(bits(1), bits(2), "{shape:?} over {dims:?}");
        assert_eq!(bits(1), bits(3), "{shape:?} over {dims:?}");
    }
}

#[test]
fn nothing_sums_to_zero_and_multiplies_to_one() {
    let x = Host::new::<f32>(&[0, 3], &[]);
    assert_eq!(reduce::<f32>(Reduce::Sum, &x, &[0], &[0, 3]), [0.0; 3]);
    assert_eq!(reduce::<f32>(Reduce::Prod, &x, &[0, 1], &[0, 3]), [1.0]);
}

#[test]
fn sums_of_bytes_are_refused_with_help() {
    let (x, y) = (Host::new::<u8>(&[2], &[1, 2]), Host::output::<u8>(&[]));
    let axes = Axes {
        dims: [0].as_slice().into(),
        keepdim: false,
    };
    let error = run(&Prim::Reduce(Reduce::Sum, axes), &[&x], &[&y]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sum: uint8 overflows at once; convert with to_dtype(DType::I64) first"
    );
}
