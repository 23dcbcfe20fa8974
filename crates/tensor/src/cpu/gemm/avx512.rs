//! Micro-kernels for AVX-512: 32 registers of 16 values, tiles of up to 8 x 48.
#![allow(unsafe_code)] // Vector instructions behind run-time detection.

use std::arch::x86_64::*;

use super::lanes::{Lanes, Square};

#[derive(Clone, Copy)]
pub(super) struct F32x16(pub(super) __m512);

/// The lowest `count` bits.
#[inline(always)]
fn first(count: usize) -> __mmask16 {
    ((1u32 << count) - 1) as __mmask16
}

// SAFETY (of every block below): the trait's contract gives the instruction set and the memory.
impl Lanes for F32x16 {
    const LEN: usize = 16;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_setzero_ps() })
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn load(src: *const f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_loadu_ps(src) })
    }
    #[inline(always)]
    unsafe fn load_first(src: *const f32, count: usize) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_maskz_loadu_ps(first(count), src) })
    }
    #[inline(always)]
    unsafe fn store(self, dst: *mut f32) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(dst, self.0) }
    }
    #[inline(always)]
    unsafe fn store_first(self, dst: *mut f32, count: usize) {
        // SAFETY: see above.
        unsafe { _mm512_mask_storeu_ps(dst, first(count), self.0) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn deinterleave(self, next: Self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
            (
                Self(_mm512_permutex2var_ps(self.0, even, next.0)),
                Self(_mm512_permutex2var_ps(self.0, odd, next.0)),
            )
        }
    }
    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
            (
                Self(_mm512_permutex2var_ps(self.0, low, other.0)),
                Self(_mm512_permutex2var_ps(self.0, high, other.0)),
            )
        }
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: see above. `maxps` returns its second operand when one is a NaN.
        Self(unsafe { _mm512_max_ps(_mm512_setzero_ps(), self.0) })
    }
    #[inline(always)]
    unsafe fn load_masked(self, src: *const f32, mask: u32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mask_loadu_ps(self.0, mask as __mmask16, src) })
    }
    #[inline(always)]
    unsafe fn gather(src: *const f32, offsets: *const i32, count: usize) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let index = _mm512_maskz_loadu_epi32(first(count), offsets);
            _mm512_mask_i32gather_ps::<4>(_mm512_setzero_ps(), first(count), index, src.cast())
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
        if [rows, columns, dst_stride, width] == [8, 16, 8, 8] {
            // SAFETY: see above; the square is of these sizes.
            return unsafe { transpose_eight(src, src_stride, dst) };
        }
        // SAFETY: see above; masks and counts keep to the square.
        unsafe {
            let mut r = [_mm512_setzero_ps(); 16];
            for i in 0..16 {
                if i < rows {
                    r[i] =
                        _mm512_maskz_loadu_ps(first(columns), src.offset(i as isize * src_stride));
                }
            }
            // Pairs, then fours within 128-bit lanes, then the lanes themselves.
            let mut t = r;
            for i in 0..8 {
                t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
                t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
            }
            for i in 0..4 {
                let b = 4 * i;
                let lo = (_mm512_castps_pd(t[b]), _mm512_castps_pd(t[b + 2]));
                let hi = (_mm512_castps_pd(t[b + 1]), _mm512_castps_pd(t[b + 3]));
                r[b] = _mm512_castpd_ps(_mm512_unpacklo_pd(lo.0, lo.1));
                r[b + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(lo.0, lo.1));
                r[b + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(hi.0, hi.1));
                r[b + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(hi.0, hi.1));
            }
            for j in 0..4 {
                let a = _mm512_shuffle_f32x4::<0x88>(r[j], r[4 + j]);
                let b = _mm512_shuffle_f32x4::<0xdd>(r[j], r[4 + j]);
                let c = _mm512_shuffle_f32x4::<0x88>(r[8 + j], r[12 + j]);
                let d = _mm512_shuffle_f32x4::<0xdd>(r[8 + j], r[12 + j]);
                let quarter = [
                    _mm512_shuffle_f32x4::<0x88>(a, c),
                    _mm512_shuffle_f32x4::<0x88>(b, d),
                    _mm512_shuffle_f32x4::<0xdd>(a, c),
                    _mm512_shuffle_f32x4::<0xdd>(b, d),
                ];
                for i in 0..4 {
                    let column = 4 * i + j;
                    if column < columns {
                        _mm512_mask_storeu_ps(
                            dst.add(column * dst_stride),
                            first(width),
                            quarter[i],
                        );
                    }
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

/// Transposes eight rows of sixteen values, a panel of the left operand, into as many values side by side: half the steps of
/// a square.
///
/// # Safety
///
/// As for [`Lanes::transpose`], for these sizes.
#[inline(always)]
unsafe fn transpose_eight(src: *const f32, src_stride: isize, dst: *mut f32) {
    // SAFETY: by the caller's promise.
    unsafe {
        let mut r = [_mm512_setzero_ps(); 8];
        for i in 0..8 {
            r[i] = _mm512_loadu_ps(src.offset(i as isize * src_stride));
        }
        // Pairs of rows, then fours: `q[c]` has column `c` of each 128-bit lane, `q[4 + c]` its lower half.
        let mut q = [_mm512_setzero_ps(); 8];
        for half in 0..2 {
            let b = 4 * half;
            let low = [
                _mm512_castps_pd(_mm512_unpacklo_ps(r[b], r[b + 1])),
                _mm512_castps_pd(_mm512_unpacklo_ps(r[b + 2], r[b + 3])),
            ];
            let high = [
                _mm512_castps_pd(_mm512_unpackhi_ps(r[b], r[b + 1])),
                _mm512_castps_pd(_mm512_unpackhi_ps(r[b + 2], r[b + 3])),
            ];
            q[b] = _mm512_castpd_ps(_mm512_unpacklo_pd(low[0], low[1]));
            q[b + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low[0], low[1]));
            q[b + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high[0], high[1]));
            q[b + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high[0], high[1]));
        }
        // The lanes: two columns of a lane, both halves, make a register.
        for pair in 0..2 {
            let first = 2 * pair;
            let a = _mm512_shuffle_f32x4::<0x88>(q[first], q[4 + first]);
            let b = _mm512_shuffle_f32x4::<0xdd>(q[first], q[4 + first]);
            let c = _mm512_shuffle_f32x4::<0x88>(q[first + 1], q[5 + first]);
            let d = _mm512_shuffle_f32x4::<0xdd>(q[first + 1], q[5 + first]);
            let lanes = [
                _mm512_shuffle_f32x4::<0x88>(a, c),
                _mm512_shuffle_f32x4::<0x88>(b, d),
                _mm512_shuffle_f32x4::<0xdd>(a, c),
                _mm512_shuffle_f32x4::<0xdd>(b, d),
            ];
            for lane in 0..4 {
                _mm512_storeu_ps(dst.add(16 * (2 * lane + pair)), lanes[lane]);
            }
        }
    }
}

super::kernels::define_kernels! {
    "avx512f", F32x16, vectors: 3 [1, 2, 3], rows: [1, 2, 3, 4, 5, 6, 7, 8]
}
