//! The transforms to operands of products of `bf16`: computed in f32, then two channels rounded side by side.
#![allow(unsafe_code)] // Raw views, and vector instructions behind run-time detection.

use half::bf16;

use super::rows::{ACROSS, Rows, column, store_column};
use super::side::{MAX_POINTS, Side};
use super::tiles::{
    CHANNELS_AHEAD, Filters, MAX_RUNS, Reading, SourceTiles, TAPS, source_lines, transform_filter,
};
use crate::cpu::gemm::lanes::MAX_LANES;
use crate::cpu::gemm::pairs::Pairs;

/// # Safety
///
/// As for those of f32.
#[inline(always)]
pub(crate) unsafe fn transform_filters<S: Side, L: Pairs>(filters: &Filters) {
    let Filters {
        rows, depth, dst, ..
    } = *filters;
    let mut taps = [0f32; TAPS * MAX_LANES];
    for step in (0..depth).step_by(2) {
        // SAFETY: the contract above.
        unsafe {
            let first = transform_filter::<S, L>(filters, step, &mut taps);
            let second = match step + 1 < depth {
                true => transform_filter::<S, L>(filters, step + 1, &mut taps),
                false => [[L::zero(); MAX_POINTS]; MAX_POINTS],
            };
            for y in 0..S::POINTS {
                for x in 0..ACROSS {
                    let both = first[y][x].pair(second[y][x]);
                    let place = (ACROSS * y + x) * filters.point + step / 2 * rows;
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
pub(crate) unsafe fn transform_source<S: Side, L: Pairs>(tiles: &SourceTiles<bf16>) {
    let mut readings = [Reading::default(); MAX_RUNS];
    for (reading, run) in readings.iter_mut().zip(tiles.runs) {
        *reading = Reading::new::<S, L, bf16>(tiles, run);
    }
    let plane = tiles.size[0] * tiles.size[1];
    for channel in (0..tiles.channels).step_by(2) {
        for (reading, run) in readings.iter().zip(tiles.runs) {
            // SAFETY: masks keep loads to pixels of the image, and counts stores to the tiles.
            unsafe {
                let src = tiles.src.add(channel * plane);
                let ahead = src.wrapping_add(CHANNELS_AHEAD * plane);
                reading.ask::<L, bf16>(ahead);
                reading.ask::<L, bf16>(ahead.wrapping_add(plane));
                let first = source_lines::<S, L, bf16, true>(reading, src);
                let second = match channel + 1 < tiles.channels {
                    true => source_lines::<S, L, bf16, true>(reading, src.add(plane)),
                    false => [[L::zero(); ACROSS]; MAX_POINTS],
                };
                let dst = tiles.dst.add(channel / 2 * tiles.width + run.position);
                let both = [&first, &second];
                store_pairs::<S, L>(both, 0, dst, tiles.point, run.count);
                store_pairs::<S, L>(both, 1, dst, tiles.point, run.count);
                store_pairs::<S, L>(both, 2, dst, tiles.point, run.count);
                store_pairs::<S, L>(both, 3, dst, tiles.point, run.count);
            }
        }
    }
}

/// Transforms a column of two channels' rows and writes its points.
#[inline(always)]
unsafe fn store_pairs<S: Side, L: Pairs>(
    rows: [&Rows<L>; 2],
    x: usize,
    dst: *mut f32,
    point: usize,
    count: usize,
) {
    // SAFETY: the caller has the instruction set, and room for the points.
    unsafe {
        let first = S::spread_source(column(rows[0], x));
        let second = S::spread_source(column(rows[1], x));
        let mut both = [L::zero(); MAX_POINTS];
        for y in 0..S::POINTS {
            both[y] = first[y].pair(second[y]);
        }
        store_column::<S, L>(both, x, dst, point, count);
    }
}
