//! Splitting independent work over threads. What a piece computes never depends on where the
//! pieces begin, so the number of threads changes no result.

use std::ops::Range;

use rayon::prelude::*;

use crate::threads;

/// Elements read or written below which another thread costs more than it saves.
const GRAIN: usize = 1 << 16;

/// Items per piece, or `None` if all of them are to run here.
fn piece(count: usize, cost: usize) -> Option<usize> {
    let worth = count > 1 && count.saturating_mul(cost) >= 2 * GRAIN;
    (worth && threads::num_threads() > 1).then(|| (GRAIN / cost.max(1)).max(1))
}

/// Runs `task` on ranges that cover `0..count`; an item touches about `cost` elements.
pub(crate) fn ranges(count: usize, cost: usize, task: impl Fn(Range<usize>) + Sync) {
    match piece(count, cost) {
        None => task(0..count),
        Some(piece) => threads::split(|| {
            (0..count.div_ceil(piece))
                .into_par_iter()
                .for_each(|index| task(index * piece..count.min((index + 1) * piece)));
        }),
    }
}

/// Runs `task` on every `size` elements of `out` (fewer in the last piece) and their number; each
/// touches about `cost` elements.
pub(crate) fn chunks<T: Send>(
    out: &mut [T],
    size: usize,
    cost: usize,
    task: impl Fn(usize, &mut [T]) + Sync,
) {
    if size == 0 {
        return;
    }
    match piece(out.len().div_ceil(size), cost) {
        None => out
            .chunks_mut(size)
            .enumerate()
            .for_each(|(index, chunk)| task(index, chunk)),
        Some(piece) => threads::split(|| {
            out.par_chunks_mut(size)
                .with_min_len(piece)
                .enumerate()
                .for_each(|(index, chunk)| task(index, chunk));
        }),
    }
}
