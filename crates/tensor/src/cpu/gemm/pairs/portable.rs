//! Pairs in plain Rust: widened, and multiplied as f32. On x86-64 parts of registers are read and written by a call, as in
//! [`portable`](crate::cpu::gemm::portable).
#![allow(unsafe_code)] // Shares the raw-memory contract of the vector kernels.

use half::bf16;

use super::Pairs;
use crate::cpu::gemm::lanes::Lanes;
use crate::cpu::gemm::portable::Array;

const LEN: usize = Array::LEN;

fn halves(pair: f32) -> [f32; 2] {
    let bits = pair.to_bits();
    [bits << 16, bits & 0xffff_0000].map(f32::from_bits)
}

// SAFETY (of every block below): the trait's contract gives the memory.
impl Pairs for Array {
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    unsafe fn load_halves(src: *const bf16, mask: u32) -> (Self, Self) {
        let at = |place: usize| match mask & 1 << place {
            0 => 0.0,
            // SAFETY: a place that the mask lets be read.
            _ => unsafe { *src.wrapping_add(place) }.to_f32(),
        };
        (
            Self(std::array::from_fn(|lane| at(2 * lane))),
            Self(std::array::from_fn(|lane| at(2 * lane + 1))),
        )
    }
    #[cfg_attr(target_arch = "x86_64", inline(never))]
    #[cfg_attr(not(target_arch = "x86_64"), inline(always))]
    unsafe fn store_halves(self, dst: *mut bf16, count: usize) {
        for place in 0..count {
            let bits = self.0[place / 2].to_bits() >> (16 * (place % 2));
            // SAFETY: one of the places that the caller lets be written.
            unsafe { dst.add(place).write(bf16::from_bits(bits as u16)) };
        }
    }
    #[inline(always)]
    unsafe fn pair(self, next: Self) -> Self {
        let bits = |x: f32| u32::from(bf16::from_f32(x).to_bits());
        let both: [u32; LEN] = std::array::from_fn(|i| bits(self.0[i]) | bits(next.0[i]) << 16);
        Self(both.map(f32::from_bits))
    }
    #[inline(always)]
    unsafe fn add_products(self, left: Self, right: Self) -> Self {
        Self(std::array::from_fn(|i| {
            let ([low, high], [of_low, of_high]) = (halves(left.0[i]), halves(right.0[i]));
            self.0[i] + low * of_low + high * of_high
        }))
    }
}

super::define_pairs! {
    "", Array, base: crate::cpu::gemm::portable::ALL, vectors: [1, 2], rows: [1, 2, 3, 4]
}
