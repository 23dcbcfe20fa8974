//! Copies between layouts, conversions between dtypes, and filling.
#![allow(unsafe_code)] // Operands are reached through pointers, since they may coincide.

use super::job::{GRAIN, Place};
use super::plan::{Plan, runs};
use super::stage::{CastTo, convert, with_stored};
use crate::layout::Layout;
use crate::{DType, Scalar};
use rayon::prelude::*;
use std::mem::MaybeUninit;

/// Side of the square that a transposition moves through cache at a time.
const TILE: usize = 32;

/// `y = x`, converted to the dtype of `y`.
pub(super) fn cast(y: Place<'_>, x: Place<'_>) {
    let plan = Plan::new(y.layout, [x.layout]);
    if plan.numel == 0 {
        return;
    }
    with_stored!(x.dtype, T => with_stored!(y.dtype, U => {
        let pair = Pair::<T, U> { plan, src: x.first.cast(), dst: y.first.cast() };
        match pair.transposed_dim() {
            Some(dim) => pair.transpose(dim),
            None => pair.copy(),
        }
    }));
}

/// Every element of `y` set to `value`.
pub(super) fn fill(y: Place<'_>, value: Scalar) {
    let scalar = Layout::contiguous(&[]);
    let constant = |first: *const u8, dtype| Place {
        first: first.cast_mut(),
        layout: &scalar,
        dtype,
    };
    match value {
        Scalar::Int(exact) => cast(y, constant((&raw const exact).cast(), DType::I64)),
        other => {
            let float = other.to_f64();
            cast(y, constant((&raw const float).cast(), DType::F64));
        }
    }
}

/// A source and a destination.
struct Pair<T, U> {
    plan: Plan<1>,
    src: *const T,
    dst: *mut U,
}

// SAFETY: tasks write disjoint elements; the funnel keeps other users of the buffers out.
unsafe impl<T: Sync, U: Send> Sync for Pair<T, U> {}

impl<T: CastTo<U> + Copy + Sync, U: Copy + Send> Pair<T, U> {
    /// Row by row.
    fn copy(&self) {
        let Plan {
            dims,
            output,
            inputs: [input],
            numel,
        } = &self.plan;
        let (from, to) = (input[input.len() - 1], output[output.len() - 1]);
        let task = |start: usize| {
            let len = GRAIN.min(numel - start);
            runs(dims, [input, output], start, len, |[src, dst], run| {
                // SAFETY: the plan stays within both operands.
                unsafe { convert(self.src.offset(src), from, self.dst.offset(dst), to, run) };
            });
        };
        each(numel.div_ceil(GRAIN), |i| task(i * GRAIN));
    }

    /// The dim along which the source is dense, if that is not the innermost one and both are long
    /// enough for tiles to pay.
    fn transposed_dim(&self) -> Option<usize> {
        let Plan {
            dims,
            inputs: [input],
            ..
        } = &self.plan;
        let last = dims.len() - 1;
        let long = |d: usize| dims[d] >= 8;
        (0..last).find(|&d| input[d] == 1 && input[last] != 1 && long(d) && long(last))
    }

    /// Tile by tile: read along `dim`, where the source is dense, and written along the innermost
    /// dim, where the destination is.
    fn transpose(&self, dim: usize) {
        let Plan {
            dims,
            output,
            inputs: [input],
            numel,
        } = &self.plan;
        let last = dims.len() - 1;
        let (rows, columns) = (dims[dim], dims[last]);
        let mut outer = dims.clone();
        outer[dim] = rows.div_ceil(TILE);
        outer[last] = columns.div_ceil(TILE);
        let scaled = |strides: &[isize]| {
            let mut strides: smallvec::SmallVec<[isize; 6]> = strides.into();
            strides[dim] *= TILE as isize;
            strides[last] *= TILE as isize;
            strides
        };
        let (from, to) = (scaled(input), scaled(output));
        let tiles: usize = outer.iter().product();
        let per_task = (GRAIN / (TILE * TILE)).max(1);
        let inside: usize = outer[dim + 1..].iter().product();
        let steps = (output[dim], output[last]);
        let task = |task: usize| {
            let start = task * per_task;
            let mut at = start;
            runs(
                &outer,
                [&from, &to],
                start,
                per_task.min(tiles - start),
                |[src, dst], run| {
                    for i in 0..run as isize {
                        let (row, column) =
                            (at / inside % outer[dim] * TILE, at % outer[last] * TILE);
                        let size = (TILE.min(rows - row), TILE.min(columns - column));
                        // SAFETY: the tile's first element and its extent lie within both operands.
                        unsafe {
                            let src = self.src.offset(src + i * from[last]);
                            let dst = self.dst.offset(dst + i * to[last]);
                            self.tile(src, input[last], dst, steps, size);
                        }
                        at += 1;
                    }
                },
            );
        };
        each(tiles.div_ceil(per_task), task);
    }

    /// One tile of `rows` by `columns`.
    ///
    /// # Safety
    /// Both places hold the tile at the given strides: the source is dense along the rows' dim.
    unsafe fn tile(
        &self,
        src: *const T,
        src_column: isize,
        dst: *mut U,
        (dst_row, dst_column): (isize, isize),
        (rows, columns): (usize, usize),
    ) {
        let mut tile = MaybeUninit::<[U; TILE * TILE]>::uninit();
        let tile = tile.as_mut_ptr().cast::<U>();
        for c in 0..columns {
            // SAFETY: column `c` of the source, and the row `c` of the tile.
            unsafe {
                convert(
                    src.offset(c as isize * src_column),
                    1,
                    tile.add(c * TILE),
                    1,
                    rows,
                )
            };
        }
        for r in 0..rows {
            // SAFETY: the tile's column `r` was filled above; the row `r` of the destination.
            unsafe {
                let (from, to) = (tile.add(r), dst.offset(r as isize * dst_row));
                for c in 0..columns {
                    to.offset(c as isize * dst_column)
                        .write(from.add(c * TILE).read());
                }
            }
        }
    }
}

/// Runs `count` tasks, on all threads if there are several.
fn each(count: usize, task: impl Fn(usize) + Send + Sync) {
    if count == 1 || rayon::current_num_threads() == 1 {
        (0..count).for_each(task);
    } else {
        (0..count).into_par_iter().for_each(task);
    }
}
