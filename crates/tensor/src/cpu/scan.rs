//! Running sums along a dim; those of floats are kept in f64.
#![allow(unsafe_code)] // Strided lines are read and written through pointers.

use bytemuck::Zeroable;

use super::host::{Dst, Src};
use super::lines::Lines;
use super::split::ranges;
use super::walk::{Walk, count};
use crate::device::Operand;
use crate::{DType, Error, ErrorKind, Result};

/// Runs `Prim::CumSum`.
pub(super) fn cumsum(dim: usize, x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    match x.dtype {
        DType::F32 => lines::<f32, f64>(dim, x, y, |sum, v| sum + f64::from(v), |sum| sum as f32),
        DType::F64 => lines::<f64, f64>(dim, x, y, |sum, v| sum + v, |sum| sum),
        DType::I64 => lines::<i64, i64>(dim, x, y, i64::wrapping_add, |sum| sum),
        DType::U8 | DType::Bool => {
            let message = format!(
                "cumsum: {} overflows at once; convert with to_dtype(DType::I64) first",
                x.dtype
            );
            return Err(Error::new(ErrorKind::DType, message));
        }
        DType::F16 | DType::BF16 => unreachable!("16-bit floats run by way of f32"),
    }
    Ok(())
}

fn lines<T: Copy + Zeroable + Send + Sync, A: Copy + Default>(
    dim: usize,
    x: &Operand<'_>,
    y: &Operand<'_>,
    add: impl Fn(A, T) -> A + Sync,
    round: impl Fn(A) -> T + Sync,
) {
    let lines = Lines::new(x.layout, dim, x.layout.shape()[dim]);
    let (src, dst) = (Src::<T>::new(x), Dst::<T>::new(y));
    ranges(count(&lines.starts), 4 * lines.length, |range| {
        let mut walk = Walk::at(&lines.starts, range.start);
        for _ in range {
            let mut sum = A::default();
            for index in 0..lines.length as isize {
                // SAFETY: the walk stays within the layouts; every line has its own part of the output.
                unsafe {
                    sum = add(sum, *src.first().offset(walk.src + index * lines.src));
                    dst.first()
                        .offset(walk.dst + index * lines.dst)
                        .write(round(sum));
                }
            }
            walk.advance();
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::cpu::testing::{Host, noise, noise32, run, views};
    use crate::prim::Prim;

    proptest! {
        #[test]
        fn every_element_adds_to_the_one_before(
            ((layout, len), dim) in (1..4usize).prop_flat_map(|rank| (views(rank, 9), 0..rank)),
            seed in 0..1000u64,
        ) {
            let x = Host::view(&layout, &noise(seed, len));
            let y = Host::output::<f64>(layout.shape());
            run(&Prim::CumSum { dim }, &[&x], &[&y]).unwrap();
            let inner: usize = layout.shape()[dim + 1..].iter().product();
            let (x, y) = (x.values::<f64>(), y.values::<f64>());
            for place in 0..x.len() {
                let first = (place / inner).is_multiple_of(layout.shape()[dim]);
                let before = if first { 0.0 } else { y[place - inner] };
                prop_assert_eq!(y[place], before + x[place]);
            }
        }
    }

    #[test]
    fn a_long_running_sum_keeps_its_digits() {
        let values: Vec<f32> = noise32(1, 100_000).iter().map(|v| v + 1.0).collect();
        let (x, y) = (
            Host::new(&[100_000], &values),
            Host::output::<f32>(&[100_000]),
        );
        run(&Prim::CumSum { dim: 0 }, &[&x], &[&y]).unwrap();
        let exact: f64 = values.iter().map(|&v| f64::from(v)).sum();
        assert_eq!(y.values::<f32>()[99_999], exact as f32);
    }
}
