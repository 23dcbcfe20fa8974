//! Multiply-adds that wait for nothing but one another: what the processor does at most.
#![allow(unsafe_code)] // Vector instructions behind run-time detection.

use std::hint::black_box;

use super::lanes::Lanes;

/// Sums that are carried along side by side, enough to hide how long one takes, and within 16 registers.
pub(super) const CHAINS: usize = 12;

/// A step is one multiply-add of a register for each chain.
///
/// # Safety
///
/// The machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn multiply_add<L: Lanes>(steps: usize) -> f32 {
    // SAFETY: the caller's contract; the last store fills a local register's worth of values.
    unsafe {
        let (x, y) = (L::splat(black_box(0.999)), L::splat(black_box(1e-3)));
        let mut chains = [L::zero(); CHAINS];
        for _ in 0..steps {
            for chain in &mut chains {
                *chain = chain.mul_add(x, y);
            }
        }
        let mut sum = L::zero();
        for chain in chains {
            sum = sum.add(chain);
        }
        let mut value = 0.0;
        sum.store_first(&mut value, 1);
        value
    }
}
