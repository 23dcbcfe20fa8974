//! What the machine does at most: multiply-adds from registers, and copies of more than its caches hold.

use std::time::Instant;

use hammerhead::tensor::limits::multiply_add;

use crate::bench::case::Work;

/// Floating-point numbers of each side of a thread's copy: beyond any cache.
const COPIED: usize = 1 << 24;

/// Steps of multiply-adds: some 20 ms.
const STEPS: usize = 6_000_000;

/// Bytes from which on operands are thought to lie in memory.
const LARGE: f64 = 64e6;

/// The limits of some threads.
pub struct Limits {
    threads: usize,
    quick: bool,
}

impl Limits {
    pub fn new(threads: usize, quick: bool) -> Self {
        Self { threads, quick }
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
        let start = Instant::now();
        let flops: f64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|_| scope.spawn(move || multiply_add(steps)))
                .collect();
            let done = threads.into_iter().map(|thread| thread.join());
            done.map(|flops| flops.expect("a thread multiplies")).sum()
        });
        flops / start.elapsed().as_secs_f64() / 1e9
    }

    /// GB/s, read and written together.
    fn copies(&self) -> f64 {
        let source = vec![1f32; COPIED];
        let mut copy = vec![0f32; COPIED];
        let part = COPIED.div_ceil(self.threads);
        let mut seconds = f64::INFINITY;
        for _ in 0..3 {
            let start = Instant::now();
            std::thread::scope(|scope| {
                for (from, to) in source.chunks(part).zip(copy.chunks_mut(part)) {
                    scope.spawn(|| to.copy_from_slice(from));
                }
            });
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        2.0 * size_of_val(&source[..]) as f64 / seconds / 1e9
    }
}
