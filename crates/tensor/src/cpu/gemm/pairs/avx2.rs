//! Pairs on AVX2: widened, and multiplied as f32.
#![allow(unsafe_code)] // Vector instructions behind run-time detection.

use std::arch::x86_64::*;

use half::bf16;

use super::Pairs;
use crate::cpu::gemm::avx2::F32x8;
use crate::cpu::gemm::lanes::Lanes;

/// Rounded to 16 bits, which are the high ones; a NaN stays one.
///
/// # Safety
///
/// The machine has AVX2.
#[inline(always)]
unsafe fn rounded(x: __m256) -> __m256i {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let bits = _mm256_castps_si256(x);
        let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
        let half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
        let nan = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_UNORD_Q>(x, x));
        let quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x0040_0000));
        _mm256_blendv_epi8(_mm256_add_epi32(bits, half), quiet, nan)
    }
}

/// Low halves as f32.
///
/// # Safety
///
/// As for [`rounded`].
#[inline(always)]
unsafe fn low(pairs: __m256i) -> __m256 {
    // SAFETY: the caller has the instruction set.
    unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<16>(pairs)) }
}

/// High halves as f32.
///
/// # Safety
///
/// As for [`rounded`].
#[inline(always)]
unsafe fn high(pairs: __m256i) -> __m256 {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let mask = _mm256_set1_epi32(0xffff_0000_u32 as i32);
        _mm256_castsi256_ps(_mm256_and_si256(pairs, mask))
    }
}

// SAFETY (of every block below): the trait's contract gives the instruction set and the memory.
impl Pairs for F32x8 {
    #[inline(always)]
    unsafe fn load_halves(src: *const bf16, mask: u32) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let mut all = [bf16::ZERO; 16];
            let whole = mask & 0xffff == 0xffff;
            if !whole {
                for (place, half) in all.iter_mut().enumerate() {
                    if mask & 1 << place != 0 {
                        *half = *src.wrapping_add(place);
                    }
                }
            }
            let from = if whole { src } else { all.as_ptr() };
            let both = _mm256_loadu_si256(from.cast());
            (Self(low(both)), Self(high(both)))
        }
    }
    #[inline(always)]
    unsafe fn store_halves(self, dst: *mut bf16, count: usize) {
        // SAFETY: see above.
        unsafe {
            let mut all = [bf16::ZERO; 16];
            _mm256_storeu_ps(all.as_mut_ptr().cast(), self.0);
            std::ptr::copy_nonoverlapping(all.as_ptr(), dst, count);
        }
    }
    #[inline(always)]
    unsafe fn pair(self, next: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let below = _mm256_srli_epi32::<16>(rounded(self.0));
            let above = _mm256_castps_si256(high(rounded(next.0)));
            Self(_mm256_castsi256_ps(_mm256_or_si256(below, above)))
        }
    }
    #[inline(always)]
    unsafe fn add_products(self, left: Self, right: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let (left, right) = (_mm256_castps_si256(left.0), _mm256_castps_si256(right.0));
            let sum = Self(low(left)).mul_add(Self(low(right)), self);
            Self(high(left)).mul_add(Self(high(right)), sum)
        }
    }
}

super::define_pairs! {
    "avx2,fma", F32x8, base: crate::cpu::gemm::avx2::ALL, vectors: [1, 2], rows: [1, 2, 3, 4, 5, 6]
}
