//! Which dtype a model computes in.

use hammerhead_tensor::DType;
use serde::{Deserialize, Serialize};

/// The dtype that products and convolutions are computed in. Parameters, their gradients and the optimiser's
/// states are `F32` in all of them, as are losses and the statistics of batch norm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits with 11 of precision up to 65504, with loss scaling
    /// ([`GradScaler`](hammerhead_optim::GradScaler)).
    F16,
    /// 16 bits with 8 of precision over the range of `F32`, without loss scaling.
    BF16,
}

impl Precision {
    /// The 16-bit dtype, if it is one.
    pub fn dtype(self) -> Option<DType> {
        match self {
            Precision::F32 => None,
            Precision::F16 => Some(DType::F16),
            Precision::BF16 => Some(DType::BF16),
        }
    }

    /// The name in messages and files.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F16 => "f16",
            Precision::BF16 => "bf16",
        }
    }

    /// Losses in a row that may be beyond numbers before a fit ends. With 11 bits up to 65504 one is no
    /// disaster: its step is left out. As many as take the scale from 2^16 to 1 are.
    pub(crate) fn overflows(self) -> usize {
        match self {
            Precision::F32 | Precision::BF16 => 0,
            Precision::F16 => 15,
        }
    }
}
