//! Large results, written past the caches: a line that is stored in the usual way is first read from memory, which for a
//! function of one large tensor is a third of all that moves.
#![allow(unsafe_code)] // Stores that only the processor's own instructions can say.

use super::prefetch::LINE;

/// Bytes from which on a result is written past the caches. Where a third-level cache has 32 MiB, it then pays even if the
/// result is read at once (Zen 4): what the cache held of it would be gone before the next kernel came back to its start.
const LARGE: usize = 32 << 20;

/// Whether a result of so many bytes is worth writing past the caches.
pub(crate) fn pays(bytes: usize) -> bool {
    bytes >= LARGE
}

/// Whether a place begins a line.
pub(crate) fn begins_line<T>(place: *mut T) -> bool {
    place.addr().is_multiple_of(LINE)
}

/// Makes what this thread has written past the caches visible to whoever learns from it that it is there.
pub(crate) fn settle() {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: every x86-64 has the fence, as newer compilers know.
    #[allow(unused_unsafe)]
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

/// Stores of one instruction set.
pub(crate) trait Store {
    /// Whether some write whole lines, or halves of them, past the caches.
    const HAS_LINES: bool;

    /// Copies whole lines, past the caches if there are such stores.
    ///
    /// # Safety
    /// The processor has the instructions, and `len` bytes, whole lines of which the destination's begin lines, can be read
    /// and written. Nobody reads or writes the destination before this thread has called [`settle`].
    unsafe fn copy_lines(src: *const u8, dst: *mut u8, len: usize);

    /// Writes whole lines, past the caches if there are such stores.
    ///
    /// # Safety
    /// As of [`copy_lines`](Self::copy_lines), of the values.
    #[inline(always)]
    unsafe fn write<T: Copy, const N: usize>(first: *mut [T; N], values: [T; N]) {
        const { assert!(size_of::<[T; N]>().is_multiple_of(LINE)) };
        let (src, len) = (&raw const values, size_of_val(&values));
        // SAFETY: by the caller's promise.
        unsafe { Self::copy_lines(src.cast(), first.cast(), len) };
    }
}

/// What the target triple guarantees: quarters of lines, which past the caches are slower than whole ones through them.
pub(crate) struct Baseline;

impl Store for Baseline {
    const HAS_LINES: bool = false;

    #[inline(always)]
    unsafe fn copy_lines(src: *const u8, dst: *mut u8, len: usize) {
        // SAFETY: by the caller's promise.
        unsafe { src.copy_to_nonoverlapping(dst, len) };
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512, copy};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{LINE, Store};
    use std::arch::x86_64::{
        __m256i, __m512i, _mm256_loadu_si256, _mm256_stream_si256, _mm512_loadu_si512,
        _mm512_stream_si512,
    };

    /// Whole lines.
    pub(crate) struct Avx512;

    /// Halves of lines.
    pub(crate) struct Avx2;

    impl Store for Avx512 {
        const HAS_LINES: bool = true;

        #[inline(always)]
        unsafe fn copy_lines(src: *const u8, dst: *mut u8, len: usize) {
            // SAFETY: by the caller's promise.
            unsafe { lines(src, dst, len) };
        }
    }

    impl Store for Avx2 {
        const HAS_LINES: bool = true;

        #[inline(always)]
        unsafe fn copy_lines(src: *const u8, dst: *mut u8, len: usize) {
            // SAFETY: by the caller's promise.
            unsafe { half_lines(src, dst, len) };
        }
    }

    /// # Safety
    /// `len` bytes, whole lines of which the destination's begin lines, can be read and written; see [`Store::copy_lines`].
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn lines(src: *const u8, dst: *mut u8, len: usize) {
        for at in (0..len).step_by(LINE) {
            // SAFETY: a line of both places.
            unsafe {
                let line: __m512i = _mm512_loadu_si512(src.add(at).cast());
                _mm512_stream_si512(dst.add(at).cast(), line);
            }
        }
    }

    /// # Safety
    /// As of [`lines`].
    #[inline]
    #[target_feature(enable = "avx")]
    unsafe fn half_lines(src: *const u8, dst: *mut u8, len: usize) {
        for at in (0..len).step_by(LINE / 2) {
            // SAFETY: half a line of both places.
            unsafe {
                let half: __m256i = _mm256_loadu_si256(src.add(at).cast());
                _mm256_stream_si256(dst.add(at).cast(), half);
            }
        }
    }

    /// Copies bytes past the caches.
    ///
    /// # Safety
    /// `len` bytes can be read and written, and the two places are apart. Nobody reads or writes the destination before this
    /// thread has called [`settle`](super::settle).
    pub(crate) unsafe fn copy(src: *const u8, dst: *mut u8, len: usize) {
        let can = cfg!(not(miri)) && is_x86_feature_detected!("avx");
        let head = if can {
            dst.align_offset(LINE).min(len)
        } else {
            len
        };
        let lines = (len - head) / LINE * LINE;
        let rest = head + lines;
        // SAFETY: three neighbouring parts of both places, the second of whole lines, of which there are none without AVX.
        unsafe {
            src.copy_to_nonoverlapping(dst, head);
            if lines > 0 {
                half_lines(src.add(head), dst.add(head), lines);
            }
            src.add(rest)
                .copy_to_nonoverlapping(dst.add(rest), len - rest);
        }
    }
}

/// Copies bytes.
///
/// # Safety
/// `len` bytes can be read and written, and the two places are apart.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) unsafe fn copy(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: by the caller's promise.
    unsafe { src.copy_to_nonoverlapping(dst, len) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes three blocks between others.
    fn check<S: Store>() {
        const BLOCK: usize = 32;
        #[repr(align(64))]
        struct Lines([[i64; BLOCK]; 5]);
        let mut lines = Lines([[-1; BLOCK]; 5]);
        for (at, block) in lines.0[1..4].iter_mut().enumerate() {
            let values = std::array::from_fn(|k| (at * BLOCK + k) as i64);
            // SAFETY: the caller has asked the processor, and every block begins a line.
            unsafe { S::write(block, values) };
        }
        settle();
        let all = lines.0.as_flattened();
        let expected = |at: usize| match at.wrapping_sub(BLOCK) {
            written if written < 3 * BLOCK => written as i64,
            _ => -1,
        };
        assert!((0..all.len()).all(|at| all[at] == expected(at)));
    }

    #[test]
    fn lines_written_past_the_caches_hold_their_values() {
        check::<Baseline>();
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        {
            if is_x86_feature_detected!("avx2") {
                check::<Avx2>();
            }
            if is_x86_feature_detected!("avx512f") {
                check::<Avx512>();
            }
        }
    }

    #[test]
    fn every_byte_is_copied_and_none_beside_them() {
        let src: Vec<u8> = (0..=255).cycle().take(500).collect();
        for start in 0..130 {
            for len in [0, 1, 5, 63, 64, 65, 127, 128, 200, 300] {
                let mut dst = vec![7; 500];
                // SAFETY: both lie within their vectors.
                unsafe { copy(src.as_ptr().add(3), dst.as_mut_ptr().add(start), len) };
                settle();
                assert_eq!(dst[start..start + len], src[3..3 + len]);
                let beside = dst[..start].iter().chain(&dst[start + len..]);
                assert!(beside.into_iter().all(|&byte| byte == 7));
            }
        }
    }
}
