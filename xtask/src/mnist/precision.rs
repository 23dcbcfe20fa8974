//! Which dtype the network computes in.

use hammerhead::learner::Precision as Computed;
use serde::{Deserialize, Serialize};

/// A precision, as the command line and the files of a run name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits
    #[default]
    F32,
    /// 16 bits with loss scaling; parameters in 32
    F16,
    /// 16 bits of the range of 32; parameters in 32
    Bf16,
}

impl From<Precision> for Computed {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Computed::F32,
            Precision::F16 => Computed::F16,
            Precision::Bf16 => Computed::BF16,
        }
    }
}
