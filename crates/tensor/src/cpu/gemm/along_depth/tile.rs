//! A tile of a product along the depth: a register of partial sums for each row and column.
#![allow(unsafe_code)] // Vector instructions behind run-time detection.

use std::arch::x86_64::*;

use crate::cpu::gemm::avx512::F32x16;
use crate::cpu::gemm::lanes::Lanes;
use crate::cpu::gemm::operands::Store;
use crate::cpu::gemm::sides::Output;
use crate::prim::Activation;

/// Most rows and columns of a tile.
pub(super) const SIDE: usize = 4;

/// Steps of a register.
pub(super) const LANES: usize = F32x16::LEN;

/// Arguments of a kernel: rows of the left operand times columns of the right one, into where the output begins.
///
/// The kernel requires that every row and column holds `depth` values, which are whole registers, that the output and what is
/// added to it are valid for these rows and columns, and AVX-512 F.
pub(super) struct Tile {
    pub(super) left: *const f32,
    pub(super) row_stride: isize,
    pub(super) right: *const f32,
    pub(super) column_stride: isize,
    pub(super) depth: usize,
    /// As many values that will be read later, or null.
    pub(super) ahead: *const f32,
    pub(super) output: Output,
}

/// `[rows - 3][columns - 3]`.
pub(super) static KERNELS: [[unsafe fn(&Tile); 2]; 2] = [
    [multiply::<3, 3>, multiply::<3, 4>],
    [multiply::<4, 3>, multiply::<4, 4>],
];

#[target_feature(enable = "avx512f")]
unsafe fn multiply<const ROWS: usize, const COLUMNS: usize>(tile: &Tile) {
    let output = &tile.output;
    // SAFETY: the contract of [`Tile`]; loads and stores of sums and biases are masked.
    unsafe {
        let mut partial = [[F32x16::zero(); SIDE]; SIDE];
        for step in (0..tile.depth).step_by(LANES) {
            // One line at a time: as many as a panel has are more than a core can wait for.
            if !tile.ahead.is_null() {
                F32x16::prefetch(tile.ahead.wrapping_add(step));
            }
            let mut left = [F32x16::zero(); ROWS];
            for r in 0..ROWS {
                let row = tile.left.offset(r as isize * tile.row_stride);
                left[r] = F32x16::load(row.add(step));
            }
            for c in 0..COLUMNS {
                let column = tile.right.offset(c as isize * tile.column_stride);
                let right = F32x16::load(column.add(step));
                for r in 0..ROWS {
                    partial[r][c] = left[r].mul_add(right, partial[r][c]);
                }
            }
        }
        let sums = add_up(partial);
        for r in 0..ROWS {
            let dst = output.ptr.offset(r as isize * output.row_stride);
            let mut row = sums[r];
            if output.store == Store::Accumulate {
                row = row.add(F32x16::load_first(dst, COLUMNS));
            }
            if !output.row_bias.is_null() {
                row = row.add(F32x16::splat(*output.row_bias.add(r)));
            }
            if !output.column_bias.is_null() {
                row = row.add(F32x16::load_first(output.column_bias, COLUMNS));
            }
            if output.activation == Activation::Relu {
                row = row.relu();
            }
            row.store_first(dst, COLUMNS);
        }
    }
}

/// The sum of each register's lanes: those of a row in its first lanes.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_up(partial: [[F32x16; SIDE]; SIDE]) -> [F32x16; SIDE] {
    // Halves, then quarters: of a column's four registers to one, whose quarter `r` is of row `r`.
    let mut columns = [_mm512_setzero_ps(); SIDE];
    for c in 0..SIDE {
        let halves = |a: F32x16, b: F32x16| {
            let low = _mm512_shuffle_f32x4::<0x44>(a.0, b.0);
            _mm512_add_ps(low, _mm512_shuffle_f32x4::<0xee>(a.0, b.0))
        };
        let a = halves(partial[0][c], partial[1][c]);
        let b = halves(partial[2][c], partial[3][c]);
        let even = _mm512_shuffle_f32x4::<0x88>(a, b);
        columns[c] = _mm512_add_ps(even, _mm512_shuffle_f32x4::<0xdd>(a, b));
    }
    // Pairs of lanes, then the pairs: of four columns to one register.
    let pairs = |a: __m512, b: __m512| {
        let sums = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        _mm512_castps_pd(sums)
    };
    let a = pairs(columns[0], columns[1]);
    let b = pairs(columns[2], columns[3]);
    let low = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
    let sums = _mm512_add_ps(low, _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
    [
        F32x16(sums),
        F32x16(_mm512_shuffle_f32x4::<0x55>(sums, sums)),
        F32x16(_mm512_shuffle_f32x4::<0xaa>(sums, sums)),
        F32x16(_mm512_shuffle_f32x4::<0xff>(sums, sums)),
    ]
}
