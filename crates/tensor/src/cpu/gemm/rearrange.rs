//! Copies and transposes of matrices with short rows, in registers.
#![allow(unsafe_code)] // Raw matrices, and instructions behind run-time detection.

use super::lanes::{Lanes, Square};
use super::pack::prefetch_rows;

/// A matrix to copy or transpose: `rows` rows of `columns` values, `src_stride` apart;
/// `dst_stride` values lie between the rows of the result.
pub(super) struct Matrix {
    pub(super) src: *const f32,
    pub(super) src_stride: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) dst: *mut f32,
    pub(super) dst_stride: usize,
}

/// Copies short rows, which would not repay a call of `memcpy` each.
///
/// # Safety
///
/// As for [`transpose`].
#[inline(always)]
pub(super) unsafe fn copy<L: Lanes>(matrix: &Matrix) {
    let Matrix {
        src,
        src_stride,
        rows,
        columns,
        dst,
        dst_stride,
    } = *matrix;
    let whole = columns / L::LEN * L::LEN;
    for row in 0..rows {
        // SAFETY: rows and columns lie within both matrices.
        unsafe {
            let (src, dst) = (src.add(row * src_stride), dst.add(row * dst_stride));
            for at in (0..whole).step_by(L::LEN) {
                L::load(src.add(at)).store(dst.add(at));
            }
            if whole < columns {
                L::load_first(src.add(whole), columns - whole)
                    .store_first(dst.add(whole), columns - whole);
            }
        }
    }
}

/// Transposes, a square of lanes at a time.
///
/// # Safety
///
/// Source and destination are valid for the sizes and do not overlap; the machine has the
/// instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn transpose<L: Lanes>(matrix: &Matrix) {
    let Matrix {
        src,
        src_stride,
        rows,
        columns,
        dst,
        dst_stride,
    } = *matrix;
    // SAFETY: the contract above; squares are clipped to the matrix.
    unsafe {
        // Few rows at a time, all along: a processor prefetches only so many streams.
        for row in (0..rows).step_by(L::LEN) {
            let count = (rows - row).min(L::LEN);
            for column in (0..columns).step_by(L::LEN) {
                let src = src.add(row * src_stride + column);
                prefetch_rows::<L>(src, src_stride as isize, count);
                L::transpose(Square {
                    src,
                    src_stride: src_stride as isize,
                    rows: count,
                    columns: (columns - column).min(L::LEN),
                    dst: dst.add(column * dst_stride + row),
                    dst_stride,
                    width: count,
                });
            }
        }
    }
}
