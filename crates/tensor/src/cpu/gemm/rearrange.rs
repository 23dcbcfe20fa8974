//! Copies, splits and transposes of matrices with short rows, in registers.
#![allow(unsafe_code)] // Raw matrices, and instructions behind run-time detection.

use super::lanes::{Lanes, Pixel, Square};
use super::pack::prefetch_rows;

/// A matrix to copy or transpose: `rows` rows of `columns` values, `src_stride` apart;
/// `dst_stride` values lie between the rows of the result.
pub(crate) struct Matrix<S = f32, D = f32> {
    pub(crate) src: *const S,
    pub(crate) src_stride: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) dst: *mut D,
    pub(crate) dst_stride: usize,
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

/// Asks for the lines of a matrix, which need not be valid.
///
/// # Safety
///
/// The machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn fetch<L: Lanes>(matrix: &Matrix) {
    for row in 0..matrix.rows {
        let src = matrix.src.wrapping_add(row * matrix.src_stride);
        for column in (0..matrix.columns).step_by(LINE) {
            // SAFETY: a hint; the address may be anything.
            unsafe { L::prefetch(src.wrapping_add(column)) };
        }
    }
}

/// Values of a cache line.
const LINE: usize = 16;

/// Rows whose columns are to be told apart, even ones from odd ones: to each row belong `before` zeros, `columns`
/// values, and zeros up to `2 * half`.
pub(crate) struct Rows<T = f32> {
    pub(crate) src: *const T,
    pub(crate) src_stride: usize,
    pub(crate) rows: usize,
    pub(crate) before: usize,
    pub(crate) columns: usize,
    /// Rows of `half` values, the even columns, and if `odd` as many more, the odd ones.
    pub(crate) dst: *mut f32,
    pub(crate) half: usize,
    pub(crate) odd: bool,
}

/// Tells even and odd columns apart.
///
/// # Safety
///
/// Source and destination are valid for the sizes and do not overlap; the machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn split_columns<L: Lanes, P: Pixel<L>>(rows: &Rows<P>) {
    let (before, columns) = (rows.before as isize, rows.columns as isize);
    let width = if rows.odd { 2 * rows.half } else { rows.half };
    for row in 0..rows.rows {
        let src = rows.src.wrapping_add(row * rows.src_stride);
        for at in (0..rows.half).step_by(L::LEN) {
            let mask = |first: isize| {
                let within = |at: isize| at.clamp(0, L::LEN as isize) as u32;
                let below = |bits: u32| ((1u64 << bits) - 1) as u32;
                below(within(columns - first)) & !below(within(-first))
            };
            let first = 2 * at as isize - before;
            let masks = [mask(first), mask(first + L::LEN as isize)];
            // SAFETY: masks keep to the row's values; a row of the destination has `width`.
            unsafe {
                let (even, odd) = P::split(src.wrapping_offset(first), masks);
                let dst = rows.dst.add(row * width + at);
                let count = (rows.half - at).min(L::LEN);
                even.store_first(dst, count);
                if rows.odd {
                    odd.store_first(dst.add(rows.half), count);
                }
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
