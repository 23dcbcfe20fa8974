//! `e` raised to many numbers at once, for kernels that need nothing else of the pointwise instructions.
#![allow(unsafe_code)] // Features are detected before functions that need them are called.

use super::isa::{Float, Isa, LANES, Vector};
use crate::pointwise::{Portable, Real};

/// Replaces every number by `e` raised to it.
pub(in crate::cpu) fn exp_all(values: &mut [f32]) {
    on(Isa::best(), values);
}

fn on(isa: Isa, values: &mut [f32]) {
    match isa {
        // SAFETY: the instruction set was found on this machine.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { avx512(values) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { avx2(values) },
        _ => blocks::<Portable>(values),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn avx512(values: &mut [f32]) {
    blocks::<<f32 as Float>::Fast>(values);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(values: &mut [f32]) {
    blocks::<<f32 as Float>::Fast>(values);
}

#[inline(always)]
fn blocks<V: Vector<Scalar = f32> + Real>(values: &mut [f32]) {
    let (blocks, rest) = values.as_chunks_mut::<LANES>();
    for block in blocks {
        exp::<V>(block);
    }
    if !rest.is_empty() {
        let mut block = [0.0; LANES];
        block[..rest.len()].copy_from_slice(rest);
        exp::<V>(&mut block);
        rest.copy_from_slice(&block[..rest.len()]);
    }
}

#[inline(always)]
fn exp<V: Vector<Scalar = f32> + Real>(block: &mut [f32; LANES]) {
    for at in (0..LANES).step_by(V::WIDTH) {
        V::load(block, at).exp().store(block, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::testing::noise;

    #[test]
    fn every_instruction_set_raises_every_number() {
        for len in [0, 1, 63, 64, 65, 200] {
            let x: Vec<f32> = noise(3, len).iter().map(|&v| 20.0 * v as f32).collect();
            for isa in Isa::available() {
                let mut y = x.clone();
                on(isa, &mut y);
                for (&x, &y) in x.iter().zip(&y) {
                    let expected = f64::from(x).exp();
                    let error = (f64::from(y) - expected).abs();
                    assert!(error <= 2e-7 * expected, "{isa:?}: exp({x}) = {y}");
                }
            }
        }
        for isa in Isa::available() {
            let mut wild = [f32::NEG_INFINITY, f32::NAN, f32::INFINITY, -200.0];
            on(isa, &mut wild);
            assert!(
                wild[0] == 0.0 && wild[1].is_nan() && wild[2] == f32::INFINITY && wild[3] == 0.0
            );
        }
    }
}
