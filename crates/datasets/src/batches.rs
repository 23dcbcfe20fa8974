//! One epoch under way: batches made on demand, or ahead of time by worker threads.
//!
//! With `w` workers, worker `k` makes the batches `k`, `k + w`, `k + 2w` and so on, and hands them
//! over through a channel of its own. The consumer takes from the channels in turn, so the order
//! needs no sorting, and a full channel stops its worker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use crate::dataset::panicked;
use crate::error::{Error, Result};
use crate::loader::{Fetch, Position};

/// Which items make which batch of an epoch.
pub(crate) struct Plan {
    pub(crate) order: Vec<usize>,
    pub(crate) batch_size: usize,
    pub(crate) epoch: u64,
}

impl Plan {
    fn len(&self) -> usize {
        self.order.len().div_ceil(self.batch_size)
    }

    fn make<B>(&self, fetch: &Fetch<B>, batch: usize) -> Result<B> {
        let start = batch * self.batch_size;
        let end = (start + self.batch_size).min(self.order.len());
        let indices = &self.order[start..end];
        catch_unwind(AssertUnwindSafe(|| fetch(indices))).unwrap_or_else(|payload| {
            Err(panicked(
                format!("batch {batch} of epoch {}, items {indices:?}", self.epoch),
                &*payload,
            ))
        })
    }
}

/// The batches of an epoch, or of what is left of it; made by [`DataLoader`](crate::DataLoader).
///
/// After an error there are no more batches. Dropping it in the middle of an epoch ends the
/// workers, once each has finished the item in its hands.
///
/// ```
/// use hammerhead_datasets::DataLoader;
///
/// let loader = DataLoader::new(vec!['a', 'b', 'c']).batch_size(2);
/// let mut batches = loader.epoch(0);
/// assert_eq!(batches.next().expect("a batch")?, ['a', 'b']);
/// assert_eq!(batches.position().batch, 1);
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
pub struct Batches<B> {
    fetch: Arc<Fetch<B>>,
    plan: Arc<Plan>,
    next: usize,
    end: usize,
    crew: Option<Crew<B>>,
}

struct Crew<B> {
    first: usize,
    receivers: Vec<Receiver<Result<B>>>,
    threads: Vec<JoinHandle<()>>,
}

impl<B: Send + 'static> Batches<B> {
    pub(crate) fn start(
        fetch: Arc<Fetch<B>>,
        plan: Plan,
        first: usize,
        workers: usize,
        prefetch: usize,
    ) -> Batches<B> {
        let plan = Arc::new(plan);
        let end = plan.len();
        let next = first.min(end);
        // A worker without a batch to make would be started for nothing.
        let workers = workers.min(end - next);
        let crew = (workers > 0).then(|| Crew::hire(&fetch, &plan, next, workers, prefetch));
        Batches {
            fetch,
            plan,
            next,
            end,
            crew,
        }
    }

    /// Where the next batch stands; at the end of an epoch, the beginning of the next one.
    pub fn position(&self) -> Position {
        if self.next < self.plan.len() {
            Position {
                epoch: self.plan.epoch,
                batch: self.next,
            }
        } else {
            Position {
                epoch: self.plan.epoch + 1,
                batch: 0,
            }
        }
    }
}

impl<B: Send + 'static> Crew<B> {
    fn hire(
        fetch: &Arc<Fetch<B>>,
        plan: &Arc<Plan>,
        first: usize,
        workers: usize,
        prefetch: usize,
    ) -> Crew<B> {
        let mut crew = Crew {
            first,
            receivers: Vec::new(),
            threads: Vec::new(),
        };
        for worker in 0..workers {
            // The worker itself holds one more, waiting to be handed over.
            let (sender, receiver) = sync_channel(prefetch - 1);
            let (fetch, plan) = (fetch.clone(), plan.clone());
            let work = move || {
                for batch in (first + worker..plan.len()).step_by(workers) {
                    let result = plan.make(&*fetch, batch);
                    let failed = result.is_err();
                    // Nobody listens any more once the epoch was dropped.
                    if sender.send(result).is_err() || failed {
                        return;
                    }
                }
            };
            let spawned = thread::Builder::new()
                .name(format!("loader-{worker}"))
                .spawn(work);
            // Without a thread its channel is closed, which `receive` answers with an error.
            crew.threads.extend(spawned);
            crew.receivers.push(receiver);
        }
        crew
    }

    fn receive(&self, batch: usize) -> Result<B> {
        let worker = (batch - self.first) % self.receivers.len();
        self.receivers[worker].recv().unwrap_or_else(|_| {
            Err(Error::custom(format!(
                "batch {batch}: the system gave no thread for worker {worker}; help: use fewer workers"
            )))
        })
    }
}

impl<B> Drop for Crew<B> {
    fn drop(&mut self) {
        // Closed channels are what the workers notice, so they go first.
        self.receivers.clear();
        for thread in self.threads.drain(..) {
            // A worker catches the panics of the code it runs; there is nothing to hear from it.
            let _ = thread.join();
        }
    }
}

impl<B: Send + 'static> Iterator for Batches<B> {
    type Item = Result<B>;

    fn next(&mut self) -> Option<Result<B>> {
        if self.next >= self.end {
            return None;
        }
        let result = match &self.crew {
            Some(crew) => crew.receive(self.next),
            None => self.plan.make(&*self.fetch, self.next),
        };
        match result {
            // The position stays at the batch that failed, so that resuming tries it again.
            Err(_) => self.end = self.next,
            Ok(_) => self.next += 1,
        }
        if self.next == self.end {
            self.crew = None;
        }
        Some(result)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

impl<B: Send + 'static> ExactSizeIterator for Batches<B> {}

impl<B: Send + 'static> std::iter::FusedIterator for Batches<B> {}
