//! Numbers between two instructions of one.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::{DType, Result};

use super::pointwise;
use crate::device::State;
use crate::memory::Piece;

/// Numbers without a tensor around them.
pub(super) struct Own {
    piece: Piece,
    layout: Layout,
    dtype: DType,
}

impl Own {
    pub(super) fn room(state: &State, shape: &[usize], dtype: DType) -> Result<Self> {
        let layout = Layout::contiguous(shape);
        let piece = state.take((layout.numel() * dtype.size()) as u64)?;
        Ok(Self {
            piece,
            layout,
            dtype,
        })
    }

    /// A copy in another dtype.
    pub(super) fn cast(state: &State, operand: &Operand<'_>, dtype: DType) -> Result<Self> {
        let own = Self::room(state, operand.layout.shape(), dtype)?;
        pointwise::cast(state, operand, &own.operand())?;
        Ok(own)
    }

    pub(super) fn operand(&self) -> Operand<'_> {
        Operand {
            memory: &self.piece,
            layout: &self.layout,
            dtype: self.dtype,
        }
    }
}
