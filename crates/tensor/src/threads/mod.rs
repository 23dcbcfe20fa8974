//! The threads that kernels run on: the library's own.
//!
//! A kernel runs while its operands are locked. A thread of a general pool that waits takes up other tasks
//! meanwhile; were they the user's, they could want the very lock that the waiting kernel holds, or change the
//! thread's context. So kernels split only over threads that have nobody else's tasks.

mod team;

use std::cell::{Cell, RefCell};
use std::sync::{Arc, LazyLock};

use team::{Tasks, Team};

thread_local! {
    /// Whether this thread runs a task of a kernel, which is not split again.
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
    /// The team that [`with_threads`] chose.
    static CHOSEN: RefCell<Option<Arc<Team>>> = const { RefCell::new(None) };
}

static TEAM: LazyLock<Arc<Team>> = LazyLock::new(|| team(0));

/// A team of so many threads; for 0 of as many as rayon would take: `RAYON_NUM_THREADS`, or as there are cores.
fn team(threads: usize) -> Arc<Team> {
    let asked = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok();
    let threads = match threads {
        0 => asked()
            .filter(|&threads| threads > 0)
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        threads => threads,
    };
    let team = Team::new(threads);
    Arc::new(team.unwrap_or_else(|error| panic!("with_threads: no {threads} threads: {error}")))
}

/// Runs `f` with kernels on `threads` threads (0 for `RAYON_NUM_THREADS`, or as many as there are cores), this one and others that are
/// kept for it.
///
/// Only kernels that `f` itself calls run there: tasks that `f` hands to rayon or to threads of its own have kernels as
/// they would outside. Results do not depend on the number of threads.
///
/// # Panics
/// If the system gives no threads.
///
/// ```
/// use hammerhead_tensor::{Tensor, with_threads};
/// let x = Tensor::randn([300, 300]);
/// assert_eq!(with_threads(1, || x.matmul(&x)).to_vec::<f32>(), with_threads(2, || x.matmul(&x)).to_vec::<f32>());
/// ```
#[track_caller]
pub fn with_threads<T>(threads: usize, f: impl FnOnce() -> T) -> T {
    /// Puts back what was chosen before, also after a panic.
    struct Restore(Option<Arc<Team>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CHOSEN.set(self.0.take());
        }
    }
    let _restore = Restore(CHOSEN.replace(Some(team(threads))));
    f()
}

/// How many threads a kernel that is called here runs on (PyTorch's `torch.get_num_threads`).
///
/// ```
/// use hammerhead_tensor::{num_threads, with_threads};
/// assert_eq!(with_threads(2, num_threads), 2);
/// ```
pub fn num_threads() -> usize {
    here(Team::size).unwrap_or(1)
}

/// Runs `task(index, slot)` for every index below `count`, on all threads that a kernel has here. Slots are below
/// [`num_threads`], and no two running tasks share one.
pub(crate) fn spread(count: usize, task: &(dyn Fn(usize, usize) + Sync)) {
    spread_some(count, 1, &|some, slot| {
        some.for_each(|index| task(index, slot))
    });
}

/// As [`spread`], with at most so many (not 0) neighbouring tasks at a time.
pub(crate) fn spread_some(count: usize, most: usize, tasks: Tasks<'_>) {
    let split = |team: &Team| {
        let worth = count > 1 && team.size() > 1;
        if worth {
            team.run(count, most, tasks);
        }
        worth
    };
    if here(split) != Some(true) {
        alone(count, most, tasks);
    }
}

/// As [`spread_some`], on this thread.
pub(crate) fn alone(count: usize, most: usize, tasks: Tasks<'_>) {
    let starts = (0..count).step_by(most);
    starts.for_each(|start| tasks(start..count.min(start + most), 0));
}

/// Calls `f` with the team that kernels called here have, if they may split.
fn here<T>(f: impl FnOnce(&Team) -> T) -> Option<T> {
    if AT_WORK.get() {
        return None;
    }
    if let Some(chosen) = CHOSEN.with_borrow(Clone::clone) {
        return Some(f(&chosen));
    }
    // On a worker of somebody's pool, the other tasks fill the cores.
    rayon::current_thread_index().is_none().then(|| f(&TEAM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_worker_does_not_split() {
        let foreign = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .build()
            .unwrap();
        assert_eq!(foreign.install(num_threads), 1);
        assert_eq!(foreign.install(|| with_threads(3, num_threads)), 3);
    }

    #[test]
    fn a_task_does_not_split_again() {
        with_threads(2, || {
            spread(4, &|_, _| {
                assert_eq!(num_threads(), 1);
                spread(2, &|_, slot| assert_eq!(slot, 0));
            });
            assert_eq!(num_threads(), 2);
        });
    }

    #[test]
    fn the_choice_ends_with_its_scope() {
        let outside = num_threads();
        let panicked = std::panic::catch_unwind(|| with_threads(3, || panic!("inside")));
        assert!(panicked.is_err());
        assert_eq!(num_threads(), outside);
        with_threads(3, || {
            with_threads(2, || assert_eq!(num_threads(), 2));
            assert_eq!(num_threads(), 3);
        });
    }
}
