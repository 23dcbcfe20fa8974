//! Tests of the pointwise kernels: accuracy against `f64`, and laws against naive loops.
#![allow(unsafe_code)] // Operands are filled and read through their pointers.

mod accuracy;
mod laws;

use super::isa::Isa;
use super::run_on;
use crate::device::Operand;
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::prim::Prim;
use crate::{DType, Element};
use std::sync::Arc;

/// A tensor of the tests: memory, maybe shared with others, and a layout in it.
struct Array {
    memory: Arc<HostMemory>,
    layout: Layout,
    dtype: DType,
}

impl Array {
    /// Elements in the order of memory, seen through a layout.
    fn new<T: Element>(elements: &[T], layout: Layout) -> Self {
        let memory = HostMemory::new(size_of_val(elements));
        // SAFETY: the memory was made for as many elements.
        unsafe {
            memory
                .as_ptr()
                .cast::<T>()
                .copy_from_nonoverlapping(elements.as_ptr(), elements.len())
        };
        Self {
            memory: Arc::new(memory),
            layout,
            dtype: T::DTYPE,
        }
    }

    fn contiguous<T: Element>(elements: &[T]) -> Self {
        Self::new(elements, Layout::contiguous(&[elements.len()]))
    }

    fn zeros<T: Element>(shape: &[usize]) -> Self {
        Self::new(
            &vec![T::default(); shape.iter().product()],
            Layout::contiguous(shape),
        )
    }

    /// Memory of any dtype, with zeros in it.
    fn bytes(dtype: DType, len: usize) -> Self {
        let memory = Self::contiguous(&vec![0_u8; len * dtype.size()]).memory;
        Self {
            memory,
            layout: Layout::contiguous(&[len]),
            dtype,
        }
    }

    /// Another array on the same memory.
    fn again(&self) -> Self {
        Self {
            memory: self.memory.clone(),
            layout: self.layout.clone(),
            dtype: self.dtype,
        }
    }

    fn operand(&self) -> Operand<'_> {
        Operand {
            memory: &*self.memory,
            layout: &self.layout,
            dtype: self.dtype,
        }
    }

    /// The elements in row-major order of the layout.
    fn values<T: Element>(&self) -> Vec<T> {
        assert_eq!(T::DTYPE, self.dtype);
        let first = self.memory.as_ptr().cast::<T>();
        // SAFETY: the layout stays within the memory.
        self.layout
            .positions()
            .map(|at| unsafe { first.add(at).read() })
            .collect()
    }
}

fn apply(isa: Isa, prim: &Prim, inputs: &[&Array], output: &Array) {
    let inputs: Vec<_> = inputs.iter().map(|input| input.operand()).collect();
    run_on(isa, prim, &inputs, &[output.operand()]).expect("the instruction runs");
}
