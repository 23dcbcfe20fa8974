//! Micro-kernels for AVX2 with FMA: 16 registers of 8 values, tiles of up to 6 x 16.
#![allow(unsafe_code)] // Vector instructions behind run-time detection.

use std::arch::x86_64::*;

use super::lanes::{Lanes, Square};

#[derive(Clone, Copy)]
pub(super) struct F32x8(pub(super) __m256);

/// All bits of the lanes set in `mask`.
///
/// # Safety
///
/// Requires AVX2.
#[inline(always)]
unsafe fn wide_mask(mask: u32) -> __m256i {
    // SAFETY: the caller guarantees the instruction set.
    unsafe {
        let bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(mask as i32), bits), bits)
    }
}

/// The lowest `count` bits.
#[inline(always)]
fn first(count: usize) -> u32 {
    (1u32 << count) - 1
}

// SAFETY (of every block below): the trait's contract gives the instruction set and the memory.
impl Lanes for F32x8 {
    const LEN: usize = 8;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_setzero_ps() })
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn load(src: *const f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_loadu_ps(src) })
    }
    #[inline(always)]
    unsafe fn load_first(src: *const f32, count: usize) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_maskload_ps(src, wide_mask(first(count))) })
    }
    #[inline(always)]
    unsafe fn store(self, dst: *mut f32) {
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(dst, self.0) }
    }
    #[inline(always)]
    unsafe fn store_first(self, dst: *mut f32, count: usize) {
        // SAFETY: see above.
        unsafe { _mm256_maskstore_ps(dst, wide_mask(first(count)), self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, addend.0) })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn deinterleave(self, next: Self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            // Within 128-bit lanes first, then the lanes' halves in order.
            let even = _mm256_castps_pd(_mm256_shuffle_ps::<0x88>(self.0, next.0));
            let odd = _mm256_castps_pd(_mm256_shuffle_ps::<0xdd>(self.0, next.0));
            (
                Self(_mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(even))),
                Self(_mm256_castpd_ps(_mm256_permute4x64_pd::<0xd8>(odd))),
            )
        }
    }
    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let low = _mm256_unpacklo_ps(self.0, other.0);
            let high = _mm256_unpackhi_ps(self.0, other.0);
            (
                Self(_mm256_permute2f128_ps::<0x20>(low, high)),
                Self(_mm256_permute2f128_ps::<0x31>(low, high)),
            )
        }
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: see above. `maxps` returns its second operand when one is a NaN.
        Self(unsafe { _mm256_max_ps(_mm256_setzero_ps(), self.0) })
    }
    #[inline(always)]
    unsafe fn load_masked(self, src: *const f32, mask: u32) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let mask = wide_mask(mask);
            let loaded = _mm256_maskload_ps(src, mask);
            _mm256_blendv_ps(self.0, loaded, _mm256_castsi256_ps(mask))
        })
    }
    #[inline(always)]
    unsafe fn gather(src: *const f32, offsets: *const i32, count: usize) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let mask = wide_mask(first(count));
            let index = _mm256_maskload_epi32(offsets, mask);
            _mm256_mask_i32gather_ps::<4>(
                _mm256_setzero_ps(),
                src,
                index,
                _mm256_castsi256_ps(mask),
            )
        })
    }
    #[inline(always)]
    unsafe fn transpose(square: Square) {
        let Square {
            src,
            src_stride,
            rows,
            columns,
            dst,
            dst_stride,
            width,
        } = square;
        // SAFETY: see above; masks and counts keep to the square.
        unsafe {
            let (loaded, stored) = (wide_mask(first(columns)), wide_mask(first(width)));
            let mut r = [_mm256_setzero_ps(); 8];
            for i in 0..8 {
                if i < rows {
                    r[i] = _mm256_maskload_ps(src.offset(i as isize * src_stride), loaded);
                }
            }
            // Pairs, then fours within 128-bit lanes, then the lanes themselves.
            let mut t = r;
            for i in 0..4 {
                t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
                t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
            }
            for b in [0, 4] {
                r[b] = _mm256_shuffle_ps::<0x44>(t[b], t[b + 2]);
                r[b + 1] = _mm256_shuffle_ps::<0xee>(t[b], t[b + 2]);
                r[b + 2] = _mm256_shuffle_ps::<0x44>(t[b + 1], t[b + 3]);
                r[b + 3] = _mm256_shuffle_ps::<0xee>(t[b + 1], t[b + 3]);
            }
            for j in 0..4 {
                if j < columns {
                    let lo = _mm256_permute2f128_ps::<0x20>(r[j], r[4 + j]);
                    _mm256_maskstore_ps(dst.add(j * dst_stride), stored, lo);
                }
                if 4 + j < columns {
                    let hi = _mm256_permute2f128_ps::<0x31>(r[j], r[4 + j]);
                    _mm256_maskstore_ps(dst.add((4 + j) * dst_stride), stored, hi);
                }
            }
        }
    }
    #[inline(always)]
    unsafe fn prefetch(address: *const f32) {
        // SAFETY: a hint; the address may be anything.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
}

super::kernels::define_kernels! {
    "avx2,fma", F32x8, vectors: 2 [1, 2], rows: [1, 2, 3, 4, 5, 6]
}
