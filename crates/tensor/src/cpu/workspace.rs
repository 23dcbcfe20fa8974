//! Short-lived typed memory from the pool, contiguous stand-ins for strided inputs, and memory that
//! the tasks of a kernel share.
#![allow(unsafe_code)] // Pooled memory is untyped, and tasks write disjoint parts of one block.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::Zeroable;

use super::dense::Dense;
use crate::Result;
use crate::device::Operand;
use crate::pool::HostMemory;

/// `len` elements from the memory pool, a slice in all uses.
pub(crate) struct Workspace<T> {
    memory: HostMemory,
    len: usize,
    element: PhantomData<T>,
}

impl<T: Copy> Workspace<T> {
    /// Elements that all hold `value`.
    pub(crate) fn new(len: usize, value: T) -> Self {
        let memory = HostMemory::new(len * size_of::<T>());
        let first = memory.as_ptr().cast::<T>();
        for index in 0..len {
            // SAFETY: the block holds `len` elements and is aligned for every one of our types.
            unsafe { first.add(index).write(value) };
        }
        Self {
            memory,
            len,
            element: PhantomData,
        }
    }
}

impl<T> Deref for Workspace<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `new` wrote all `len` elements.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().cast(), self.len) }
    }
}

impl<T> DerefMut for Workspace<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `new` wrote all `len` elements, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_ptr().cast(), self.len) }
    }
}

/// An input's elements in row-major order as a slice: its own, or a copy's if it is strided.
pub(crate) struct Contiguous<'a, T> {
    dense: Dense<T>,
    len: usize,
    operand: PhantomData<&'a [T]>,
}

// SAFETY: the elements are only read.
unsafe impl<T: Sync> Sync for Contiguous<'_, T> {}

impl<'a, T: Zeroable> Contiguous<'a, T> {
    pub(crate) fn new(operand: &Operand<'a>) -> Result<Self> {
        let (dense, len) = (Dense::new(operand)?, operand.layout.numel());
        Ok(Self {
            dense,
            len,
            operand: PhantomData,
        })
    }
}

impl<T: Zeroable> Deref for Contiguous<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: all elements are there, and not written as long as the operand is borrowed.
        unsafe { std::slice::from_raw_parts(self.dense.as_ptr(), self.len) }
    }
}

/// A slice that several tasks write, each its own part.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a, T> {
    first: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: tasks only touch disjoint parts, as `part` demands.
unsafe impl<T: Send> Send for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self {
            first: slice.as_mut_ptr(),
            len: slice.len(),
            slice: PhantomData,
        }
    }

    /// `len` elements from `start`.
    ///
    /// # Safety
    /// No other part that is alive overlaps this one.
    #[allow(clippy::mut_from_ref)]
    #[inline(always)]
    pub(crate) unsafe fn part(&self, start: usize, len: usize) -> &'a mut [T] {
        assert!(start + len <= self.len);
        // SAFETY: within the slice, and alone there by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(start), len) }
    }

    /// Writes one element.
    ///
    /// # Safety
    /// No part that is alive holds it.
    #[inline(always)]
    pub(crate) unsafe fn write(&self, index: usize, value: T) {
        assert!(index < self.len);
        // SAFETY: within the slice, and alone there by the caller's promise.
        unsafe { self.first.add(index).write(value) };
    }
}
