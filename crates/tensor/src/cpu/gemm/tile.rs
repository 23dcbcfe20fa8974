//! The micro-kernel: a tile of the destination, held in registers over a block of the depth.
#![allow(unsafe_code)] // Raw panels, and instructions behind run-time detection.

use super::lanes::Lanes;
use super::operands::{RowNorm, Store};
use crate::prim::Activation;

/// Arguments of a tile kernel of `ROWS` rows and `VECTORS` registers of `LEN` columns.
///
/// The kernel requires `left` to hold `ROWS` values at every step, `right` `LEN` values
/// per register, the destination `ROWS` rows of `columns` values, `row_norm` and `row_bias` (unless null) `ROWS`
/// values and `column_bias` (unless null) `columns`.
pub(super) struct Tile {
    pub(super) depth: usize,
    pub(super) left: Factors,
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

/// The left operand of a tile: row `r` of step `k` lies at `first + k * step + r * row`.
#[derive(Clone, Copy)]
pub(super) struct Factors {
    pub(super) first: *const f32,
    pub(super) row: isize,
    pub(super) step: isize,
}

impl Factors {
    /// A panel packed `[depth][rows]`.
    pub(super) fn packed(first: *const f32, rows: usize) -> Self {
        Self {
            first,
            row: 1,
            step: rows as isize,
        }
    }
}

/// The right operand of a tile.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    /// Where each register's first step lies; one beside the other where steps are at equal distances.
    pub(super) registers: [*const f32; MAX_VECTORS],
    /// Between steps at equal distances.
    pub(super) step: isize,
    /// Offset of every step in the operand, or null.
    pub(super) steps: *const i32,
}

impl Columns {
    /// Columns that lie side by side, in a panel that is packed `[depth][VECTORS * LEN]`, zero beyond the columns, or
    /// where they are.
    pub(super) fn adjacent(first: *const f32, step: isize) -> Self {
        Self {
            registers: [first; MAX_VECTORS],
            step,
            steps: std::ptr::null(),
        }
    }
}

/// How a tile reads its operands.
pub(super) trait Reading {
    /// Whether both are packed panels, whose places the compiler then knows.
    const PACKED: bool = false;
    /// Whether the steps of the right one are listed; the left one is packed.
    const LISTED: bool = false;
}

/// From packed panels.
pub(super) struct Packed;

/// At equal distances.
pub(super) struct Strided;

/// The left one from a packed panel, the right one from listed places.
pub(super) struct Listed;

impl Reading for Packed {
    const PACKED: bool = true;
}

impl Reading for Strided {}

impl Reading for Listed {
    const LISTED: bool = true;
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
    R: Reading,
    const ROWS: usize,
    const VECTORS: usize,
>(
    tile: &Tile,
) {
    // SAFETY: all offsets stay within the sizes the contract of `Tile` states; `columns` limits
    // the loads and stores of the destination.
    unsafe {
        let mut acc = [[L::zero(); VECTORS]; ROWS];
        let packed = Factors::packed(tile.left.first, ROWS);
        let left = if R::PACKED || R::LISTED {
            packed
        } else {
            tile.left
        };
        let right_step = if R::PACKED {
            (VECTORS * L::LEN) as isize
        } else {
            tile.right.step
        };
        let mut factors = left.first;
        let mut columns = tile.right.registers[0];
        let mut step = 0;
        // Unrolled, because counting takes slots of the ports that multiply.
        while step + UNROLL <= tile.depth {
            if R::PACKED || R::LISTED {
                for line in (0..UNROLL * ROWS).step_by(LINE) {
                    L::prefetch(factors.wrapping_add(AHEAD + line));
                }
            }
            for u in 0..UNROLL {
                let right = load_columns::<L, R, VECTORS>(&tile.right, columns, step + u);
                multiply_step::<L, S, ROWS, VECTORS>(factors, left.row, right, &mut acc);
                factors = factors.wrapping_offset(left.step);
                columns = columns.wrapping_offset(right_step);
            }
            step += UNROLL;
        }
        while step < tile.depth {
            let right = load_columns::<L, R, VECTORS>(&tile.right, columns, step);
            multiply_step::<L, S, ROWS, VECTORS>(factors, left.row, right, &mut acc);
            factors = factors.wrapping_offset(left.step);
            columns = columns.wrapping_offset(right_step);
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

/// Values of the left operand that are asked for in advance. Where there are few columns it is read once, from memory or
/// the third-level cache, faster than the processor foresees.
const AHEAD: usize = 1024;

/// Values of a cache line.
const LINE: usize = 16;

/// Steps of the depth between two looks at the loop counter.
const UNROLL: usize = 4;

/// The registers of one step, which begin at `columns` unless they are listed.
#[inline(always)]
unsafe fn load_columns<L: Lanes, R: Reading, const VECTORS: usize>(
    right: &Columns,
    columns: *const f32,
    step: usize,
) -> [L; VECTORS] {
    // SAFETY: the operand holds this step's values.
    unsafe {
        let mut values = [L::zero(); VECTORS];
        for v in 0..VECTORS {
            values[v] = if R::LISTED {
                L::load(right.registers[v].offset(*right.steps.add(step) as isize))
            } else {
                L::load(columns.add(v * L::LEN))
            };
        }
        values
    }
}

/// Adds one step of the depth.
#[inline(always)]
unsafe fn multiply_step<L: Lanes, S: Step<L>, const ROWS: usize, const VECTORS: usize>(
    left: *const f32,
    row: isize,
    right: [L; VECTORS],
    acc: &mut [[L; VECTORS]; ROWS],
) {
    // SAFETY: the caller's operand holds a step of `ROWS` values here.
    unsafe {
        for r in 0..ROWS {
            let factor = L::splat(*left.offset(r as isize * row));
            for v in 0..VECTORS {
                acc[r][v] = S::add(acc[r][v], factor, right[v]);
            }
        }
    }
}
