//! How large the work is that a device is given.

use hammerhead::gpu::Vulkan;

use crate::bench::case::Rounds;
use crate::bench::clock::Clock;

/// How large the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// To see that it runs.
    Quick,
    /// For drivers in software.
    Software,
    /// For GPUs.
    Full,
}

impl Scale {
    pub fn of(gpu: &Vulkan, quick: bool) -> Self {
        match gpu.info().kind {
            _ if quick => Self::Quick,
            "software" => Self::Software,
            _ => Self::Full,
        }
    }

    /// One of three, by scale.
    pub fn pick<T>(self, quick: T, software: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Software => software,
            Self::Full => full,
        }
    }

    pub fn rounds(self) -> Rounds {
        Rounds {
            count: self.pick(1, 5, 7),
            patience: self.pick(0.0, 0.05, 0.1),
            clock: Clock::Wall,
        }
    }
}
