//! Short-lived working memory of kernels: packed panels, padded images, partial sums.
//!
//! A kernel takes one block from the pool for its whole run, so that a warmed-up program finds it
//! there again.
#![allow(unsafe_code)] // Raw, uninitialised memory is what kernels pack into.

use std::marker::PhantomData;

use crate::pool::HostMemory;

/// Uninitialised memory for `len` values of `T`, aligned to 64 bytes, back in the pool on drop.
pub(crate) struct Scratch<T> {
    memory: HostMemory,
    len: usize,
    item: PhantomData<T>,
}

impl<T: Copy> Scratch<T> {
    /// Takes memory for `len` values.
    pub(crate) fn take(len: usize) -> Self {
        let bytes = len.checked_mul(size_of::<T>());
        let bytes = bytes.expect("scratch memory larger than the address space");
        Self {
            memory: HostMemory::new(bytes),
            len,
            item: PhantomData,
        }
    }

    /// Start of the memory; valid for `len` values, uninitialised.
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.memory.as_ptr().cast()
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
        assert_eq!(ones.as_ptr() as usize % 64, 0);
    }
}
