//! Splitting independent work over threads. What a piece computes never depends on where the
//! pieces begin, so the number of threads changes no result.
#![allow(unsafe_code)] // Tasks write disjoint parts of one slice.

use std::ops::Range;

use super::workspace::Shared;
use crate::threads;

/// Elements read or written below which another thread costs more than it saves.
const GRAIN: usize = 1 << 16;

/// Numbers of a line of cache, of the smallest dtype.
const LINE: usize = 64;

/// Items per piece, or `None` if all of them are to run here.
fn piece(count: usize, cost: usize) -> Option<usize> {
    let worth = count > 1 && count.saturating_mul(cost) >= 2 * GRAIN;
    (worth && threads::num_threads() > 1).then(|| equal_piece(count, (GRAIN / cost.max(1)).max(1)))
}

/// The items of a piece, about `most`, so that pieces are of one size and, if they are large, even in number: threads then
/// end together, and the next kernel gives each of them what it has in its cache.
fn equal_piece(count: usize, most: usize) -> usize {
    let pieces = count.div_ceil(most).next_multiple_of(2);
    let piece = count.div_ceil(pieces);
    // Whole lines of cache, where that is not much.
    if piece < 16 * LINE {
        piece
    } else {
        piece.next_multiple_of(LINE)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pieces_are_of_one_size_and_even_in_number() {
        // 784 x 256 parameters: the halves are those of a product's rows.
        let piece = equal_piece(200_704, 32_768);
        assert_eq!((piece, 200_704 / piece), (25_088, 8));
        for (count, most) in [(64, 21), (1_000_000, 32_768), (70_000, 65_536)] {
            let piece = equal_piece(count, most);
            let pieces = count.div_ceil(piece);
            assert!(
                piece <= most && pieces.is_multiple_of(2),
                "{pieces} of {piece}"
            );
        }
        // Of few items an odd number may be left.
        assert_eq!(equal_piece(5, 2), 2);
    }
}
