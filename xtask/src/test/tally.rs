//! Reads the counts out of a test runner's summary line.

use std::iter::Sum;
use std::ops::AddAssign;

use crate::step::Outcome;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, timed out or could not be run.
    pub failed: u64,
}

impl Tally {
    /// The counts in a line of nextest (`5 tests run: 4 passed, 1 failed`) or of libtest.
    pub fn parse(line: &str) -> Self {
        let mut tally = Self::default();
        for part in line.split([',', ';', ':', '.']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(kind)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(count) = count.parse::<u64>() else {
                continue;
            };
            match kind {
                "passed" => tally.passed += count,
                "failed" | "timed" | "exec" => tally.failed += count,
                _ => {}
            }
        }
        tally
    }

    /// A check without tests counts as one; one that could not run counts as nothing.
    pub fn of_check(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self {
                passed: 1,
                failed: 0,
            },
            Outcome::Failed(_) => Self {
                passed: 0,
                failed: 1,
            },
            Outcome::Skipped(_) => Self::default(),
        }
    }

    /// Whether no test ran.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |mut sum, tally| {
            sum += tally;
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_and_libtest_lines_are_read() {
        let nextest =
            "Summary [   0.012s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 0 skipped";
        assert_eq!(
            Tally::parse(nextest),
            Tally {
                passed: 6,
                failed: 3
            }
        );
        let libtest =
            "test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out";
        assert_eq!(
            Tally::parse(libtest),
            Tally {
                passed: 5,
                failed: 1
            }
        );
        assert!(Tally::parse("Summary [ 0.0s] 0 tests run: 0 passed, 0 skipped").is_empty());
    }

    #[test]
    fn tallies_add_up() {
        let parts = [
            Tally {
                passed: 1,
                failed: 2,
            },
            Tally {
                passed: 3,
                failed: 0,
            },
        ];
        assert_eq!(
            parts.into_iter().sum::<Tally>(),
            Tally {
                passed: 4,
                failed: 2
            }
        );
        assert_eq!(Tally::of_check(&Outcome::Failed(String::new())).failed, 1);
    }
}
