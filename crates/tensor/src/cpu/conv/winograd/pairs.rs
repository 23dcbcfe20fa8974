//! The transforms to operands of products of `bf16`: computed in f32, then two channels rounded side by side.
#![allow(unsafe_code)] // Raw views, and vector instructions behind run-time detection.

use half::bf16;

use super::tiles::{
    Filters, MAX_RUNS, Reading, SourceTiles, TAPS, source_lines, spread_source, transform_filter,
};
use crate::cpu::gemm::lanes::MAX_LANES;
use crate::cpu::gemm::pairs::Pairs;

/// # Safety
///
/// As for those of f32.
#[inline(always)]
pub(crate) unsafe fn transform_filters<L: Pairs>(filters: &Filters) {
    let Filters {
        rows, depth, dst, ..
    } = *filters;
    let mut taps = [0f32; TAPS * MAX_LANES];
    for step in (0..depth).step_by(2) {
        // SAFETY: the contract above.
        unsafe {
            let first = transform_filter::<L>(filters, step, &mut taps);
            let second = match step + 1 < depth {
                true => transform_filter::<L>(filters, step + 1, &mut taps),
                false => [[L::zero(); 4]; 4],
            };
            for y in 0..4 {
                for x in 0..4 {
                    let both = first[y][x].pair(second[y][x]);
                    let place = (4 * y + x) * filters.point + step / 2 * rows;
                    both.store_first(dst.add(place), rows);
                }
            }
        }
    }
}

/// # Safety
///
/// As for that of f32; `dst` has room for half as many channels, rounded up.
#[inline(always)]
pub(crate) unsafe fn transform_source<L: Pairs>(tiles: &SourceTiles<bf16>) {
    let mut readings = [Reading::default(); MAX_RUNS];
    for (reading, run) in readings.iter_mut().zip(tiles.runs) {
        *reading = Reading::new::<L, bf16>(tiles, run);
    }
    let plane = tiles.size[0] * tiles.size[1];
    for channel in (0..tiles.channels).step_by(2) {
        for (reading, run) in readings.iter().zip(tiles.runs) {
            // SAFETY: masks keep loads to pixels of the image, and counts stores to the squares.
            unsafe {
                let src = tiles.src.add(channel * plane);
                let first = source_lines::<L, bf16, true>(reading, src);
                let second = match channel + 1 < tiles.channels {
                    true => source_lines::<L, bf16, true>(reading, src.add(plane)),
                    false => [[L::zero(); 4]; 4],
                };
                let dst = tiles.dst.add(channel / 2 * tiles.width + run.position);
                let column = |lines: &[[L; 4]; 4], x: usize| {
                    spread_source([lines[0][x], lines[1][x], lines[2][x], lines[3][x]])
                };
                for x in 0..4 {
                    let (first, second) = (column(&first, x), column(&second, x));
                    for y in 0..4 {
                        let both = first[y].pair(second[y]);
                        both.store_first(dst.add((4 * y + x) * tiles.point), run.count);
                    }
                }
            }
        }
    }
}
