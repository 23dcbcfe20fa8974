//! What other programs take of the processor while something is measured.

use std::fs;
use std::process;
use std::time::Instant;

/// Units of `/proc/stat` in a second, which Linux fixes for programs whatever the kernel counts in.
const TICKS: f64 = 100.0;

/// A stretch of time in which we and peers are measured.
pub struct Watch {
    start: Instant,
    own: Vec<u32>,
    others: Option<f64>,
}

impl Watch {
    /// Begins; `peers` are the processes that are not other programs', as this one is not.
    pub fn start(peers: impl IntoIterator<Item = u32>) -> Self {
        let own: Vec<u32> = [process::id()].into_iter().chain(peers).collect();
        Self {
            start: Instant::now(),
            others: others(&own),
            own,
        }
    }

    /// Cores that others kept busy since; nothing where the system does not say.
    pub fn cores(&self) -> Option<f64> {
        let others = others(&self.own)? - self.others?;
        Some(others.max(0.0) / self.start.elapsed().as_secs_f64())
    }
}

/// Seconds of processor time that went to other than these processes since the machine started.
fn others(own: &[u32]) -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let total = busy(stat.lines().next()?)?;
    let own: f64 = own.iter().copied().map(used).sum::<Option<f64>>()?;
    Some((total - own) / TICKS)
}

/// Of the line for all cores: user, nice and system time, interrupts, and what went to other virtual machines.
fn busy(line: &str) -> Option<f64> {
    let numbers: Vec<f64> = line
        .split_whitespace()
        .skip(1)
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()?;
    [0, 1, 2, 5, 6, 7]
        .map(|at| numbers.get(at))
        .into_iter()
        .sum::<Option<f64>>()
}

/// User and system time of a process.
fn used(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let numbers = stat.rsplit_once(") ")?.1;
    let time = |at: usize| numbers.split(' ').nth(at)?.parse::<f64>().ok();
    Some(time(11)? + time(12)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_nobodys() {
        assert_eq!(busy("cpu  10 2 3 9999 5 1 1 4 0 0"), Some(21.0));
        assert_eq!(busy("cpu  10 2 x"), None);
    }
}
