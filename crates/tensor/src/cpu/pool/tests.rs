use proptest::prelude::*;

use crate::cpu::testing::{Host, noise, on_threads, run, views};
use crate::infer::pool_output;
use crate::layout::Layout;
use crate::prim::{PoolKind, Prim, Windows};

const MEAN: PoolKind = PoolKind::Mean {
    count_padding: true,
};

struct Pooled {
    y: Vec<f64>,
    positions: Vec<i64>,
    gx: Vec<f64>,
}

/// Forward without and with positions (max only), and the gradient of ones to n.
fn pool(kind: PoolKind, windows: Windows, x: &Host) -> Pooled {
    let operand = x.operand();
    let &[n, c, h, w] = operand.layout.shape() else {
        panic!("images have four dims")
    };
    let [oh, ow] = pool_output(&windows, [h, w]).unwrap();
    let shape = [n, c, oh, ow];
    let (y, positions) = (Host::output::<f64>(&shape), Host::output::<i64>(&shape));
    run(
        &Prim::Pool {
            kind,
            windows,
            positions: false,
        },
        &[x],
        &[&y],
    )
    .unwrap();
    let prim = Prim::PoolGrad {
        kind,
        windows,
        size: [h, w],
    };
    let grad: Vec<f64> = (1..=n * c * oh * ow).map(|v| v as f64).collect();
    let (grad, gx) = (Host::new(&shape, &grad), Host::output::<f64>(&[n, c, h, w]));
    if kind == PoolKind::Max {
        let again = Host::output::<f64>(&shape);
        run(
            &Prim::Pool {
                kind,
                windows,
                positions: true,
            },
            &[x],
            &[&again, &positions],
        )
        .unwrap();
        // Of two zeros the search keeps the first, the maxima alone either one.
        let unsigned =
            |values: Vec<f64>| values.iter().map(|value| value + 0.0).collect::<Vec<_>>();
        assert_eq!(bits(&unsigned(again.values())), bits(&unsigned(y.values())));
        run(&prim, &[&grad, x], &[&gx]).unwrap();
    } else {
        run(&prim, &[&grad], &[&gx]).unwrap();
    }
    Pooled {
        y: y.values(),
        positions: positions.values(),
        gx: gx.values(),
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values
        .iter()
        .map(|value| if value.is_nan() { 0 } else { value.to_bits() })
        .collect()
}

/// The places that a window covers on one axis, those of the padding too.
fn window(windows: &Windows, axis: usize, size: usize, out: usize, index: usize) -> Vec<isize> {
    match *windows {
        Windows::Adaptive { .. } => (index * size / out..((index + 1) * size).div_ceil(out))
            .map(|place| place as isize)
            .collect(),
        Windows::Fixed {
            kernel,
            stride,
            padding,
            dilation,
            ..
        } => (0..kernel[axis])
            .map(|tap| {
                (index * stride[axis] + tap * dilation[axis]) as isize - padding[axis] as isize
            })
            .filter(|&place| place < (size + padding[axis]) as isize)
            .collect(),
    }
}

/// Window by window, as the definition reads.
fn naive(kind: PoolKind, windows: Windows, shape: [usize; 4], x: &[f64]) -> Pooled {
    let [n, c, h, w] = shape;
    let [oh, ow] = pool_output(&windows, [h, w]).unwrap();
    let mut pooled = Pooled {
        y: vec![],
        positions: vec![],
        gx: vec![0.0; x.len()],
    };
    for plane in 0..n * c {
        let start = plane * h * w;
        for place in 0..oh * ow {
            let rows = window(&windows, 0, h, oh, place / ow);
            let columns = window(&windows, 1, w, ow, place % ow);
            let inside: Vec<usize> = rows
                .iter()
                .flat_map(|&y| columns.iter().map(move |&x| (y, x)))
                .filter(|&(y, x)| (0..h as isize).contains(&y) && (0..w as isize).contains(&x))
                .map(|(y, x)| y as usize * w + x as usize)
                .collect();
            let grad = (pooled.y.len() + 1) as f64;
            match kind {
                PoolKind::Max => {
                    let (mut best, mut winner) = (f64::NEG_INFINITY, inside.first().copied());
                    for &place in &inside {
                        if x[start + place] > best || x[start + place].is_nan() {
                            (best, winner) = (x[start + place], Some(place));
                        }
                    }
                    pooled.y.push(best);
                    pooled
                        .positions
                        .push(winner.map_or(-1, |place| place as i64));
                    winner
                        .iter()
                        .for_each(|place| pooled.gx[start + place] += grad);
                }
                PoolKind::Mean { count_padding } => {
                    let divisor = if count_padding {
                        rows.len() * columns.len()
                    } else {
                        inside.len()
                    } as f64;
                    let sum: f64 = inside.iter().map(|&place| x[start + place]).sum();
                    pooled.y.push(if inside.is_empty() {
                        0.0
                    } else {
                        sum / divisor
                    });
                    inside
                        .iter()
                        .for_each(|&place| pooled.gx[start + place] += grad / divisor);
                }
            }
        }
    }
    pooled
}

/// Windows that shape rules let through.
fn fixed() -> impl Strategy<Value = Windows> {
    let axis = (1..4usize, 1..4usize, 0..2usize, 1..3usize);
    (axis.clone(), axis, any::<bool>()).prop_map(|(a, b, ceil)| Windows::Fixed {
        kernel: [a.0, b.0],
        stride: [a.1, b.1],
        padding: [a.2.min(a.0 / 2), b.2.min(b.0 / 2)],
        dilation: [a.3, b.3],
        ceil,
    })
}

fn squares() -> impl Strategy<Value = Windows> {
    any::<bool>().prop_map(|ceil| Windows::Fixed {
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0],
        dilation: [1, 1],
        ceil,
    })
}

fn overlapping() -> impl Strategy<Value = Windows> {
    any::<bool>().prop_map(|ceil| Windows::Fixed {
        kernel: [3, 3],
        stride: [2, 2],
        padding: [1, 1],
        dilation: [1, 1],
        ceil,
    })
}

fn adaptive() -> impl Strategy<Value = Windows> {
    [1..5usize, 1..5usize].prop_map(|out| Windows::Adaptive { out })
}

fn images() -> impl Strategy<Value = (Layout, usize)> {
    prop_oneof![
        views(4, 6),
        (1..3usize, 1..3usize, 1..12usize, 1..50usize)
            .prop_map(|(n, c, h, w)| { (Layout::contiguous(&[n, c, h, w]), n * c * h * w) })
    ]
}

proptest! {
    #[test]
    fn pooling_is_its_definition(
        (layout, len) in images(),
        windows in prop_oneof![fixed(), squares(), overlapping(), adaptive()],
        kind in prop_oneof![Just(PoolKind::Max), any::<bool>().prop_map(|count_padding| PoolKind::Mean { count_padding })],
        seed in 0..1000u64,
        special in 0..4u8,
    ) {
        let shape: [usize; 4] = layout.shape().try_into().unwrap();
        prop_assume!(pool_output(&windows, [shape[2], shape[3]]).is_some());
        // Few distinct values make ties; some are NaN or minus infinity.
        let values: Vec<f64> = noise(seed, len)
            .iter()
            .map(|v| match (special, (v * 8.0).round()) {
                (1, level) if level > 6.0 => f64::NAN,
                (2, level) if level < 6.0 => f64::NEG_INFINITY,
                (_, level) => level,
            })
            .collect();
        let x = Host::view(&layout, &values);
        let (got, expected) = (pool(kind, windows, &x), naive(kind, windows, shape, &x.values::<f64>()));
        let close = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-12 * b.abs() || (a.is_nan() && b.is_nan());
        prop_assert!(got.y.iter().zip(&expected.y).all(|(&a, &b)| close(a, b)), "{:?}\n{:?}", got.y, expected.y);
        prop_assert!(got.gx.iter().zip(&expected.gx).all(|(&a, &b)| close(a, b)), "{:?}\n{:?}", got.gx, expected.gx);
        if kind == PoolKind::Max {
            prop_assert_eq!(got.positions, expected.positions);
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let x = Host::new(&[8, 16, 41, 43], &noise(1, 8 * 16 * 41 * 43));
    let fixed = |kernel, stride, padding| Windows::Fixed {
        kernel,
        stride,
        padding,
        dilation: [1, 1],
        ceil: false,
    };
    for (kind, windows) in [
        (PoolKind::Max, fixed([2, 2], [2, 2], [0, 0])),
        (PoolKind::Max, fixed([3, 3], [2, 2], [1, 1])),
        (MEAN, fixed([3, 3], [1, 1], [1, 1])),
        (MEAN, Windows::Adaptive { out: [1, 1] }),
    ] {
        let on = |threads| {
            on_threads(threads, || {
                let pooled = pool(kind, windows, &x);
                (bits(&pooled.y), bits(&pooled.gx))
            })
        };
        assert_eq!(on(1), on(2), "{kind:?} {windows:?}");
    }
}
