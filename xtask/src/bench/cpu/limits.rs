//! What the machine does at most: multiply-adds from registers, and copies of more than its caches hold.

use std::sync::Mutex;

use hammerhead::tensor::limits::multiply_add;

use crate::bench::case::Work;
use crate::bench::clock::Clock;

/// Floating-point numbers of each side of a thread's copy: beyond any cache.
const COPIED: usize = 1 << 24;

/// Steps of multiply-adds, some 20 ms, and how often they are done.
const STEPS: usize = 6_000_000;
const TRIES: usize = 8;

/// Bytes from which on operands are thought to lie in memory.
const LARGE: f64 = 64e6;

/// The limits of some threads.
pub struct Limits {
    threads: usize,
    quick: bool,
    clock: Clock,
}

impl Limits {
    pub fn new(threads: usize, quick: bool, clock: Clock) -> Self {
        Self {
            threads,
            quick,
            clock,
        }
    }

    /// The limit of a kind of work, measured now.
    pub fn of(&self, work: Work) -> Option<f64> {
        match work {
            Work::Flops(_) => Some(self.multiply_adds()),
            Work::Bytes(count) if count >= LARGE => Some(self.copies()),
            Work::Bytes(_) | Work::Samples(_) => None,
        }
    }

    /// GFLOP/s.
    fn multiply_adds(&self) -> f64 {
        let steps = if self.quick { 1000 } else { STEPS };
        let mut most = 0.0;
        // A peer's threads may spin for a while after its round.
        for _ in 0..TRIES {
            let flops = Mutex::new(0.0);
            let seconds = self.seconds(vec![steps; self.threads], |steps| {
                let done = multiply_add(steps);
                *flops.lock().expect("no thread panics") += done;
            });
            let flops = flops.into_inner().expect("no thread panics");
            most = f64::max(most, flops / seconds / 1e9);
        }
        most
    }

    /// GB/s, read and written together.
    fn copies(&self) -> f64 {
        let source = vec![1f32; COPIED];
        let mut copy = vec![0f32; COPIED];
        let part = COPIED.div_ceil(self.threads);
        let mut seconds = f64::INFINITY;
        for _ in 0..3 {
            let parts = source.chunks(part).zip(copy.chunks_mut(part)).collect();
            let copied = self.seconds(parts, |(from, to): (&[f32], &mut [f32])| {
                to.copy_from_slice(from);
            });
            seconds = seconds.min(copied);
        }
        2.0 * size_of_val(&source[..]) as f64 / seconds / 1e9
    }

    /// How long it takes to do each part on a thread of its own.
    fn seconds<T: Send>(&self, mut parts: Vec<T>, task: impl Fn(T) + Sync) -> f64 {
        let start = self.clock.seconds();
        // This thread has a part too: it alone is timed where its own time counts.
        let here = parts.pop();
        std::thread::scope(|scope| {
            for part in parts {
                scope.spawn(|| task(part));
            }
            here.into_iter().for_each(&task);
        });
        self.clock.seconds() - start
    }
}
