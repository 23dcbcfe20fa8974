//! A tile in registers: its rows, their transforms along themselves, and columns taken out of them and written.
//!
//! Loops over registers that the compiler does not unroll would keep them in memory: so they are written out.
#![allow(unsafe_code)] // Raw views, and vector instructions behind run-time detection.

use super::side::{MAX_POINTS, MAX_RESULTS, Points, Side, Two};
use crate::cpu::gemm::lanes::Lanes;

/// Points of a row, which has two results.
pub(super) const ACROSS: usize = Two::POINTS;

/// The rows of a tile, of which the first that its height has count.
pub(super) type Rows<L> = [[L; ACROSS]; MAX_POINTS];

/// A row of the source, transformed.
#[inline(always)]
pub(super) unsafe fn spread_row<L: Lanes>([a, b, c, d]: [L; ACROSS]) -> [L; ACROSS] {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let zero = L::zero();
        let [a, b, c, d, ..] = Two::spread_source([a, b, c, d, zero, zero]);
        [a, b, c, d]
    }
}

/// Some column of rows.
#[inline(always)]
pub(super) fn column<L: Lanes>(rows: &Rows<L>, x: usize) -> Points<L> {
    [
        rows[0][x], rows[1][x], rows[2][x], rows[3][x], rows[4][x], rows[5][x],
    ]
}

/// The points of a column, read one by one.
#[inline(always)]
pub(super) unsafe fn points_of<S: Side, L: Lanes>(at: impl Fn(usize) -> L) -> Points<L> {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let high = |y: usize| if y < S::POINTS { at(y) } else { L::zero() };
        [at(0), at(1), at(2), at(3), high(4), high(5)]
    }
}

/// The rows of columns of sums, transformed along the columns.
#[inline(always)]
pub(super) unsafe fn gather_rows<S: Side, L: Lanes>(
    at: impl Fn(usize, usize) -> L,
) -> [[L; ACROSS]; MAX_RESULTS] {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let [a, b, c, d] = [
            S::gather_target(points_of::<S, L>(|y| at(y, 0))),
            S::gather_target(points_of::<S, L>(|y| at(y, 1))),
            S::gather_target(points_of::<S, L>(|y| at(y, 2))),
            S::gather_target(points_of::<S, L>(|y| at(y, 3))),
        ];
        let row = |y: usize| [a[y], b[y], c[y], d[y]];
        [row(0), row(1), row(2), row(3)]
    }
}

/// The two results of a row of sums.
#[inline(always)]
pub(super) unsafe fn gather_row<L: Lanes>([a, b, c, d]: [L; ACROSS]) -> [L; 2] {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let zero = L::zero();
        let [even, odd, ..] = Two::gather_target([a, b, c, d, zero, zero]);
        [even, odd]
    }
}

/// Writes the points of column `x`, the first `count` lanes of each.
#[inline(always)]
pub(super) unsafe fn store_column<S: Side, L: Lanes>(
    points: Points<L>,
    x: usize,
    dst: *mut f32,
    point: usize,
    count: usize,
) {
    // SAFETY: the caller has the instruction set, and room for the points.
    unsafe {
        for y in 0..S::POINTS {
            let dst = dst.add((ACROSS * y + x) * point);
            match count == L::LEN {
                true => points[y].store(dst),
                false => points[y].store_first(dst, count),
            }
        }
    }
}

/// Transforms the columns of a source's rows and writes their points.
#[inline(always)]
pub(super) unsafe fn store_columns<S: Side, L: Lanes>(
    rows: &Rows<L>,
    dst: *mut f32,
    point: usize,
    count: usize,
) {
    // SAFETY: the same contract.
    unsafe {
        store_column::<S, L>(S::spread_source(column(rows, 0)), 0, dst, point, count);
        store_column::<S, L>(S::spread_source(column(rows, 1)), 1, dst, point, count);
        store_column::<S, L>(S::spread_source(column(rows, 2)), 2, dst, point, count);
        store_column::<S, L>(S::spread_source(column(rows, 3)), 3, dst, point, count);
    }
}
