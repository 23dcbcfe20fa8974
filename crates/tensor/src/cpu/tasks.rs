//! Splitting a kernel's work over threads, the same way for any number of them.

use std::ops::Range;

use crate::threads;

/// Whether a kernel may use the thread pool. Results are the same bits either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parallel {
    /// Only the calling thread.
    Off,
    /// The library's own threads, unless the caller runs on somebody else's.
    On,
}

impl Parallel {
    /// `On` if `work` (in floating-point operations) is worth waking another thread.
    pub(crate) fn if_worth(self, work: usize) -> Self {
        const GRAIN: usize = 1 << 21;
        if work >= GRAIN { self } else { Self::Off }
    }

    /// How many tasks may run at once; each gets a slot below this number.
    pub(crate) fn slots(self) -> usize {
        match self {
            Self::Off => 1,
            Self::On => threads::num_threads(),
        }
    }

    /// Runs `task(index, slot)` for every index; no two running tasks share a slot.
    pub(crate) fn for_each(self, count: usize, task: impl Fn(usize, usize) + Sync) {
        match self {
            Self::On => threads::spread(count, &task),
            Self::Off => (0..count).for_each(|index| task(index, 0)),
        }
    }

    /// As [`for_each`](Self::for_each), with at most so many (not 0) neighbouring indices at a time; the result must not
    /// depend on which come together.
    pub(crate) fn for_some(
        self,
        count: usize,
        most: usize,
        tasks: impl Fn(Range<usize>, usize) + Sync,
    ) {
        match self {
            Self::On => threads::spread_some(count, most, &tasks),
            Self::Off => threads::alone(count, most, &tasks),
        }
    }
}

/// `0..len` split into runs whose lengths differ by at most one, the longer ones first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runs {
    base: usize,
    extra: usize,
}

impl Runs {
    /// So many (not 0) runs; it divides, so that finding one does not.
    pub(crate) fn new(len: usize, parts: usize) -> Self {
        Self {
            base: len / parts,
            extra: len % parts,
        }
    }

    /// What some neighbouring runs cover.
    #[inline]
    pub(crate) fn of(self, runs: Range<usize>) -> Range<usize> {
        let first = |run: usize| run * self.base + run.min(self.extra);
        first(runs.start)..first(runs.end)
    }

    /// One run.
    #[inline]
    pub(crate) fn at(self, index: usize) -> Range<usize> {
        self.of(index..index + 1)
    }
}

/// Splits `0..len` into `parts` [`Runs`]; returns run `index`.
pub(crate) fn run(len: usize, parts: usize, index: usize) -> Range<usize> {
    Runs::new(len, parts).at(index)
}
