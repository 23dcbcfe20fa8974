//! Fork and join in less time than a small kernel takes: workers that look out for the next job for a while
//! before they sleep.
//!
//! A job is a number of tasks. Each thread begins with a run of its own, so that neighbouring tasks, and the same
//! tasks of the next kernel, find their data in its cache; whoever is done takes tasks from the end of another's.
//! A job may let a thread take several at once, fewer and fewer the fewer are left: what it does with them together
//! costs less, and all threads still end together.
#![allow(unsafe_code)] // Workers reach a job on the stack of the thread that waits for them.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::AT_WORK;

/// How long a worker without work looks out for more: longer than the work between two kernels of a training
/// step. Waking one that sleeps takes about as long as the product of two small matrices.
const LOOKOUT: Duration = Duration::from_micros(100);

/// What runs some tasks: it is given their numbers, and the slot of its thread.
pub(super) type Tasks<'a> = &'a (dyn Fn(Range<usize>, usize) + Sync);

/// Some threads that share the tasks of one job after the other with the threads that ask for it.
pub(super) struct Team {
    post: Arc<Post>,
    workers: Vec<JoinHandle<()>>,
}

impl Team {
    /// A team of so many threads, one of which is whichever asks.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub(super) fn new(threads: usize) -> std::io::Result<Self> {
        let mut team = Team {
            post: Arc::default(),
            workers: Vec::new(),
        };
        for slot in 1..threads {
            let post = team.post.clone();
            let worker = Builder::new().name(format!("hammerhead-{slot}"));
            team.workers.push(worker.spawn(move || post.work(slot))?);
        }
        Ok(team)
    }

    /// How many threads a job has.
    pub(super) fn size(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `tasks(some, slot)` for all indices below `count`, at most so many (not 0) at a time; slots are below
    /// [`size`](Self::size), and no two running tasks share one. At most two threads take part for every `most` indices.
    pub(super) fn run(&self, count: usize, most: usize, tasks: Tasks<'_>) {
        let job = Job::new(count, most, self.size(), tasks);
        let wanted = (2 * count.div_ceil(most)).min(count);
        let seats = self.workers.len().min(wanted - 1);
        self.post.open(&job, seats);
        job.take_part(0);
        self.post.close(&job);
        let mut patience = Patience::default();
        while job.helpers.load(Acquire) > 0 {
            patience.spin();
        }
        if let Some(panic) = unpoisoned(&job.panic).take() {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        // Under the lock, so that nobody goes to sleep without having seen it.
        let jobs = unpoisoned(&self.post.jobs);
        self.post.ending.store(true, Release);
        drop(jobs);
        self.post.wake.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its tasks.
            let _ = worker.join();
        }
    }
}

/// Where jobs wait for workers.
#[derive(Default)]
struct Post {
    jobs: Mutex<Jobs>,
    /// Workers that the open jobs have room for: what those who look out look at. Changed under the lock.
    seats: AtomicUsize,
    wake: Condvar,
    ending: AtomicBool,
}

#[derive(Default)]
struct Jobs {
    open: Vec<Open>,
    asleep: usize,
}

/// A job that has room.
struct Open {
    job: *const Job<'static>,
    seats: usize,
}

// SAFETY: a job is made to be shared, and lives until it has been closed and all helpers have left.
unsafe impl Send for Open {}

impl Post {
    fn open(&self, job: &Job<'_>, seats: usize) {
        let mut jobs = unpoisoned(&self.jobs);
        let job = std::ptr::from_ref(job).cast();
        jobs.open.push(Open { job, seats });
        self.seats.fetch_add(seats, Release);
        let asleep = jobs.asleep;
        drop(jobs);
        (0..seats.min(asleep)).for_each(|_| self.wake.notify_one());
    }

    /// From here on no more helpers come.
    fn close(&self, job: &Job<'_>) {
        let mut jobs = unpoisoned(&self.jobs);
        let place = jobs
            .open
            .iter()
            .position(|open| std::ptr::addr_eq(open.job, job))
            .expect("a job is closed once");
        let left = jobs.open.swap_remove(place).seats;
        self.seats.fetch_sub(left, Relaxed);
    }

    /// Takes a seat of a job.
    fn join(&self) -> Option<&Job<'static>> {
        let mut jobs = unpoisoned(&self.jobs);
        let open = jobs.open.iter_mut().find(|open| open.seats > 0)?;
        open.seats -= 1;
        self.seats.fetch_sub(1, Relaxed);
        // SAFETY: the job is open, and from here on waits for this helper.
        let job = unsafe { &*open.job };
        job.helpers.fetch_add(1, Relaxed);
        Some(job)
    }

    fn work(&self, slot: usize) {
        AT_WORK.set(true);
        let mut patience = Patience::default();
        while !self.ending.load(Acquire) {
            if self.seats.load(Acquire) > 0 {
                if let Some(job) = self.join() {
                    job.take_part(slot);
                    job.helpers.fetch_sub(1, Release);
                    patience = Patience::default();
                }
            } else if patience.is_over() {
                self.sleep();
                patience = Patience::default();
            }
            patience.spin();
        }
    }

    fn sleep(&self) {
        let mut jobs = unpoisoned(&self.jobs);
        jobs.asleep += 1;
        while self.seats.load(Relaxed) == 0 && !self.ending.load(Relaxed) {
            jobs = self
                .wake
                .wait(jobs)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        jobs.asleep -= 1;
    }
}

/// A number of tasks, on the stack of the thread that asks for them.
struct Job<'a> {
    tasks: Tasks<'a>,
    /// Most of them that are run together.
    most: u32,
    /// The tasks that are left of each slot's run.
    runs: SmallVec<[Run; 4]>,
    helpers: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl<'a> Job<'a> {
    fn new(count: usize, most: usize, slots: usize, tasks: Tasks<'a>) -> Self {
        let count = u32::try_from(count).expect("a job has fewer than 2^32 tasks");
        let runs = slots as u32;
        let bound = |slot: u32| (u64::from(count) * u64::from(slot) / u64::from(runs)) as u32;
        Self {
            tasks,
            most: most.min(count as usize) as u32,
            runs: (0..runs)
                .map(|slot| Run::new(bound(slot), bound(slot + 1)))
                .collect(),
            helpers: AtomicUsize::new(0),
            panic: Mutex::new(None),
        }
    }

    /// Runs tasks as long as there are any.
    fn take_part(&self, slot: usize) {
        let before = AT_WORK.replace(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            while let Some(some) = self.runs[slot].first(self.most) {
                (self.tasks)(some, slot);
            }
            while let Some(fullest) = self.runs.iter().max_by_key(|run| run.left())
                && fullest.left() > 0
            {
                if let Some(some) = fullest.last(self.most) {
                    (self.tasks)(some, slot);
                }
            }
        }));
        AT_WORK.set(before);
        if let Err(panic) = outcome {
            self.runs.iter().for_each(Run::clear);
            unpoisoned(&self.panic).get_or_insert(panic);
        }
    }
}

/// The numbers from a first to before an end, which are taken from both ends. In a cache line of its own, as it is
/// written all the time.
#[repr(align(64))]
struct Run(AtomicU64);

impl Run {
    fn new(first: u32, end: u32) -> Self {
        Self(AtomicU64::new(Self::pack(first, end)))
    }

    fn pack(first: u32, end: u32) -> u64 {
        u64::from(first) << 32 | u64::from(end)
    }

    fn unpack(ends: u64) -> (u32, u32) {
        ((ends >> 32) as u32, ends as u32)
    }

    fn left(&self) -> u32 {
        let (first, end) = Self::unpack(self.0.load(Relaxed));
        end - first
    }

    /// At most so many of the first ones, and half of what is left at most.
    fn first(&self, most: u32) -> Option<Range<usize>> {
        self.take(|first, end| {
            let taken = first + ((end - first) / 2).clamp(1, most);
            (first..taken, Self::pack(taken, end))
        })
    }

    /// As [`first`](Self::first), of the last ones.
    fn last(&self, most: u32) -> Option<Range<usize>> {
        self.take(|first, end| {
            let taken = end - ((end - first) / 2).clamp(1, most);
            (taken..end, Self::pack(first, taken))
        })
    }

    fn take(&self, choose: impl Fn(u32, u32) -> (Range<u32>, u64)) -> Option<Range<usize>> {
        let mut ends = self.0.load(Relaxed);
        loop {
            let (first, end) = Self::unpack(ends);
            if first == end {
                return None;
            }
            let (taken, rest) = choose(first, end);
            match self.0.compare_exchange_weak(ends, rest, Relaxed, Relaxed) {
                Ok(_) => return Some(taken.start as usize..taken.end as usize),
                Err(now) => ends = now,
            }
        }
    }

    fn clear(&self) {
        self.0.store(0, Relaxed);
    }
}

/// Waits without sleeping, and knows for how long.
#[derive(Default)]
struct Patience {
    spins: u32,
    until: Option<Instant>,
}

impl Patience {
    /// Spins between two looks at the clock.
    const ROUND: u32 = 16;
    /// Rounds after which a thread that waits for this core may have it.
    const POLITE: u32 = 64 * Self::ROUND;

    fn spin(&mut self) {
        self.spins = self.spins.wrapping_add(1);
        if self.spins.is_multiple_of(Self::POLITE) {
            std::thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
    }

    fn is_over(&mut self) -> bool {
        self.spins.is_multiple_of(Self::ROUND) && {
            let now = Instant::now();
            now > *self.until.get_or_insert(now + LOOKOUT)
        }
    }
}

/// What a mutex guards; no panic happens while one of these is held.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::SeqCst;

    use super::*;

    #[test]
    fn every_task_runs_once_and_alone_in_its_slot() {
        let team = Team::new(3).unwrap();
        for (count, most) in [(2, 1), (3, 1), (7, 4), (40, 100), (1000, 1), (1000, 6)] {
            let runs: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
            let busy = [const { AtomicBool::new(false) }; 3];
            team.run(count, most, &|tasks, slot| {
                assert!(!busy[slot].swap(true, SeqCst));
                assert!((1..=most).contains(&tasks.len()));
                for index in tasks {
                    runs[index].fetch_add(1, SeqCst);
                }
                assert!(busy[slot].swap(false, SeqCst));
            });
            assert!(runs.iter().all(|runs| runs.load(SeqCst) == 1), "{count}");
        }
    }

    #[test]
    fn a_thread_takes_many_tasks_at_first_and_one_at_last() {
        let run = Run::new(4, 20);
        let taken: Vec<_> = std::iter::from_fn(|| run.first(6)).collect();
        assert_eq!(taken, [4..10, 10..15, 15..17, 17..18, 18..19, 19..20]);
        let run = Run::new(4, 13);
        assert_eq!(
            (run.last(3), run.first(6), run.last(3), run.first(6)),
            (Some(10..13), Some(4..7), Some(9..10), Some(7..8))
        );
        assert_eq!((run.last(3), run.last(3)), (Some(8..9), None));
    }

    #[test]
    fn all_threads_take_part_also_when_they_slept() {
        let team = Team::new(3).unwrap();
        for pause in [0, 20] {
            std::thread::sleep(Duration::from_millis(pause));
            let met = std::sync::Barrier::new(3);
            // No task ends before each of the three threads has one.
            team.run(3, 1, &|_, _| {
                met.wait();
            });
        }
    }

    #[test]
    fn several_threads_may_ask_one_team() {
        let team = Team::new(2).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let sum = AtomicUsize::new(0);
                        team.run(10, 1, &|tasks, _| {
                            sum.fetch_add(tasks.sum(), SeqCst);
                        });
                        assert_eq!(sum.into_inner(), 45);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_of_any_task_reaches_who_asked() {
        let team = Team::new(2).unwrap();
        for wrong in [0, 9] {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                team.run(10, 1, &|tasks, _| assert_ne!(tasks.start, wrong, "told"));
            }));
            let panic = outcome.unwrap_err();
            assert!(panic.downcast_ref::<String>().unwrap().contains("told"));
            team.run(10, 1, &|_, _| {});
        }
    }
}
