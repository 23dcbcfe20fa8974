//! `Prim::Softmax`: row by row, so that between its three passes a row stays in the first-level cache.
#![allow(unsafe_code)] // Features are detected before functions that need them are called.

use super::isa::{Float, Isa, LANES, Vector};
use crate::Result;
use crate::cpu::float::for_float;
use crate::cpu::host::Dst;
use crate::cpu::reduce::{Fold, Max, Sum, fold_row};
use crate::cpu::split::chunks;
use crate::cpu::workspace::Contiguous;
use crate::device::Operand;
use crate::pointwise::{Portable, Real};

/// An exponential and a division cost about as much as this many reads.
const COST: usize = 4;

/// Runs the instruction.
pub(in crate::cpu) fn softmax(x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    for_float!("softmax", y.dtype, T => on::<T>(Isa::best(), x, y))
}

/// Runs it with the loops of one instruction set.
fn on<T: Number>(isa: Isa, x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    let length = x.layout.shape().last().copied().unwrap_or(1);
    let x = Contiguous::<T>::new(x)?;
    // SAFETY: the output is contiguous and apart from the input.
    let y = unsafe { Dst::<T>::new(y).slice_mut() };
    chunks(y, length, length * COST, |row, y| {
        T::row(isa, &x[row * length..][..length], y);
    });
    Ok(())
}

/// A float that rows are made of.
trait Number: Float + bytemuck::Zeroable {
    fn row(isa: Isa, x: &[Self], y: &mut [Self]);
}

impl Number for f32 {
    fn row(isa: Isa, x: &[f32], y: &mut [f32]) {
        match isa {
            // SAFETY: the instruction set was found on this machine.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { row_avx512(x, y) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { row_avx2(x, y) },
            _ => row::<f32, Portable>(x, y),
        }
    }
}

/// Doubles get the baseline's loops only, as everywhere.
impl Number for f64 {
    fn row(_: Isa, x: &[f64], y: &mut [f64]) {
        row::<f64, f64>(x, y);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn row_avx512(x: &[f32], y: &mut [f32]) {
    row::<f32, <f32 as Float>::Fast>(x, y);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn row_avx2(x: &[f32], y: &mut [f32]) {
    row::<f32, <f32 as Float>::Fast>(x, y);
}

/// The powers, shifted by the greatest number, and each one's share of their sum.
#[inline(always)]
fn row<S, V>(x: &[S], y: &mut [S])
where
    S: Float + std::ops::Div<Output = S>,
    V: Vector<Scalar = S> + Real,
    Max<S>: Fold<Item = S>,
    Sum<S>: Fold<Item = S>,
{
    let greatest = [fold_row::<Max<S>>(x); LANES];
    let (blocks, rest) = x.as_chunks::<LANES>();
    let (targets, target) = y.as_chunks_mut::<LANES>();
    for (block, target) in blocks.iter().zip(targets) {
        powers::<V>(block, &greatest, target);
    }
    if !rest.is_empty() {
        let (mut block, mut out) = ([S::default(); LANES], [S::default(); LANES]);
        block[..rest.len()].copy_from_slice(rest);
        powers::<V>(&block, &greatest, &mut out);
        target.copy_from_slice(&out[..rest.len()]);
    }
    let sum = fold_row::<Sum<S>>(y);
    for share in y {
        *share = *share / sum;
    }
}

#[inline(always)]
fn powers<V: Vector + Real>(
    x: &[V::Scalar; LANES],
    greatest: &[V::Scalar; LANES],
    y: &mut [V::Scalar; LANES],
) {
    for at in (0..LANES).step_by(V::WIDTH) {
        (V::load(x, at) - V::load(greatest, at)).exp().store(y, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::testing::{Host, noise32, on_threads};

    #[test]
    fn every_instruction_set_and_number_of_threads_shares_out_one() {
        for shape in [[1, 1], [3, 31], [5, 64], [7, 100], [300, 1000]] {
            let x = Host::new(&shape, &noise32(5, shape[0] * shape[1]));
            let values = x.values::<f32>();
            let of = |isa, threads| {
                let y = Host::output::<f32>(&shape);
                on_threads(threads, || on::<f32>(isa, &x.operand(), &y.operand())).unwrap();
                y.values::<f32>()
            };
            for isa in Isa::available() {
                let y = of(isa, 1);
                assert_eq!(y, of(isa, 2), "{isa:?} {shape:?}");
                for (x, y) in values.chunks(shape[1]).zip(y.chunks(shape[1])) {
                    let sum: f64 = x.iter().map(|&x| f64::from(x).exp()).sum();
                    for (&x, &y) in x.iter().zip(y) {
                        let expected = f64::from(x).exp() / sum;
                        assert!((f64::from(y) - expected).abs() <= 4e-7 * expected);
                    }
                }
            }
        }
    }

    #[test]
    fn one_nan_is_in_every_share_of_its_row_and_infinity_in_none() {
        let nothing = f32::NEG_INFINITY;
        let values = [
            1.0,
            f32::NAN,
            2.0,
            1.0,
            nothing,
            1.0,
            nothing,
            nothing,
            nothing,
        ];
        let (x, y) = (Host::new(&[3, 3], &values), Host::output::<f32>(&[3, 3]));
        softmax(&x.operand(), &y.operand()).unwrap();
        let y = y.values::<f32>();
        assert!(y[..3].iter().all(|y| y.is_nan()));
        assert_eq!(y[3..6], [0.5, 0.0, 0.5]);
        assert!(y[6..].iter().all(|y| y.is_nan()));
    }
}
