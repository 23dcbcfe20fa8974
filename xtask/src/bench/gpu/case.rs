//! One thing to measure, and how it is timed.

use std::time::Instant;

use hammerhead::gpu::Vulkan;
use serde_json::Value;

use super::peer::Peer;

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

    /// Times that we and a peer take turns.
    fn rounds(self) -> usize {
        self.pick(1, 5, 7)
    }

    /// Seconds that a round should last at least.
    pub fn patience(self) -> f64 {
        self.pick(0.0, 0.05, 0.1)
    }
}

/// What one run of a case amounts to.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    Flops(f64),
    Bytes(f64),
    Samples(f64),
}

impl Work {
    /// The rate that so many seconds make, and its unit.
    pub fn rate(self, seconds: f64) -> (f64, &'static str) {
        match self {
            Self::Flops(count) => (count / seconds / 1e9, "GFLOP/s"),
            Self::Bytes(count) => (count / seconds / 1e9, "GB/s"),
            Self::Samples(count) => (count / seconds, "samples/s"),
        }
    }
}

/// What is run again and again.
pub type Run = Box<dyn FnMut()>;

/// Something to measure.
pub struct Case {
    pub name: String,
    work: Work,
    /// The same, for a peer.
    request: Value,
    /// Makes the operands; not before it is this case's turn, because they are large.
    make: Box<dyn FnOnce() -> Run>,
}

/// A case measured.
pub struct Measured {
    pub name: String,
    pub work: Work,
    pub seconds: f64,
    pub peer_seconds: Option<f64>,
}

impl Case {
    pub fn new<R: FnMut() + 'static>(
        name: String,
        work: Work,
        request: Value,
        make: impl FnOnce() -> R + 'static,
    ) -> Self {
        Self {
            name,
            work,
            request,
            make: Box::new(move || Box::new(make())),
        }
    }

    /// Medians of rounds, in turn with a peer.
    pub fn measure(self, gpu: &Vulkan, scale: Scale, peer: &mut Peer) -> Measured {
        let mut run = (self.make)();
        let mut time = |times: usize| {
            let start = Instant::now();
            for _ in 0..times {
                run();
            }
            gpu.sync();
            start.elapsed().as_secs_f64() / times as f64
        };
        // Pipelines are made in the first run, and only the second tells how long one takes.
        time(1);
        let times = (scale.patience() / time(1)).ceil().clamp(1.0, 10_000.0) as usize;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..scale.rounds() {
            ours.push(time(times));
            theirs.extend(peer.ask(&self.request));
        }
        Measured {
            name: self.name,
            work: self.work,
            seconds: median(&mut ours),
            peer_seconds: (!theirs.is_empty()).then(|| median(&mut theirs)),
        }
    }
}

/// The middle one of some numbers.
pub fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
