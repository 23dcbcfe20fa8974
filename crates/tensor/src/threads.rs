//! The threads that kernels run on: a pool of the library's own.
//!
//! A kernel runs while its operands are locked. A thread that waits for its pool takes up other tasks
//! of that pool meanwhile; were they the user's, they could want the very lock that the waiting
//! kernel holds, or change the thread's context. So kernels split only where nobody else's tasks are.

use std::cell::Cell;
use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::context::Carried;

thread_local! {
    static HOME: Cell<bool> = const { Cell::new(false) };
}

static POOL: LazyLock<ThreadPool> = LazyLock::new(|| pool(0));

/// A pool of so many threads, or as many as rayon thinks right for 0.
fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("hammerhead-{index}"))
        .start_handler(|_| HOME.set(true))
        .build()
        .unwrap_or_else(|error| panic!("with_threads: no pool of {threads} threads: {error}"))
}

/// Runs `f` with kernels on `threads` threads (0 for as many as there are cores), in this thread's
/// context: gradient mode, generator, default device and module names.
///
/// `f` itself runs on one of them, so that small kernels need not wake the pool each time. Tasks that
/// `f` hands to rayon would run on them too and could wait for one another's tensors: a program that
/// spreads its own work over rayon does so outside of `f`, where each task's kernels stay on the
/// task's thread. Results do not depend on the number of threads.
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
pub fn with_threads<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> T {
    let pool = pool(threads);
    Carried::along(|carried| pool.install(|| carried.during(f)))
}

/// How many threads a kernel that is called here runs on (PyTorch's `torch.get_num_threads`).
///
/// ```
/// use hammerhead_tensor::{num_threads, with_threads};
/// assert_eq!(with_threads(2, num_threads), 2);
/// ```
pub fn num_threads() -> usize {
    if HOME.get() {
        rayon::current_num_threads()
    } else if rayon::current_thread_index().is_some() {
        // A worker of somebody else's pool: the other tasks fill the cores.
        1
    } else {
        POOL.current_num_threads()
    }
}

/// Runs `work`, which splits itself by rayon, where it may; called if [`num_threads`] is above 1.
pub(crate) fn split<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if HOME.get() {
        work()
    } else {
        POOL.install(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_worker_does_not_split() {
        let foreign = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        assert_eq!(foreign.install(num_threads), 1);
        assert_eq!(with_threads(3, num_threads), 3);
        assert_eq!(split(rayon::current_num_threads), num_threads());
    }

    #[test]
    fn the_context_goes_along_and_comes_back() {
        use crate::{Tensor, grad_enabled, manual_seed, no_grad};
        manual_seed(7);
        let here = [(); 2].map(|()| Tensor::rand([1]).item());
        manual_seed(7);
        let there = no_grad(|| {
            with_threads(2, || {
                assert!(!grad_enabled());
                Tensor::rand([1]).item()
            })
        });
        assert_eq!([there, Tensor::rand([1]).item()], here);
        let panicked = std::panic::catch_unwind(|| with_threads(2, || panic!("inside")));
        assert!(panicked.is_err());
        manual_seed(7);
        assert_eq!(Tensor::rand([1]).item(), here[0]);
    }
}
