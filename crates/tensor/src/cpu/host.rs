//! Typed access to operands in host memory.
#![allow(unsafe_code)]

use bytemuck::Zeroable;

use crate::device::Operand;
use crate::dtype::Element;
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::{DType, Result, for_dtype};

/// An input's elements: a pointer to the first one of the layout and the layout itself.
#[derive(Clone, Copy)]
pub(crate) struct Src<'a, T> {
    base: *const T,
    layout: &'a Layout,
}

/// An output's elements. It may coincide, position by position, with an input (see
/// [`Device`](crate::device::Device)), which is why kernels go through pointers.
#[derive(Clone, Copy)]
pub(crate) struct Dst<'a, T> {
    base: *mut T,
    layout: &'a Layout,
}

// SAFETY: a kernel's tasks write disjoint elements; the funnel keeps other users of the buffer out.
unsafe impl<T: Send> Send for Dst<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Dst<'_, T> {}
// SAFETY: elements of an input are only read while the instruction runs.
unsafe impl<T: Sync> Send for Src<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Src<'_, T> {}

/// The memory behind an operand.
pub(crate) fn memory<'a>(operand: &Operand<'a>) -> &'a HostMemory {
    operand
        .memory
        .downcast_ref::<HostMemory>()
        .expect("the operand is in host memory")
}

fn base<T>(operand: &Operand<'_>) -> *mut T {
    memory(operand).as_ptr().cast::<T>()
}

impl<'a, T: Zeroable> Src<'a, T> {
    /// The operand's elements as `T`, whose size must be its dtype's.
    pub(crate) fn new(operand: &Operand<'a>) -> Self {
        debug_assert_eq!(size_of::<T>(), operand.dtype.size());
        Self {
            base: base(operand),
            layout: operand.layout,
        }
    }

    pub(crate) fn layout(&self) -> &'a Layout {
        self.layout
    }

    /// Pointer to the element at the layout's offset.
    pub(crate) fn first(&self) -> *const T {
        // SAFETY: the offset lies within the buffer, or at its end for empty views.
        unsafe { self.base.add(self.layout.offset()) }
    }

    /// The elements as a slice, if they lie row-major without gaps.
    pub(crate) fn slice(&self) -> Option<&'a [T]> {
        // SAFETY: a contiguous layout covers `numel` elements from its offset on, and they are not
        // written while the instruction runs unless an output coincides; kernels that allow that use
        // pointers only.
        self.layout
            .is_contiguous()
            .then(|| unsafe { std::slice::from_raw_parts(self.first(), self.layout.numel()) })
    }
}

impl<'a, T: Zeroable> Dst<'a, T> {
    /// The operand's elements as `T`, whose size must be its dtype's.
    pub(crate) fn new(operand: &Operand<'a>) -> Self {
        debug_assert_eq!(size_of::<T>(), operand.dtype.size());
        Self {
            base: base(operand),
            layout: operand.layout,
        }
    }

    pub(crate) fn layout(&self) -> &'a Layout {
        self.layout
    }

    /// Pointer to the element at the layout's offset.
    pub(crate) fn first(&self) -> *mut T {
        // SAFETY: the offset lies within the buffer, or at its end for empty views.
        unsafe { self.base.add(self.layout.offset()) }
    }

    /// The elements as a slice to write; `T` has no invalid bit patterns, so that elements not yet
    /// written are only undefined in value.
    ///
    /// # Safety
    /// The layout is contiguous, no input coincides with the output, and the slice is made once.
    pub(crate) unsafe fn slice_mut(&self) -> &'a mut [T] {
        debug_assert!(self.layout.is_contiguous());
        // SAFETY: by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.first(), self.layout.numel()) }
    }
}

/// New memory with these bytes.
pub(crate) fn upload(bytes: &[u8]) -> Result<HostMemory> {
    let memory = HostMemory::try_new(bytes.len())?;
    // SAFETY: the new block holds at least as many bytes and overlaps nothing.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory.as_ptr(), bytes.len()) };
    Ok(memory)
}

/// The operand's elements in row-major order as f32, for few of them.
pub(crate) fn numbers(operand: &Operand<'_>) -> Result<Vec<f32>> {
    let mut numbers = vec![0.0; operand.layout.numel()];
    download(*operand, DType::F32, bytemuck::cast_slice_mut(&mut numbers))?;
    Ok(numbers)
}

/// The operand's elements in row-major order, converted to `dtype`.
pub(crate) fn download(operand: Operand<'_>, dtype: DType, bytes: &mut [u8]) -> Result<()> {
    debug_assert_eq!(bytes.len(), operand.layout.numel() * dtype.size());
    if dtype == operand.dtype && operand.layout.is_contiguous() {
        let start = operand.layout.offset() * dtype.size();
        // SAFETY: a contiguous layout covers as many bytes from its offset on as `bytes` holds.
        unsafe {
            std::ptr::copy_nonoverlapping(
                base::<u8>(&operand).add(start),
                bytes.as_mut_ptr(),
                bytes.len(),
            )
        };
        return Ok(());
    }
    if dtype == operand.dtype {
        // Copied as bytes, because an i64 may have more digits than the f64 of a conversion.
        let (source, size) = (base::<u8>(&operand), dtype.size());
        for (position, out) in operand.layout.positions().zip(bytes.chunks_exact_mut(size)) {
            // SAFETY: the layout stays within the buffer, and `out` holds one element.
            unsafe {
                std::ptr::copy_nonoverlapping(source.add(position * size), out.as_mut_ptr(), size)
            };
        }
        return Ok(());
    }
    for_dtype!(operand.dtype, From => for_dtype!(dtype, To => {
        let source = base::<From>(&operand);
        for (position, out) in operand.layout.positions().zip(bytes.chunks_exact_mut(size_of::<To>())) {
            // SAFETY: the layout stays within the buffer.
            let value = unsafe { source.add(position).read() };
            let value = To::from_f64(value.to_f64());
            // SAFETY: `out` has room for one element; it may be unaligned.
            unsafe { out.as_mut_ptr().cast::<To>().write_unaligned(value) };
        }
    }));
    Ok(())
}
