//! Pairs on AVX-512 BF16.
#![allow(unsafe_code)] // Vector instructions behind run-time detection.

use std::arch::x86_64::*;
use std::mem::transmute;

use half::bf16;

use super::{Pairs, first_bits};
use crate::cpu::gemm::avx512::F32x16;

/// Whether this machine has all that the kernels are compiled for.
pub(super) fn is_detected() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bf16")
}

/// Numbers of two registers in turn.
static IN_TURN: [u16; 32] = {
    let mut places = [0; 32];
    let mut at = 0;
    while at < 16 {
        places[2 * at] = at as u16;
        places[2 * at + 1] = 16 + at as u16;
        at += 1;
    }
    places
};

// SAFETY (of every block below): the trait's contract gives the instruction set and the memory.
impl Pairs for F32x16 {
    #[inline(always)]
    unsafe fn load_halves(src: *const bf16, mask: u32) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let both = _mm512_maskz_loadu_epi16(mask, src.cast());
            let high = _mm512_set1_epi32(0xffff_0000_u32 as i32);
            (
                Self(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(both))),
                Self(_mm512_castsi512_ps(_mm512_and_si512(both, high))),
            )
        }
    }
    #[inline(always)]
    unsafe fn store_halves(self, dst: *mut bf16, count: usize) {
        // SAFETY: see above.
        unsafe {
            _mm512_mask_storeu_epi16(dst.cast(), first_bits(count), _mm512_castps_si512(self.0))
        }
    }
    #[inline(always)]
    unsafe fn pair(self, next: Self) -> Self {
        // SAFETY: see above; the vector types are the same 64 bytes.
        unsafe {
            let both = transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(next.0, self.0));
            let places = _mm512_loadu_si512(IN_TURN.as_ptr().cast());
            Self(_mm512_castsi512_ps(_mm512_permutexvar_epi16(places, both)))
        }
    }
    #[inline(always)]
    unsafe fn add_products(self, left: Self, right: Self) -> Self {
        // SAFETY: see above; the vector types are the same 64 bytes.
        unsafe {
            let left = transmute::<__m512, __m512bh>(left.0);
            let right = transmute::<__m512, __m512bh>(right.0);
            Self(_mm512_dpbf16_ps(self.0, left, right))
        }
    }
    #[inline(always)]
    unsafe fn narrow(self, next: Self) -> Self {
        // SAFETY: see above; the vector types are the same 64 bytes.
        Self(unsafe { transmute::<__m512bh, __m512>(_mm512_cvtne2ps_pbh(next.0, self.0)) })
    }
}

super::define_pairs! {
    "avx512f,avx512bw,avx512vl,avx512bf16", F32x16, base: crate::cpu::gemm::avx512::ALL,
    vectors: [1, 2, 3], rows: [1, 2, 3, 4, 5, 6, 7, 8]
}
