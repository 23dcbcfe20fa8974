//! The micro-kernel: a tile of the destination, held in registers over a block of the depth.
#![allow(unsafe_code)] // Raw panels, and instructions behind run-time detection.

use super::lanes::Lanes;
use super::operands::Store;
use crate::prim::Activation;

/// Arguments of a tile kernel of `ROWS` rows and `VECTORS` registers of `LEN` columns.
///
/// The kernel requires `left` to hold `depth * ROWS` values, `right` `depth * VECTORS * LEN`,
/// the destination `ROWS` rows of `columns` values, `row_bias` (unless null) `ROWS` values and
/// `column_bias` (unless null) `columns`.
pub(super) struct Tile {
    pub(super) depth: usize,
    /// Packed `[depth][ROWS]`.
    pub(super) left: *const f32,
    /// Packed `[depth][VECTORS * LEN]`, zero beyond `columns`.
    pub(super) right: *const f32,
    pub(super) dst: *mut f32,
    pub(super) dst_stride: isize,
    pub(super) columns: usize,
    pub(super) store: Store,
    pub(super) row_bias: *const f32,
    pub(super) column_bias: *const f32,
    pub(super) activation: Activation,
}

/// Multiplies the panels; sums over the depth run in order, from zero, for every element, so a
/// value does not depend on the tile it falls in.
///
/// # Safety
///
/// The contract of [`Tile`], and the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn multiply<L: Lanes, const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    // SAFETY: all offsets stay within the sizes the contract of `Tile` states; `columns` limits
    // the loads and stores of the destination.
    unsafe {
        let mut acc = [[L::zero(); VECTORS]; ROWS];
        let (mut left, mut right) = (tile.left, tile.right);
        for _ in 0..tile.depth {
            let mut values = [L::zero(); VECTORS];
            for v in 0..VECTORS {
                values[v] = L::load(right.add(v * L::LEN));
            }
            for r in 0..ROWS {
                let factor = L::splat(*left.add(r));
                for v in 0..VECTORS {
                    acc[r][v] = factor.mul_add(values[v], acc[r][v]);
                }
            }
            left = left.add(ROWS);
            right = right.add(VECTORS * L::LEN);
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
