//! Host memory, recycled: small blocks that are freed wait in size classes for the next tensor of about their size, and
//! large ones (`large.rs`) are joined and cut as they are needed.
//!
//! Writing a fresh block from the system costs page faults, some twenty times the write itself, so a
//! warmed-up training step must find every block here. The smallest blocks are best taken up again at once, from the
//! first-level cache; those of some KiB, which threads share, after a rest.
#![allow(unsafe_code)]

mod large;

use std::alloc::{Layout as Block, alloc, dealloc};
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

use self::large::{LARGE, Piece};
use crate::cpu::prepared::Prepared;
use crate::{Error, ErrorKind, Result};

/// Cache line, and the width of the widest vector register.
const ALIGN: usize = 64;
/// Four classes per doubling: at most a quarter of a small block is waste.
const STEPS: usize = 4;
const CLASSES: usize = STEPS * 48;

/// Bytes of blocks that rest before they are used again: large enough that threads share what is in them, and small enough
/// that a few more find room in the second-level cache. A line that another core has just read is four times as slow to
/// write as one that has left its cache since.
const SHARED: RangeInclusive<usize> = 8 << 10..=128 << 10;
/// Blocks of such a size that were freed after the one that is used again, at least.
const RESTING: usize = 2;
/// Of more that wait, the first of the last so many is used again: the oldest of all may have left the caches.
const IN_TURN: usize = 4;

static FREE: [Mutex<Free>; CLASSES] = [const { Mutex::new(Free::NOTHING) }; CLASSES];
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// Bytes that the system gave and did not get back.
static OWNED: AtomicUsize = AtomicUsize::new(0);
/// Of large blocks; those of small ones are counted in their class.
static HITS: AtomicUsize = AtomicUsize::new(0);
static MISSES: AtomicUsize = AtomicUsize::new(0);

/// The waiting blocks of one class, and how many requests they served.
struct Free {
    /// The one that has waited longest first.
    blocks: VecDeque<Pointer>,
    hits: usize,
}

impl Free {
    const NOTHING: Free = Free {
        blocks: VecDeque::new(),
        hits: 0,
    };

    /// A block for the next request, if one of this size may be used again.
    fn take(&mut self, size: usize) -> Option<Pointer> {
        let block = match SHARED.contains(&size) {
            true if self.blocks.len() <= RESTING => None,
            true => self
                .blocks
                .remove(self.blocks.len().saturating_sub(IN_TURN)),
            false => self.blocks.pop_back(),
        };
        self.hits += usize::from(block.is_some());
        block
    }
}

struct Pointer(NonNull<u8>);

// SAFETY: a pooled block belongs to nobody, so any thread may take it.
unsafe impl Send for Pointer {}

/// What the pool has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStats {
    /// Bytes in use by tensors.
    pub live: usize,
    /// The most bytes ever in use, since the start or [`reset_peak`].
    pub peak: usize,
    /// Bytes waiting for reuse.
    pub held: usize,
    /// Requests served from waiting blocks.
    pub hits: usize,
    /// Requests that went to the system.
    pub misses: usize,
}

/// The pool's counters.
pub fn stats() -> PoolStats {
    let live = LIVE.load(Relaxed);
    let small: usize = FREE.iter().map(|free| lock(free).hits).sum();
    PoolStats {
        live,
        peak: PEAK.load(Relaxed),
        held: OWNED.load(Relaxed).saturating_sub(live),
        hits: HITS.load(Relaxed) + small,
        misses: MISSES.load(Relaxed),
    }
}

/// Starts a new measurement of [`PoolStats::peak`] at what is in use now.
pub fn reset_peak() {
    PEAK.store(LIVE.load(Relaxed), Relaxed);
}

/// Gives waiting blocks back to the system: all small ones, and large ones beside which none is in use.
pub fn trim() {
    OWNED.fetch_sub(large::trim(), Relaxed);
    for (class, free) in FREE.iter().enumerate() {
        let blocks = std::mem::take(&mut lock(free).blocks);
        for block in blocks {
            OWNED.fetch_sub(class_size(class), Relaxed);
            // SAFETY: the block was allocated with this class's layout and nobody holds it.
            unsafe { dealloc(block.0.as_ptr(), block_layout(class)) };
        }
    }
}

/// A block of host memory; dropping it returns it to the pool.
#[derive(Debug)]
pub struct HostMemory {
    pointer: NonNull<u8>,
    /// At least [`LARGE`] if it is one of those.
    size: usize,
    /// Of the pool that it came from: a program may hold this crate, and so a pool, several times, as the cells of a
    /// notebook do.
    give_back: fn(Piece),
    prepared: Prepared,
}

// SAFETY: the block is plain bytes; whoever reads or writes them answers for the order (the funnel
// holds the buffer's lock meanwhile, unless nobody else can see it yet).
unsafe impl Send for HostMemory {}
// SAFETY: as above.
unsafe impl Sync for HostMemory {}

impl HostMemory {
    /// At least `bytes` bytes of undefined content, aligned to 64.
    ///
    /// # Panics
    /// If the system has no room.
    #[track_caller]
    pub fn new(bytes: usize) -> Self {
        Self::try_new(bytes).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`HostMemory::new`].
    ///
    /// # Errors
    /// If the system has no room.
    pub fn try_new(bytes: usize) -> Result<Self> {
        let refused = || {
            Error::new(
                ErrorKind::Memory,
                format!(
                    "out of memory: no room for {bytes} bytes beside the {} in use",
                    LIVE.load(Relaxed)
                ),
            )
        };
        let class = class_of(bytes);
        if class >= CLASSES {
            return Err(refused());
        }
        let block = if class_size(class) < LARGE {
            small_block(class)
        } else {
            large_block(bytes)
        };
        let Piece {
            start: pointer,
            len: size,
        } = block.ok_or_else(refused)?;
        let live = LIVE.fetch_add(size, Relaxed) + size;
        // Looked at first, as it seldom changes.
        if live > PEAK.load(Relaxed) {
            PEAK.fetch_max(live, Relaxed);
        }
        Ok(Self {
            pointer,
            size,
            give_back,
            prepared: Prepared::default(),
        })
    }

    /// What kernels made of its content.
    pub(crate) fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The first byte.
    pub fn as_ptr(&self) -> *mut u8 {
        self.pointer.as_ptr()
    }
}

impl Drop for HostMemory {
    fn drop(&mut self) {
        (self.give_back)(Piece {
            start: self.pointer,
            len: self.size,
        });
    }
}

/// Has a block wait for the next that needs one.
fn give_back(block: Piece) {
    LIVE.fetch_sub(block.len, Relaxed);
    if block.len < LARGE {
        let mut free = lock(&FREE[class_of(block.len)]);
        free.blocks.push_back(Pointer(block.start));
    } else {
        large::put(block);
    }
}

/// A block of a class; nothing if the system has no room.
fn small_block(class: usize) -> Option<Piece> {
    let size = class_size(class);
    let recycled = lock(&FREE[class]).take(size);
    let start = match recycled {
        Some(Pointer(pointer)) => pointer,
        None => {
            MISSES.fetch_add(1, Relaxed);
            let fresh = or_after_trim(|| fresh_small(class))?;
            if SHARED.contains(&size) {
                // So that the same requests find blocks the next time.
                let mut free = lock(&FREE[class]);
                while free.blocks.len() < RESTING
                    && let Some(resting) = fresh_small(class)
                {
                    free.blocks.push_back(Pointer(resting));
                }
            }
            fresh
        }
    };
    Some(Piece { start, len: size })
}

/// A block of a class from the system, if it has room.
fn fresh_small(class: usize) -> Option<NonNull<u8>> {
    // SAFETY: the layout has a size above zero.
    let fresh = NonNull::new(unsafe { alloc(block_layout(class)) })?;
    OWNED.fetch_add(class_size(class), Relaxed);
    Some(fresh)
}

/// A block of its own length; nothing if the system has no room.
fn large_block(bytes: usize) -> Option<Piece> {
    if let Some(recycled) = large::take(bytes) {
        HITS.fetch_add(1, Relaxed);
        return Some(recycled);
    }
    MISSES.fetch_add(1, Relaxed);
    let (block, segment) = or_after_trim(|| large::fresh(bytes))?;
    OWNED.fetch_add(segment, Relaxed);
    Some(block)
}

/// What the system gives, if not at once then when it has back what waits for reuse.
fn or_after_trim<T>(fresh: impl Fn() -> Option<T>) -> Option<T> {
    let retried = || {
        trim();
        fresh()
    };
    fresh().or_else(retried)
}

fn lock(free: &Mutex<Free>) -> MutexGuard<'_, Free> {
    free.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The smallest class that holds `bytes`.
fn class_of(bytes: usize) -> usize {
    let lines = bytes.div_ceil(ALIGN).max(STEPS);
    let doubling = (usize::BITS - 1 - lines.leading_zeros()) as usize;
    let step = 1usize << (doubling - STEPS.trailing_zeros() as usize);
    let position = (lines - (1 << doubling)).div_ceil(step);
    (doubling - STEPS.trailing_zeros() as usize) * STEPS + position
}

fn class_size(class: usize) -> usize {
    let (doubling, position) = (class / STEPS, class % STEPS);
    ((STEPS + position) << doubling) * ALIGN
}

fn block_layout(class: usize) -> Block {
    Block::from_size_align(class_size(class), ALIGN).expect("a class's size fits an allocation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_cover_every_size_with_little_waste() {
        for bytes in (1..5000).chain([1 << 20, (1 << 20) + 1, 3 << 25]) {
            let size = class_size(class_of(bytes));
            assert!(size >= bytes, "{bytes} bytes got {size}");
            assert!(
                bytes < 256 || size <= bytes + bytes / 4 + ALIGN,
                "{bytes} bytes got {size}"
            );
        }
    }

    #[test]
    fn a_freed_block_is_the_next_one_of_its_size() {
        let first = HostMemory::new(123_456_789);
        let address = first.as_ptr();
        drop(first);
        assert_eq!(HostMemory::new(123_456_700).as_ptr(), address);
    }

    #[test]
    fn blocks_that_threads_share_are_used_again_in_turn() {
        let mut free = Free::NOTHING;
        let blocks: Vec<_> = (0..=5)
            .map(|at| NonNull::new(std::ptr::without_provenance_mut(64 + 64 * at)).unwrap())
            .collect();
        free.blocks.extend(blocks.iter().copied().map(Pointer));
        let taken = |free: &mut Free, size| free.take(size).map(|block| block.0);
        assert_eq!(taken(&mut free, 4 << 10), Some(blocks[5]));
        // The oldest of five may have left the caches, of fewer it has rested best.
        assert_eq!(taken(&mut free, 32 << 10), Some(blocks[1]));
        assert_eq!(taken(&mut free, 32 << 10), Some(blocks[0]));
        assert_eq!(taken(&mut free, 32 << 10), Some(blocks[2]));
        assert_eq!(taken(&mut free, 32 << 10), None, "two of them rest");
        assert_eq!(free.hits, 4);
        assert_eq!(taken(&mut free, 256 << 10), Some(blocks[4]));
    }
}
