//! Blocks of about a mebibyte and more: cut from segments of the system's memory, and joined with their neighbours when
//! they are freed, so that what one size leaves serves another.
//!
//! A size class of its own for each would keep for activations, gradients and working memory what only they can use:
//! training resnet18 held half as much again as it ever used at once.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

/// A page that the processor finds by one entry of its table of addresses. Of small pages a large tensor has thousands,
/// and kernels that walk through channels and images would wait for where they lie.
const HUGE_PAGE: usize = 2 << 20;
/// The least length of a block.
pub(super) const LARGE: usize = 1 << 20;
/// Lengths are whole pages.
const PAGE: usize = 4096;
/// What is less than this stays with the block that it is left of.
const LEAST: usize = 64 << 10;
/// A segment is as long as half of all before it, within these bounds: few for a large program, small ones for a small
/// program. What nobody writes to takes no room.
const SEGMENT: [usize; 2] = [4 << 20, 64 << 20];

static SPACE: Mutex<Space> = Mutex::new(Space::new());

/// A run of bytes that nobody else has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub start: NonNull<u8>,
    pub len: usize,
}

// SAFETY: its bytes belong to whoever has the piece, so any thread may.
unsafe impl Send for Piece {}

impl Piece {
    fn address(&self) -> usize {
        self.start.addr().get()
    }

    fn end(&self) -> usize {
        self.address() + self.len
    }

    fn holds(&self, other: Self) -> bool {
        self.address() <= other.address() && other.end() <= self.end()
    }

    /// What is left behind the first `len` bytes.
    fn behind(self, len: usize) -> Self {
        Self {
            // SAFETY: `len` is at most the piece's own.
            start: unsafe { self.start.add(len) },
            len: self.len - len,
        }
    }
}

/// A block for `bytes` bytes out of what waits.
pub(super) fn take(bytes: usize) -> Option<Piece> {
    lock().take(whole(bytes)?)
}

/// The same out of a new segment, and the segment's length; nothing if the system has no room.
pub(super) fn fresh(bytes: usize) -> Option<(Piece, usize)> {
    lock().fresh(whole(bytes)?)
}

/// Has a block wait for the next that needs one.
pub(super) fn put(block: Piece) {
    lock().put(block);
}

/// Gives back the segments no part of which is in use; their length.
pub(super) fn trim() -> usize {
    lock().trim()
}

fn lock() -> MutexGuard<'static, Space> {
    SPACE
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Whole pages and one more: without it, equal blocks side by side would compete for the same places in caches of
/// memory and of addresses.
fn whole(bytes: usize) -> Option<usize> {
    let pages = bytes.max(LARGE).checked_next_multiple_of(PAGE)?;
    pages.checked_add(PAGE)
}

fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len, HUGE_PAGE).ok()
}

/// Asks the system for huge pages, as many as a segment fills.
#[cfg(target_os = "linux")]
fn ask_for_huge_pages(segment: Piece) {
    use std::ffi::{c_int, c_void};
    unsafe extern "C" {
        fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
    }
    const MADV_HUGEPAGE: c_int = 14;
    let len = segment.len / HUGE_PAGE * HUGE_PAGE;
    // SAFETY: the segment begins at a page and has so many bytes, none of which the advice changes. A system that can't
    // follow it says so, and nothing is lost.
    unsafe { madvise(segment.start.as_ptr().cast(), len, MADV_HUGEPAGE) };
}

/// Other systems have no such advice, or follow it unasked.
#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages(_: Piece) {}

/// Segments, the oldest first.
struct Space(Vec<Segment>);

/// What the system gave at once.
struct Segment {
    whole: Piece,
    /// By address; no two touch.
    holes: Vec<Piece>,
}

impl Space {
    const fn new() -> Self {
        Self(Vec::new())
    }

    /// The front of the first hole that is long enough: old segments are used first, and the last one's end perhaps
    /// never.
    fn take(&mut self, len: usize) -> Option<Piece> {
        self.0.iter_mut().find_map(|segment| segment.take(len))
    }

    fn fresh(&mut self, len: usize) -> Option<(Piece, usize)> {
        let held: usize = self.0.iter().map(|segment| segment.whole.len).sum();
        let generous = (held / 2 / PAGE * PAGE).clamp(SEGMENT[0], SEGMENT[1]);
        let segment = Segment::new(len.max(generous)).or_else(|| Segment::new(len))?;
        self.0.push(segment);
        let segment = self.0.last_mut().expect("it was just added");
        Some((segment.take(len)?, segment.whole.len))
    }

    fn put(&mut self, block: Piece) {
        let home = |segment: &&mut Segment| segment.whole.holds(block);
        let segment = self.0.iter_mut().find(home);
        segment.expect("a block is cut from a segment").put(block);
    }

    fn trim(&mut self) -> usize {
        let unused = self
            .0
            .extract_if(.., |segment| segment.holes == [segment.whole]);
        unused.map(Segment::give_back).sum()
    }
}

impl Segment {
    fn new(len: usize) -> Option<Self> {
        let layout = layout(len)?;
        // SAFETY: the length is not zero.
        let start = NonNull::new(unsafe { alloc(layout) })?;
        let whole = Piece { start, len };
        ask_for_huge_pages(whole);
        Some(Self {
            whole,
            holes: vec![whole],
        })
    }

    fn take(&mut self, len: usize) -> Option<Piece> {
        let at = self.holes.iter().position(|hole| hole.len >= len)?;
        let hole = self.holes[at];
        if hole.len - len < LEAST {
            return Some(self.holes.remove(at));
        }
        self.holes[at] = hole.behind(len);
        Some(Piece { len, ..hole })
    }

    fn put(&mut self, mut block: Piece) {
        let lower = |hole: &Piece| hole.address() < block.address();
        let at = self.holes.partition_point(lower);
        if let Some(next) = self.holes.get(at)
            && next.address() == block.end()
        {
            block.len += next.len;
            self.holes.remove(at);
        }
        match at.checked_sub(1).map(|before| &mut self.holes[before]) {
            Some(before) if before.end() == block.address() => before.len += block.len,
            _ => self.holes.insert(at, block),
        }
    }

    /// Its length.
    fn give_back(self) -> usize {
        let layout = layout(self.whole.len).expect("it was allocated with it");
        // SAFETY: the segment was allocated with this layout, and no block of it is in use.
        unsafe { dealloc(self.whole.start.as_ptr(), layout) };
        self.whole.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn get(space: &mut Space, len: usize) -> Piece {
        let fresh = |space: &mut Space| space.fresh(len).map(|(block, _)| block);
        let block = space.take(len).or_else(|| fresh(space));
        block.expect("there is room")
    }

    fn holes(space: &Space) -> impl Iterator<Item = &Piece> {
        space.0.iter().flat_map(|segment| &segment.holes)
    }

    #[test]
    fn what_small_blocks_leave_serves_a_large_one() {
        let mut space = Space::new();
        let large = get(&mut space, 6 * MIB);
        space.put(large);
        let parts = [MIB, 2 * MIB, 3 * MIB].map(|len| get(&mut space, len));
        assert_eq!(parts[0].start, large.start);
        assert_eq!(holes(&space).count(), 0);
        for part in [parts[1], parts[0], parts[2]] {
            space.put(part);
        }
        assert_eq!(get(&mut space, 6 * MIB), large);
        space.put(large);
        assert_eq!(space.trim(), 6 * MIB);
        assert!(space.0.is_empty());
    }

    #[test]
    fn a_segment_begins_with_a_huge_page_and_can_be_written() {
        for len in [1, 2, 5].map(|pages| pages * MIB) {
            let segment = Segment::new(len).expect("there is room");
            let start = segment.whole.start.as_ptr();
            assert_eq!(start as usize % HUGE_PAGE, 0);
            // SAFETY: the segment has so many bytes, and they are nobody else's.
            let values = unsafe {
                start.write_bytes(7, len);
                std::slice::from_raw_parts(start, len)
            };
            assert!(values.iter().all(|&value| value == 7));
            assert_eq!(segment.give_back(), len);
        }
    }

    #[test]
    fn a_segment_in_use_stays() {
        let mut space = Space::new();
        let block = get(&mut space, MIB);
        assert_eq!(space.trim(), 0);
        assert_eq!(space.0[0].holes[0].len, SEGMENT[0] - MIB);
        space.put(block);
        assert_eq!(space.trim(), SEGMENT[0]);
    }

    #[test]
    fn blocks_never_overlap_and_all_of_them_come_back() {
        let mut space = Space::new();
        let mut blocks: Vec<Piece> = Vec::new();
        let mut state = 1u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..2000 {
            if blocks.len() > 20 || (random(2) == 0 && !blocks.is_empty()) {
                space.put(blocks.swap_remove(random(blocks.len())));
            } else {
                let len = whole(random(8 * MIB)).expect("a small length");
                let block = get(&mut space, len);
                let apart = |other: &Piece| {
                    block.end() <= other.address() || other.end() <= block.address()
                };
                assert!(block.len >= len);
                assert!(blocks.iter().all(apart) && holes(&space).all(apart));
                blocks.push(block);
            }
            let held: usize = space.0.iter().map(|segment| segment.whole.len).sum();
            let parts = blocks.iter().chain(holes(&space)).map(|piece| piece.len);
            assert_eq!(parts.sum::<usize>(), held);
        }
        blocks.into_iter().for_each(|block| space.put(block));
        assert!(
            space
                .0
                .iter()
                .all(|segment| segment.holes == [segment.whole])
        );
        space.trim();
    }
}
