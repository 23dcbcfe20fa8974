//! What the kernels' tests share: operands in host memory, views of every kind, and runs on a given
//! number of threads.
#![allow(unsafe_code)] // Host memory is filled and read as bytes.

use proptest::prelude::*;

use super::Cpu;
use super::host;
use crate::device::{Device, Operand};
use crate::dtype::Element;
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::prim::Prim;
use crate::{DType, Result};

/// An operand and its memory.
pub(crate) struct Host {
    memory: HostMemory,
    layout: Layout,
    dtype: DType,
}

impl Host {
    /// A view of a buffer.
    pub(crate) fn view<T: Element>(layout: &Layout, buffer: &[T]) -> Self {
        // SAFETY: every element type may be seen as bytes.
        let bytes = unsafe {
            std::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), size_of_val(buffer))
        };
        Self {
            memory: host::upload(bytes).unwrap(),
            layout: layout.clone(),
            dtype: T::DTYPE,
        }
    }

    /// Row-major values.
    pub(crate) fn new<T: Element>(shape: &[usize], values: &[T]) -> Self {
        let layout = Layout::contiguous(shape);
        assert_eq!(layout.numel(), values.len());
        Self::view(&layout, values)
    }

    /// An output that holds something wrong in every place.
    pub(crate) fn output<T: Element>(shape: &[usize]) -> Self {
        let len = shape.iter().product();
        Self::new(shape, &vec![T::from_f64(77.0); len])
    }

    pub(crate) fn operand(&self) -> Operand<'_> {
        Operand {
            memory: &self.memory,
            layout: &self.layout,
            dtype: self.dtype,
        }
    }

    /// The elements in row-major order.
    pub(crate) fn values<T: Element>(&self) -> Vec<T> {
        assert_eq!(self.dtype, T::DTYPE);
        let first = self.memory.as_ptr().cast::<T>();
        // SAFETY: the layout stays within the memory.
        self.layout
            .positions()
            .map(|position| unsafe { *first.add(position) })
            .collect()
    }

    /// The same elements, contiguous.
    pub(crate) fn contiguous<T: Element>(&self) -> Self {
        Self::new(self.layout.shape(), &self.values::<T>())
    }
}

/// Runs an instruction on the CPU.
pub(crate) fn run(prim: &Prim, inputs: &[&Host], outputs: &[&Host]) -> Result<()> {
    let inputs: Vec<_> = inputs.iter().map(|host| host.operand()).collect();
    let outputs: Vec<_> = outputs.iter().map(|host| host.operand()).collect();
    Cpu.run(prim, &inputs, &outputs)
}

/// Runs `work` on so many threads.
pub(crate) fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    crate::with_threads(threads, work)
}

/// Deterministic values in [-1, 1), all different in practice.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<f64> {
    (0..len as u64)
        .map(|index| {
            let mut z = (seed + 1)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .wrapping_add(index);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

/// [`noise`] as f32.
pub(crate) fn noise32(seed: u64, len: usize) -> Vec<f32> {
    noise(seed, len)
        .into_iter()
        .map(|value| value as f32)
        .collect()
}

/// Views of the given rank with dims of up to `most` elements (at least 1) and the length of their
/// buffers: contiguous, sliced with steps of either sign, permuted, expanded.
pub(crate) fn views(rank: usize, most: usize) -> impl Strategy<Value = (Layout, usize)> {
    let dims = prop::collection::vec((1..=most, 0..3usize, -3..=3isize), rank);
    let order = Just((0..rank).collect::<Vec<_>>()).prop_shuffle();
    (dims, order, any::<bool>()).prop_map(|(dims, order, plain)| {
        if plain {
            let shape: Vec<_> = dims.iter().map(|dim| dim.0).collect();
            let layout = Layout::contiguous(&shape);
            let len = layout.numel();
            return (layout, len);
        }
        let base: Vec<_> = dims
            .iter()
            .map(|&(size, skip, step)| {
                if step == 0 {
                    1
                } else {
                    skip + (size - 1) * step.unsigned_abs() + 1
                }
            })
            .collect();
        let mut layout = Layout::contiguous(&base);
        let len = layout.numel();
        for (d, &(size, skip, step)) in dims.iter().enumerate() {
            if step != 0 {
                let start = if step > 0 { skip } else { base[d] - 1 };
                layout = layout.slice(d, start, step, size);
            }
        }
        let shape: Vec<_> = dims.iter().map(|dim| dim.0).collect();
        (layout.expand(&shape).permute(&order), len)
    })
}
