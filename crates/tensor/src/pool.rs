//! Host memory, recycled: freed blocks wait in size classes for the next tensor of about their size.
//!
//! Writing a fresh block from the system costs page faults, some twenty times the write itself, so a
//! warmed-up training step must find every block here.
#![allow(unsafe_code)]

use std::alloc::{Layout as Block, alloc, dealloc};
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::{Error, ErrorKind, Result};

/// Cache line, and the width of the widest vector register.
const ALIGN: usize = 64;
/// A page of memory that the processor finds with one entry of its table of pages.
const HUGE_PAGE: usize = 1 << 21;
/// Four classes per doubling: at most a quarter of a block is waste.
const STEPS: usize = 4;
const CLASSES: usize = STEPS * 48;

static FREE: [Mutex<Vec<Pointer>>; CLASSES] = [const { Mutex::new(Vec::new()) }; CLASSES];
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static HELD: AtomicUsize = AtomicUsize::new(0);
static HITS: AtomicUsize = AtomicUsize::new(0);
static MISSES: AtomicUsize = AtomicUsize::new(0);

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
    PoolStats {
        live: LIVE.load(Relaxed),
        peak: PEAK.load(Relaxed),
        held: HELD.load(Relaxed),
        hits: HITS.load(Relaxed),
        misses: MISSES.load(Relaxed),
    }
}

/// Starts a new measurement of [`PoolStats::peak`] at what is in use now.
pub fn reset_peak() {
    PEAK.store(LIVE.load(Relaxed), Relaxed);
}

/// Gives all waiting blocks back to the system.
pub fn trim() {
    for (class, free) in FREE.iter().enumerate() {
        let blocks = std::mem::take(&mut *lock(free));
        for block in blocks {
            HELD.fetch_sub(class_size(class), Relaxed);
            // SAFETY: the block was allocated with this class's layout and nobody holds it.
            unsafe { dealloc(block.0.as_ptr(), block_layout(class)) };
        }
    }
}

/// A block of host memory; dropping it returns it to the pool.
#[derive(Debug)]
pub struct HostMemory {
    pointer: NonNull<u8>,
    class: usize,
}

// SAFETY: the block is plain bytes; whoever reads or writes them answers for the order (the funnel
// holds the buffer's lock meanwhile).
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
        let size = class_size(class);
        let recycled = lock(&FREE[class]).pop();
        let pointer = match recycled {
            Some(Pointer(pointer)) => {
                HITS.fetch_add(1, Relaxed);
                HELD.fetch_sub(size, Relaxed);
                pointer
            }
            None => {
                MISSES.fetch_add(1, Relaxed);
                let layout = block_layout(class);
                // SAFETY: the layout has a size above zero.
                let fresh = || {
                    NonNull::new(unsafe { alloc(layout) })
                        .inspect(|&block| ask_for_huge_pages(block, size))
                };
                // Blocks that wait for reuse may be what the system lacks.
                let retried = || {
                    trim();
                    fresh()
                };
                fresh().or_else(retried).ok_or_else(refused)?
            }
        };
        let live = LIVE.fetch_add(size, Relaxed) + size;
        PEAK.fetch_max(live, Relaxed);
        Ok(Self { pointer, class })
    }

    /// The first byte.
    pub fn as_ptr(&self) -> *mut u8 {
        self.pointer.as_ptr()
    }
}

impl Drop for HostMemory {
    fn drop(&mut self) {
        let size = class_size(self.class);
        LIVE.fetch_sub(size, Relaxed);
        HELD.fetch_add(size, Relaxed);
        lock(&FREE[self.class]).push(Pointer(self.pointer));
    }
}

fn lock(free: &Mutex<Vec<Pointer>>) -> std::sync::MutexGuard<'_, Vec<Pointer>> {
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
    let size = class_size(class);
    let align = if size < HUGE_PAGE { ALIGN } else { HUGE_PAGE };
    Block::from_size_align(size, align).expect("a class's size fits an allocation")
}

/// Asks the system for huge pages where a block fills some. A large tensor lies on thousands of small ones, of which the
/// processor remembers too few for kernels that walk through channels and images.
#[cfg(target_os = "linux")]
fn ask_for_huge_pages(block: NonNull<u8>, size: usize) {
    use std::ffi::{c_int, c_void};
    unsafe extern "C" {
        fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
    }
    const MADV_HUGEPAGE: c_int = 14;
    // The rest stays on small pages, so that memory never touched is never held.
    let whole = size / HUGE_PAGE * HUGE_PAGE;
    if whole > 0 {
        // SAFETY: the block begins with so many bytes, at an address that is a multiple of a page; the advice changes none
        // of them. A system that can't follow it says so, and nothing is lost.
        unsafe { madvise(block.as_ptr().cast(), whole, MADV_HUGEPAGE) };
    }
}

/// Other systems have no such advice, or follow it unasked.
#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages(_: NonNull<u8>, _: usize) {}

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
    fn a_large_block_begins_with_a_huge_page_and_can_be_written() {
        for bytes in [HUGE_PAGE, 5 << 20, (5 << 20) + 1] {
            let block = HostMemory::new(bytes);
            assert_eq!(block.as_ptr() as usize % HUGE_PAGE, 0);
            // SAFETY: the block holds so many bytes and is nobody else's.
            let values = unsafe {
                block.as_ptr().write_bytes(7, bytes);
                std::slice::from_raw_parts(block.as_ptr(), bytes)
            };
            assert!(values.iter().all(|&value| value == 7));
        }
    }

    #[test]
    fn a_freed_block_is_the_next_one_of_its_size() {
        let first = HostMemory::new(123_456_789);
        let address = first.as_ptr();
        drop(first);
        assert_eq!(HostMemory::new(123_456_700).as_ptr(), address);
    }
}
