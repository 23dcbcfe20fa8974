//! Copies between layouts, conversions between dtypes, and filling.
#![allow(unsafe_code)] // Operands are reached through pointers, since they may coincide.

use super::convert::row_copy;
use super::job::{GRAIN, Place, each};
use super::plan::{Plan, Strides, runs};
use crate::cpu::past_caches;
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::{DType, Scalar};
use std::mem::MaybeUninit;

/// Side of the square that a transposition moves through cache at a time.
const TILE: usize = 32;
/// Elements of a row from which on most of its lines are whole ones.
const LONG: usize = 1024;
/// The most elements of a small operand, for which the order of reading does not matter.
const SMALL: usize = 8 * 1024;

/// `y = x`, converted to the dtype of `y`.
pub(super) fn cast(y: Place<'_>, x: Place<'_>) {
    let plan = Plan::new(y.layout, [x.layout]);
    if plan.numel > 0 {
        move_elements(&plan, &plan.inputs[0], x, &plan.output, y);
    }
}

/// Every element of `y` set to `value`.
pub(super) fn fill(y: Place<'_>, value: Scalar) {
    match value {
        Scalar::Int(exact) => spread((&raw const exact).cast(), DType::I64, y),
        other => {
            let float = other.to_f64();
            spread((&raw const float).cast(), DType::F64, y);
        }
    }
}

/// Every element of `y` set to the one at `value`.
fn spread(value: *const u8, dtype: DType, y: Place<'_>) {
    if y.layout.numel() == 1 {
        // A number beside a tensor, as most fills are, needs no plan.
        // SAFETY: both are one element of their dtype.
        return unsafe { row_copy(dtype, y.dtype)(value, 1, y.first, 1, 1) };
    }
    let x = Place {
        first: value.cast_mut(),
        layout: &Layout::contiguous(&[]),
        dtype,
    };
    cast(y, x);
}

impl<const N: usize> Plan<N> {
    /// A dense copy of a large input that lies across the order of the walk: reading it in that
    /// order would touch a cache line per element.
    pub(super) fn turned(&self, i: usize, x: Place<'_>) -> Option<HostMemory> {
        transposed_dim(&self.dims, &self.inputs[i]).filter(|_| self.numel > SMALL)?;
        let memory = HostMemory::new(self.numel * x.dtype.size());
        let y = Place {
            first: memory.as_ptr(),
            ..x
        };
        move_elements(self, &self.inputs[i], x, &self.dense_strides(), y);
        Some(memory)
    }

    /// The strides of an operand that lies in the order of the walk.
    pub(super) fn dense_strides(&self) -> Strides {
        crate::layout::contiguous_strides(&self.dims)
    }
}

/// The dim along which an operand is dense, if that is not the innermost one and both are long
/// enough for tiles to pay.
fn transposed_dim(dims: &[usize], strides: &[isize]) -> Option<usize> {
    let last = dims.len() - 1;
    let across = !(-1..=1).contains(&strides[last]) && dims[last] >= 8;
    (0..last).find(|&d| across && strides[d] == 1 && dims[d] >= 8)
}

/// A source and a destination with their strides along the dims.
struct Move<'a> {
    dims: &'a [usize],
    src: *const u8,
    from: &'a [isize],
    dst: *mut u8,
    to: &'a [isize],
    dtypes: (DType, DType),
}

// SAFETY: tasks write disjoint elements; the funnel keeps other users of the buffers out.
unsafe impl Sync for Move<'_> {}

fn move_elements<const N: usize>(
    plan: &Plan<N>,
    from: &[isize],
    x: Place<'_>,
    to: &[isize],
    y: Place<'_>,
) {
    let dtypes = (x.dtype, y.dtype);
    let pair = Move {
        dims: &plan.dims,
        src: x.first,
        from,
        dst: y.first,
        to,
        dtypes,
    };
    match (transposed_dim(&plan.dims, from), x.dtype.size()) {
        (Some(dim), 1) if x.dtype == y.dtype => pair.transpose::<u8>(dim),
        (Some(dim), 2) if x.dtype == y.dtype => pair.transpose::<u16>(dim),
        (Some(dim), 4) if x.dtype == y.dtype => pair.transpose::<u32>(dim),
        (Some(dim), 8) if x.dtype == y.dtype => pair.transpose::<u64>(dim),
        _ => pair.copy(plan.numel),
    }
}

impl Move<'_> {
    /// Row by row.
    fn copy(&self, numel: usize) {
        let last = self.dims.len() - 1;
        let (from, to) = (self.from[last], self.to[last]);
        let copy = row_copy(self.dtypes.0, self.dtypes.1);
        let sizes = (self.dtypes.0.size() as isize, self.dtypes.1.size() as isize);
        let past_caches = self.dtypes.0 == self.dtypes.1
            && (from, to) == (1, 1)
            && !std::ptr::eq(self.src, self.dst)
            && self.dims[last] >= LONG
            && past_caches::pays(numel * self.dtypes.1.size());
        each(numel.div_ceil(GRAIN), &|task| {
            let start = task * GRAIN;
            let len = GRAIN.min(numel - start);
            runs(
                self.dims,
                [self.from, self.to],
                start,
                len,
                |[src, dst], run| {
                    // SAFETY: the dims and strides stay within both operands.
                    unsafe {
                        let (src, dst) = (
                            self.src.offset(src * sizes.0),
                            self.dst.offset(dst * sizes.1),
                        );
                        if past_caches {
                            past_caches::copy(src, dst, run * sizes.1 as usize);
                        } else {
                            copy(src, from, dst, to, run);
                        }
                    }
                },
            );
            if past_caches {
                past_caches::settle();
            }
        });
    }

    /// Tile by tile: read along `dim`, where the source is dense, and written along the innermost
    /// dim. `T` is any type of the elements' size.
    fn transpose<T: Copy>(&self, dim: usize) {
        let last = self.dims.len() - 1;
        let (rows, columns) = (self.dims[dim], self.dims[last]);
        let mut steps = [Strides::from_slice(self.from), Strides::from_slice(self.to)];
        let mut grid: smallvec::SmallVec<[usize; 6]> = self.dims.into();
        for d in [dim, last] {
            grid[d] = self.dims[d].div_ceil(TILE);
            steps
                .iter_mut()
                .for_each(|strides| strides[d] *= TILE as isize);
        }
        let count: usize = grid.iter().product();
        let inside: usize = grid[dim + 1..].iter().product();
        let per_task = GRAIN / (TILE * TILE);
        each(count.div_ceil(per_task), &|task| {
            let mut at = task * per_task;
            let len = per_task.min(count - at);
            runs(&grid, [&steps[0], &steps[1]], at, len, |[src, dst], run| {
                for i in 0..run as isize {
                    let (row, column) = (at / inside % grid[dim] * TILE, at % grid[last] * TILE);
                    let size = (TILE.min(rows - row), TILE.min(columns - column));
                    // SAFETY: the tile's first element and its extent lie within both operands.
                    unsafe {
                        let src = self.src.cast::<T>().offset(src + i * steps[0][last]);
                        let dst = self.dst.cast::<T>().offset(dst + i * steps[1][last]);
                        tile(
                            src,
                            self.from[last],
                            dst,
                            (self.to[dim], self.to[last]),
                            size,
                        );
                    }
                    at += 1;
                }
            });
        });
    }
}

/// Moves one tile of `rows` by `columns`: in along the rows' dim, out along the columns'.
///
/// # Safety
/// Both places hold the tile at the given strides, of which the source's is 1 along the rows' dim.
unsafe fn tile<T: Copy>(
    src: *const T,
    src_column: isize,
    dst: *mut T,
    (dst_row, dst_column): (isize, isize),
    (rows, columns): (usize, usize),
) {
    let mut tile = MaybeUninit::<[T; TILE * TILE]>::uninit();
    let tile = tile.as_mut_ptr().cast::<T>();
    for c in 0..columns {
        // SAFETY: column `c` of the source goes to row `c` of the tile.
        unsafe {
            let column = src.offset(c as isize * src_column);
            column.copy_to_nonoverlapping(tile.add(c * TILE), rows);
        }
    }
    for r in 0..rows {
        // SAFETY: column `r` of the tile was filled above and goes to row `r` of the destination.
        unsafe {
            let (from, to) = (tile.add(r), dst.offset(r as isize * dst_row));
            for c in 0..columns {
                to.offset(c as isize * dst_column)
                    .write(from.add(c * TILE).read());
            }
        }
    }
}
