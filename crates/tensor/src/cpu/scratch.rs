//! Short-lived working memory of kernels: packed panels, padded images, partial sums.
//!
//! A kernel takes one block for its whole run and hands it back by dropping it. Blocks are kept
//! for the next taker, so a warmed-up program asks the system for nothing.
#![allow(unsafe_code)] // Raw, uninitialised, aligned memory is what kernels pack into.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One cache line, and one AVX-512 register.
const ALIGN: usize = 64;

/// Smallest block, so that few distinct sizes exist.
const MIN_BYTES: usize = 1 << 14;

static FREE: Mutex<Vec<Block>> = Mutex::new(Vec::new());

struct Block {
    ptr: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a block is plain memory with a single owner; nothing in it is tied to a thread.
unsafe impl Send for Block {}

impl Block {
    fn new(bytes: usize) -> Self {
        let layout = Self::layout(bytes);
        // SAFETY: the size is never zero: it is at least `MIN_BYTES`.
        let raw = unsafe { alloc(layout) };
        let ptr = NonNull::new(raw).unwrap_or_else(|| handle_alloc_error(layout));
        Self { ptr, bytes }
    }

    fn layout(bytes: usize) -> Layout {
        Layout::from_size_align(bytes, ALIGN).expect("scratch memory larger than the address space")
    }

    fn release(self) {
        // SAFETY: `ptr` came from `alloc` with this very layout and is not used again.
        unsafe { dealloc(self.ptr.as_ptr(), Self::layout(self.bytes)) }
    }
}

fn free_blocks() -> MutexGuard<'static, Vec<Block>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Uninitialised memory for `len` values of `T`, aligned to 64 bytes, returned on drop.
pub(crate) struct Scratch<T> {
    block: Option<Block>,
    len: usize,
    item: PhantomData<T>,
}

impl<T: Copy> Scratch<T> {
    /// Takes the smallest kept block that holds `len` values, or asks the system for one.
    pub(crate) fn take(len: usize) -> Self {
        let bytes = len
            .checked_mul(size_of::<T>())
            .and_then(usize::checked_next_power_of_two)
            .expect("scratch memory larger than the address space")
            .max(MIN_BYTES);
        let mut free = free_blocks();
        let fitting = (0..free.len())
            .filter(|&i| free[i].bytes >= bytes)
            .min_by_key(|&i| free[i].bytes);
        let block = match fitting {
            Some(index) => free.swap_remove(index),
            None => {
                // A larger block replaces the largest kept one, so memory does not pile up.
                let largest = (0..free.len()).max_by_key(|&i| free[i].bytes);
                let outgrown = largest.map(|index| free.swap_remove(index));
                drop(free);
                if let Some(block) = outgrown {
                    block.release();
                }
                Block::new(bytes)
            }
        };
        Self {
            block: Some(block),
            len,
            item: PhantomData,
        }
    }

    /// Start of the memory; valid for `len` values, uninitialised.
    pub(crate) fn as_ptr(&self) -> *mut T {
        match &self.block {
            Some(block) => block.ptr.as_ptr().cast(),
            None => std::ptr::null_mut(),
        }
    }

    /// The memory as a slice, every value set to `value` first.
    pub(crate) fn filled(&mut self, value: T) -> &mut [T] {
        let ptr = self.as_ptr();
        for index in 0..self.len {
            // SAFETY: `index` is within the `len` values this block holds.
            unsafe { ptr.add(index).write(value) };
        }
        // SAFETY: all `len` values were just written and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(ptr, self.len) }
    }
}

impl<T> Drop for Scratch<T> {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            free_blocks().push(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_live_blocks_never_overlap() {
        let mut first = Scratch::<f32>::take(5000);
        let mut second = Scratch::<f32>::take(5000);
        let ones = first.filled(1.0);
        second.filled(2.0);
        assert!(ones.iter().all(|&x| x == 1.0));
        assert_eq!(first.as_ptr() as usize % ALIGN, 0);
    }
}
