//! Where the cost of an operation is flat and where it is not.

use std::fmt;

/// The part of the best rate from which on the cost is to be flat.
pub const REACHED: f64 = 0.75;

/// A size, and how many operations a second were done.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub size: usize,
    pub rate: f64,
}

/// The sizes of one kind of work.
pub struct Judged {
    /// `batch`, `picture` or `width`.
    pub grows: &'static str,
    pub name: String,
    pub points: Vec<Point>,
}

impl Judged {
    pub fn new(grows: &'static str, name: String, points: Vec<Point>) -> Self {
        Self {
            grows,
            name,
            points,
        }
    }

    pub fn best(&self) -> f64 {
        let rates = self.points.iter().map(|point| point.rate);
        rates.fold(0.0, f64::max)
    }

    /// Of the sizes from the first on that comes near the best rate.
    fn reached(&self) -> &[Point] {
        let enough = REACHED * self.best();
        let first = self.points.iter().position(|point| point.rate >= enough);
        &self.points[first.unwrap_or(self.points.len())..]
    }

    /// Those that fall behind again.
    fn behind(&self) -> impl Iterator<Item = &Point> {
        let enough = REACHED * self.best();
        self.reached()
            .iter()
            .filter(move |point| point.rate < enough)
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let best = self.best();
        write!(f, "{:<34} {:>5.0} GFLOP/s at best", self.name, best / 1e9)?;
        if let Some(first) = self.reached().first() {
            write!(f, ", 75 % of it from {} on", first.size)?;
        }
        let part = |point: &Point| format!("{:.0} % at {}", 100.0 * point.rate / best, point.size);
        let behind: Vec<String> = self.behind().map(part).collect();
        match behind.is_empty() {
            true => f.write_str(": flat"),
            false => write!(f, ": NOT FLAT, {}", behind.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rates: &[f64]) -> String {
        let points = rates.iter().enumerate();
        let points = points.map(|(at, rate)| Point {
            size: 1 << at,
            rate: rate * 1e9,
        });
        Judged::new("batch", "x".to_owned(), points.collect()).to_string()
    }

    #[test]
    fn what_falls_behind_after_it_was_fast_is_named() {
        assert!(judged(&[10.0, 40.0, 80.0, 100.0, 76.0]).ends_with("from 4 on: flat"));
        let fallen = judged(&[10.0, 80.0, 70.0, 100.0]);
        assert!(
            fallen.ends_with("from 2 on: NOT FLAT, 70 % at 4"),
            "{fallen}"
        );
    }
}
