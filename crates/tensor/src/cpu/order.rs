//! Positions of extremes, and sorting: everything that compares the elements of a line.
#![allow(unsafe_code)] // Strided lines are read and written through pointers.

use std::cmp::Ordering;

use bytemuck::Zeroable;

use super::host::{Dst, Src};
use super::lines::Lines;
use super::split::ranges;
use super::walk::{Walk, count};
use super::workspace::Workspace;
use crate::DType;
use crate::device::Operand;
use crate::prim::Extreme;

/// Elements in order, NaN above all numbers.
trait Ordered: Copy + Zeroable + Send + Sync {
    fn order(&self, other: &Self) -> Ordering;
    fn is_nan(&self) -> bool;
}

macro_rules! ordered {
    ($($float:ident),*; $($integer:ident),*) => {
        $(impl Ordered for $float {
            fn order(&self, other: &Self) -> Ordering {
                // Equal to each other as zeros of both signs are, NaNs can be compared only so.
                self.partial_cmp(other).unwrap_or_else(|| self.is_nan().cmp(&other.is_nan()))
            }
            fn is_nan(&self) -> bool { $float::is_nan(*self) }
        })*
        $(impl Ordered for $integer {
            fn order(&self, other: &Self) -> Ordering { self.cmp(other) }
            fn is_nan(&self) -> bool { false }
        })*
    };
}

ordered!(f32, f64; i64, u8);

/// Runs `$body` with `$T` naming the type to compare elements of a dtype as.
macro_rules! for_ordered {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                type $T = f32;
                $body
            }
            DType::F64 => {
                type $T = f64;
                $body
            }
            DType::I64 => {
                type $T = i64;
                $body
            }
            DType::U8 | DType::Bool => {
                type $T = u8;
                $body
            }
            DType::F16 | DType::BF16 => unreachable!("16-bit floats run by way of f32"),
        }
    };
}

/// Runs `Prim::ArgReduce`.
pub(super) fn arg_reduce(extreme: Extreme, dim: usize, x: &Operand<'_>, y: &Operand<'_>) {
    for_ordered!(x.dtype, T => positions::<T>(extreme, dim, x, y))
}

fn positions<T: Ordered>(extreme: Extreme, dim: usize, x: &Operand<'_>, y: &Operand<'_>) {
    let (src, lines) = (Src::<T>::new(x), Lines::new(x.layout, dim, 1));
    let dst = Dst::<i64>::new(y);
    ranges(count(&lines.starts), 4 * lines.length, |range| {
        let mut walk = Walk::at(&lines.starts, range.start);
        for _ in range {
            // SAFETY: the walk stays within the layouts, and every line has its own output.
            unsafe {
                let first = src.first().offset(walk.src);
                let read = |index: usize| *first.offset(index as isize * lines.src);
                dst.first()
                    .offset(walk.dst)
                    .write(position(extreme, lines.length, read) as i64);
            }
            walk.advance();
        }
    });
}

/// The first NaN, or else the first extreme.
fn position<T: Ordered>(extreme: Extreme, length: usize, read: impl Fn(usize) -> T) -> usize {
    let wanted = match extreme {
        Extreme::Max => Ordering::Greater,
        Extreme::Min => Ordering::Less,
    };
    let (mut best, mut place) = (read(0), 0);
    for index in 1..length {
        if best.is_nan() {
            break;
        }
        let value = read(index);
        if value.is_nan() || value.order(&best) == wanted {
            (best, place) = (value, index);
        }
    }
    place
}

/// Runs `Prim::Sort`.
pub(super) fn sort(dim: usize, descending: bool, x: &Operand<'_>, outputs: &[Operand<'_>]) {
    for_ordered!(x.dtype, T => sort_lines::<T>(dim, descending, x, outputs))
}

fn sort_lines<T: Ordered>(dim: usize, descending: bool, x: &Operand<'_>, outputs: &[Operand<'_>]) {
    let lines = Lines::new(x.layout, dim, x.layout.shape()[dim]);
    let (src, values) = (Src::<T>::new(x), Dst::<T>::new(&outputs[0]));
    let positions = Dst::<i64>::new(&outputs[1]);
    if x.layout.numel() == 0 {
        return;
    }
    ranges(count(&lines.starts), 32 * lines.length, |range| {
        let mut line = Workspace::new(lines.length, (T::zeroed(), 0usize));
        let mut walk = Walk::at(&lines.starts, range.start);
        for _ in range {
            for (index, entry) in line.iter_mut().enumerate() {
                // SAFETY: the walk stays within the layout.
                let value = unsafe { *src.first().offset(walk.src + index as isize * lines.src) };
                *entry = (value, index);
            }
            // Positions break ties, so that a sort that moves in place is a stable one.
            line.sort_unstable_by(|(a, i), (b, j)| {
                let order = if descending { b.order(a) } else { a.order(b) };
                order.then(i.cmp(j))
            });
            for (index, &(value, position)) in line.iter().enumerate() {
                let place = walk.dst + index as isize * lines.dst;
                // SAFETY: every line has its own part of the outputs.
                unsafe {
                    values.first().offset(place).write(value);
                    positions.first().offset(place).write(position as i64);
                }
            }
            walk.advance();
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::cpu::testing::{Host, noise, on_threads, run, views};
    use crate::layout::Layout;
    use crate::prim::{Extreme, Prim};

    fn cases() -> impl Strategy<Value = ((Layout, usize), usize)> {
        (1..4usize).prop_flat_map(|rank| (views(rank, 9), 0..rank))
    }

    /// Values with ties and NaN.
    fn values(seed: u64, len: usize) -> Vec<f64> {
        let level = |v: f64| if v > 0.9 { f64::NAN } else { (v * 3.0).round() };
        noise(seed, len).into_iter().map(level).collect()
    }

    fn sorted(x: &Host, dim: usize, descending: bool) -> (Vec<f64>, Vec<i64>) {
        let shape = x.operand().layout.shape().to_vec();
        let (y, positions) = (Host::output::<f64>(&shape), Host::output::<i64>(&shape));
        run(&Prim::Sort { dim, descending }, &[x], &[&y, &positions]).unwrap();
        (y.values(), positions.values())
    }

    fn arg(extreme: Extreme, x: &Host, dim: usize) -> Vec<i64> {
        let mut shape = x.operand().layout.shape().to_vec();
        shape.remove(dim);
        let y = Host::output::<i64>(&shape);
        run(
            &Prim::ArgReduce {
                extreme,
                dim,
                keepdim: false,
            },
            &[x],
            &[&y],
        )
        .unwrap();
        y.values()
    }

    proptest! {
        #[test]
        fn lines_are_sorted_stably_and_extremes_are_the_first(((layout, len), dim) in cases(), seed in 0..1000u64) {
            let x = Host::view(&layout, &values(seed, len));
            let (shape, values) = (layout.shape(), x.values::<f64>());
            let (length, inner) = (shape[dim], shape[dim + 1..].iter().product::<usize>());
            let key = |v: f64| if v.is_nan() { f64::INFINITY } else { v };
            let greatest = arg(Extreme::Max, &x, dim);
            let least = arg(Extreme::Min, &x, dim);
            for descending in [false, true] {
                let (y, positions) = sorted(&x, dim, descending);
                for line in 0..values.len() / length {
                    let at = |index: usize| line / inner * length * inner + index * inner + line % inner;
                    let mut expected: Vec<usize> = (0..length).collect();
                    expected.sort_by(|&i, &j| {
                        let order = key(values[at(i)]).total_cmp(&(key(values[at(j)]) + 0.0));
                        if descending { order.reverse() } else { order }
                    });
                    let got: Vec<usize> = (0..length).map(|index| positions[at(index)] as usize).collect();
                    prop_assert!(got.iter().zip(&expected).all(|(&i, &j)| i == j || values[at(i)] == 0.0), "{:?} {:?}", got, expected);
                    for index in 0..length {
                        prop_assert_eq!(y[at(index)].to_bits(), values[at(got[index])].to_bits());
                    }
                    if descending {
                        prop_assert_eq!(greatest[line] as usize, got[0]);
                    } else {
                        let nan = (0..length).find(|&index| values[at(index)].is_nan());
                        prop_assert_eq!(least[line] as usize, nan.unwrap_or(got[0]));
                    }
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let x = Host::new(&[500, 300], &values(1, 150_000));
        for dim in [0, 1] {
            let on = |threads| {
                on_threads(threads, || {
                    let (y, positions) = sorted(&x, dim, false);
                    (
                        y.iter().map(|v| v.to_bits()).collect::<Vec<_>>(),
                        positions,
                        arg(Extreme::Max, &x, dim),
                    )
                })
            };
            assert_eq!(on(1), on(2));
        }
    }

    #[test]
    fn bytes_and_integers_have_extremes_too() {
        let x = Host::new(&[4], &[3u8, 200, 200, 1]);
        assert_eq!(arg(Extreme::Max, &x, 0), [1]);
        let x = Host::new(&[3], &[i64::MIN, i64::MAX, i64::MAX - 1]);
        assert_eq!(
            (arg(Extreme::Max, &x, 0), arg(Extreme::Min, &x, 0)),
            (vec![1], vec![0])
        );
    }
}
