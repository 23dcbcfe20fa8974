//! Splitting independent work over threads. What a piece computes never depends on where the
//! pieces begin, so the number of threads changes no result.
#![allow(unsafe_code)] // Tasks write disjoint parts of one slice.

use std::ops::Range;

use super::workspace::Shared;
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
        Some(piece) => threads::spread(count.div_ceil(piece), &|index, _| {
            task(index * piece..count.min((index + 1) * piece));
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
    let (len, out) = (out.len(), Shared::new(out));
    ranges(len.div_ceil(size), cost, |chunks| {
        for index in chunks {
            let start = index * size;
            // SAFETY: every chunk is met once.
            task(index, unsafe { out.part(start, size.min(len - start)) });
        }
    });
}
