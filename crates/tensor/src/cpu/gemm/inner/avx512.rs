//! Tiles of inner products on AVX-512: up to 4 x 4 sums, a register of partial ones each.
#![allow(unsafe_code)] // Vector instructions behind run-time detection.

use std::arch::x86_64::*;

use super::{LANES, SIDE, Tile};
use crate::cpu::gemm::operands::Store;
use crate::prim::Activation;

pub(super) static KERNELS: super::Kernels =
    [[tile::<3, 3>, tile::<3, 4>], [tile::<4, 3>, tile::<4, 4>]];

/// # Safety
///
/// As [`Tile`] states for `ROWS` rows and `COLUMNS` columns, on a machine with the instruction set.
// Without VL only half the registers are used.
#[target_feature(enable = "avx512f,avx512vl")]
unsafe fn tile<const ROWS: usize, const COLUMNS: usize>(tile: &Tile) {
    // SAFETY: the caller's contract; the last registers are masked.
    unsafe {
        let mut partial = [_mm512_setzero_ps(); SIDE * SIDE];
        for step in (0..tile.depth).step_by(LANES) {
            let mut left = [_mm512_setzero_ps(); ROWS];
            for r in 0..ROWS {
                left[r] = _mm512_loadu_ps(tile.left.offset(r as isize * tile.row_stride).add(step));
            }
            for c in 0..COLUMNS {
                let right = tile.right.offset(c as isize * tile.column_stride).add(step);
                let right = _mm512_loadu_ps(right);
                for r in 0..ROWS {
                    let sum = &mut partial[SIDE * r + c];
                    *sum = _mm512_fmadd_ps(left[r], right, *sum);
                }
            }
        }
        let sums = sums(partial);
        let columns = (1u8 << COLUMNS) - 1;
        for r in 0..ROWS {
            let dst = tile.dst.offset(r as isize * tile.dst_stride);
            let mut row = quarter(sums, r);
            if tile.store == Store::Accumulate {
                row = _mm_add_ps(row, _mm_maskz_loadu_ps(columns, dst));
            }
            if !tile.row_bias.is_null() {
                row = _mm_add_ps(row, _mm_set1_ps(*tile.row_bias.add(r)));
            }
            if !tile.column_bias.is_null() {
                row = _mm_add_ps(row, _mm_maskz_loadu_ps(columns, tile.column_bias));
            }
            if tile.activation == Activation::Relu {
                // `maxps` returns its second operand when one is a NaN.
                row = _mm_max_ps(_mm_setzero_ps(), row);
            }
            _mm_mask_storeu_ps(dst, columns, row);
        }
    }
}

/// The sum of each register's values: that of register `i` in lane `i`.
#[target_feature(enable = "avx512f,avx512vl")]
fn sums(partial: [__m512; 16]) -> __m512 {
    // Halves, then quarters, of four registers to one.
    let mut quarters = [_mm512_setzero_ps(); 4];
    for (i, quarter) in quarters.iter_mut().enumerate() {
        let halves = |a: __m512, b: __m512| {
            _mm512_add_ps(
                _mm512_shuffle_f32x4::<0x44>(a, b),
                _mm512_shuffle_f32x4::<0xee>(a, b),
            )
        };
        let (a, b) = (
            halves(partial[i], partial[4 + i]),
            halves(partial[8 + i], partial[12 + i]),
        );
        *quarter = _mm512_add_ps(
            _mm512_shuffle_f32x4::<0x88>(a, b),
            _mm512_shuffle_f32x4::<0xdd>(a, b),
        );
    }
    // Quarter `j` of register `i` has partial sums of register `4 j + i`.
    let pairs = |a: __m512, b: __m512| {
        _mm512_castps_pd(_mm512_add_ps(
            _mm512_unpacklo_ps(a, b),
            _mm512_unpackhi_ps(a, b),
        ))
    };
    let (a, b) = (
        pairs(quarters[0], quarters[1]),
        pairs(quarters[2], quarters[3]),
    );
    _mm512_add_ps(
        _mm512_castpd_ps(_mm512_unpacklo_pd(a, b)),
        _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)),
    )
}

/// Four lanes of a register.
#[target_feature(enable = "avx512f,avx512vl")]
fn quarter(register: __m512, index: usize) -> __m128 {
    match index {
        0 => _mm512_castps512_ps128(register),
        1 => _mm512_extractf32x4_ps::<1>(register),
        2 => _mm512_extractf32x4_ps::<2>(register),
        _ => _mm512_extractf32x4_ps::<3>(register),
    }
}
