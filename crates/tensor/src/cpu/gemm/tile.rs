//! The micro-kernel: a tile of the destination, held in registers over a block of the depth.
#![allow(unsafe_code)] // Raw panels, and instructions behind run-time detection.

use super::lanes::Lanes;
use super::operands::{RowNorm, Store};
use crate::prim::Activation;

/// Arguments of a tile kernel of `ROWS` rows and `VECTORS` registers of `LEN` columns.
///
/// The kernel requires `left` to hold `depth * ROWS` values, every step of `right` `LEN` values
/// per register, the destination `ROWS` rows of `columns` values, `row_norm` and `row_bias` (unless null) `ROWS`
/// values and `column_bias` (unless null) `columns`.
pub(super) struct Tile {
    pub(super) depth: usize,
    /// Packed `[depth][ROWS]`.
    pub(super) left: *const f32,
    pub(super) right: Columns,
    pub(super) dst: *mut f32,
    pub(super) dst_stride: isize,
    pub(super) columns: usize,
    pub(super) store: Store,
    pub(super) row_norm: RowNorm,
    pub(super) row_bias: *const f32,
    pub(super) column_bias: *const f32,
    pub(super) activation: Activation,
}

/// Most registers a tile is wide, on any machine.
pub(super) const MAX_VECTORS: usize = 3;

/// The right operand of a tile.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    /// Where each register's first step lies: one panel packed `[depth][VECTORS * LEN]`, zero
    /// beyond the columns, or anywhere in the operand.
    pub(super) registers: [*const f32; MAX_VECTORS],
    /// Offset of every step in the operand; not read for packed panels.
    pub(super) steps: *const i32,
}

/// What a step of the depth adds to a sum.
///
/// # Safety
///
/// As for [`Lanes`].
pub(super) trait Step<L> {
    unsafe fn add(sum: L, left: L, right: L) -> L;
}

/// A step of one product.
pub(super) struct Single;

impl<L: Lanes> Step<L> for Single {
    #[inline(always)]
    unsafe fn add(sum: L, left: L, right: L) -> L {
        // SAFETY: the caller has the instruction set.
        unsafe { left.mul_add(right, sum) }
    }
}

/// Multiplies the panels; sums over the depth run in order, from zero, for every element, so a
/// value does not depend on the tile it falls in.
///
/// # Safety
///
/// The contract of [`Tile`], and the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn multiply<
    L: Lanes,
    S: Step<L>,
    const ROWS: usize,
    const VECTORS: usize,
    const LISTED: bool,
>(
    tile: &Tile,
) {
    // SAFETY: all offsets stay within the sizes the contract of `Tile` states; `columns` limits
    // the loads and stores of the destination.
    unsafe {
        // The destination's lines arrive while the sums are computed.
        for r in 0..ROWS {
            for v in 0..VECTORS {
                L::prefetch(
                    tile.dst
                        .wrapping_offset(r as isize * tile.dst_stride)
                        .wrapping_add(v * L::LEN),
                );
            }
        }
        let mut acc = [[L::zero(); VECTORS]; ROWS];
        let mut left = tile.left;
        let mut step = 0;
        // Unrolled, because counting takes slots of the ports that multiply.
        while step + UNROLL <= tile.depth {
            for u in 0..UNROLL {
                let right = load_columns::<L, VECTORS, LISTED>(&tile.right, step + u);
                multiply_step::<L, S, ROWS, VECTORS>(left.add(u * ROWS), right, &mut acc);
            }
            left = left.add(UNROLL * ROWS);
            step += UNROLL;
        }
        while step < tile.depth {
            let right = load_columns::<L, VECTORS, LISTED>(&tile.right, step);
            multiply_step::<L, S, ROWS, VECTORS>(left, right, &mut acc);
            left = left.add(ROWS);
            step += 1;
        }
        // One short pass per step: each unrolls completely, so the sums never leave registers.
        let mut counts = [0; VECTORS];
        for v in 0..VECTORS {
            counts[v] = tile.columns.saturating_sub(v * L::LEN).min(L::LEN);
        }
        if tile.store == Store::Accumulate {
            for r in 0..ROWS {
                let dst = tile.dst.offset(r as isize * tile.dst_stride);
                for v in 0..VECTORS {
                    acc[r][v] =
                        acc[r][v].add(L::load_first(dst.wrapping_add(v * L::LEN), counts[v]));
                }
            }
        }
        if !tile.row_norm.mean.is_null() {
            for r in 0..ROWS {
                let mean = L::splat(*tile.row_norm.mean.add(r));
                let scale = L::splat(*tile.row_norm.scale.add(r));
                for v in 0..VECTORS {
                    acc[r][v] = acc[r][v].sub(mean).mul(scale);
                }
            }
        }
        if !tile.row_bias.is_null() {
            for r in 0..ROWS {
                let bias = L::splat(*tile.row_bias.add(r));
                for v in 0..VECTORS {
                    acc[r][v] = acc[r][v].add(bias);
                }
            }
        }
        if !tile.column_bias.is_null() {
            for v in 0..VECTORS {
                let bias = L::load_first(tile.column_bias.wrapping_add(v * L::LEN), counts[v]);
                for r in 0..ROWS {
                    acc[r][v] = acc[r][v].add(bias);
                }
            }
        }
        if tile.activation == Activation::Relu {
            for r in 0..ROWS {
                for v in 0..VECTORS {
                    acc[r][v] = acc[r][v].relu();
                }
            }
        }
        for r in 0..ROWS {
            let dst = tile.dst.offset(r as isize * tile.dst_stride);
            for v in 0..VECTORS {
                acc[r][v].store_first(dst.wrapping_add(v * L::LEN), counts[v]);
            }
        }
    }
}

/// Steps of the depth between two looks at the loop counter.
const UNROLL: usize = 4;

/// The registers of one step.
#[inline(always)]
unsafe fn load_columns<L: Lanes, const VECTORS: usize, const LISTED: bool>(
    right: &Columns,
    step: usize,
) -> [L; VECTORS] {
    // SAFETY: the operand holds this step's values.
    unsafe {
        let mut values = [L::zero(); VECTORS];
        for v in 0..VECTORS {
            values[v] = if LISTED {
                L::load(right.registers[v].offset(*right.steps.add(step) as isize))
            } else {
                L::load(right.registers[0].add((step * VECTORS + v) * L::LEN))
            };
        }
        values
    }
}

/// Adds one step of the depth.
#[inline(always)]
unsafe fn multiply_step<L: Lanes, S: Step<L>, const ROWS: usize, const VECTORS: usize>(
    left: *const f32,
    right: [L; VECTORS],
    acc: &mut [[L; VECTORS]; ROWS],
) {
    // SAFETY: the caller's panel holds a step of `ROWS` values here.
    unsafe {
        for r in 0..ROWS {
            let factor = L::splat(*left.add(r));
            for v in 0..VECTORS {
                acc[r][v] = S::add(acc[r][v], factor, right[v]);
            }
        }
    }
}
