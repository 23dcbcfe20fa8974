//! Operands of kernels that want their elements row-major: in place if they are, else a copy.
#![allow(unsafe_code)] // Hands out raw pointers into operands.

use bytemuck::Zeroable;

use super::Cpu;
use super::host::Src;
use crate::Result;
use crate::device::{Device, Operand};
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::prim::Prim;

/// An operand's elements, row-major.
pub(super) struct Dense<T> {
    ptr: *const T,
    /// Keeps a copy alive.
    _copy: Option<HostMemory>,
}

impl<T: Zeroable> Dense<T> {
    /// The operand itself, or a copy of it.
    pub(super) fn new(operand: &Operand<'_>) -> Result<Self> {
        if operand.layout.is_contiguous() {
            return Ok(Self {
                ptr: Src::new(operand).first(),
                _copy: None,
            });
        }
        let layout = Layout::contiguous(operand.layout.shape());
        let memory = HostMemory::try_new(layout.numel() * operand.dtype.size())?;
        let target = Operand {
            memory: &memory,
            layout: &layout,
            dtype: operand.dtype,
        };
        Cpu.run(&Prim::Cast(operand.dtype), &[*operand], &[target])?;
        Ok(Self {
            ptr: memory.as_ptr().cast_const().cast(),
            _copy: Some(memory),
        })
    }

    /// The first element; valid as long as this and the operand live.
    pub(super) fn as_ptr(&self) -> *const T {
        self.ptr
    }
}
