//! What time is told by.

use std::fs;
use std::sync::LazyLock;
use std::time::Instant;

/// What time is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// As people tell it.
    Wall,
    /// The processor's time for the thread that asks. Where others run too it hardly depends on them.
    Thread,
}

impl Clock {
    /// The thread's, where the system tells it.
    pub fn of_thread() -> Option<Self> {
        on_processor().map(|_| Self::Thread)
    }

    /// Seconds since some moment.
    pub fn seconds(self) -> f64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::Wall => START.elapsed().as_secs_f64(),
            Self::Thread => on_processor().expect("it was told before"),
        }
    }

    /// What a peer calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Thread => "processor",
        }
    }
}

/// Seconds that this thread has had; Linux counts in nanoseconds.
fn on_processor() -> Option<f64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = stat.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
