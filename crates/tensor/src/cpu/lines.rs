//! The lines of a tensor along one dim, for kernels that treat each of them by itself.

use super::walk::{Dim, DimList};
use crate::layout::Layout;

/// All lines of an input along a dim, matched with the lines of a contiguous output.
pub(crate) struct Lines {
    /// Where lines begin, in the input (`src`) and in the output (`dst`).
    pub(crate) starts: DimList,
    /// Elements per line.
    pub(crate) length: usize,
    /// From element to element, in the input and in the output.
    pub(crate) src: isize,
    pub(crate) dst: isize,
}

impl Lines {
    /// Lines of `x` along `dim` and of an output that has `kept` elements in each of them.
    pub(crate) fn new(x: &Layout, dim: usize, kept: usize) -> Self {
        let mut shape: crate::layout::Dims = x.shape().into();
        shape[dim] = kept;
        let steps = crate::layout::contiguous_strides(&shape);
        let all = (0..x.rank()).filter(|&d| d != dim);
        let starts = all.map(|d| Dim {
            size: x.shape()[d],
            src: x.strides()[d],
            dst: steps[d],
        });
        Self {
            starts: starts.collect(),
            length: x.shape()[dim],
            src: x.strides()[dim],
            dst: steps[dim],
        }
    }
}
