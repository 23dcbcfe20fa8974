//! A curve through given points, the common ground of the one-cycle forms.

use super::cosine::half_cosine;
use super::{Schedule, finite};

/// How a value goes from one point to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annealing {
    /// Along half a cosine: flat at both ends.
    Cosine,
    /// In a straight line.
    Linear,
}

impl Annealing {
    /// From `start` at position 0 to `end` at position 1.
    fn between(self, start: f64, end: f64, position: f64) -> f64 {
        match self {
            Self::Cosine => half_cosine(start, end, position),
            Self::Linear => start + (end - start) * position,
        }
    }
}

/// A curve through points `(step, value)`; constant before the first and after the last.
///
/// Steps may be fractional: a schedule that peaks after 30 % of 9 steps peaks between two of them.
///
/// ```
/// use hammerhead_optim::schedule::{Annealing, Curve, Schedule};
///
/// let momentum = Curve::new(Annealing::Linear, [(0.0, 0.95), (2.5, 0.85), (10.0, 0.95)]);
/// assert_eq!([momentum.at(0), momentum.at(10), momentum.at(99)], [0.95, 0.95, 0.95]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    annealing: Annealing,
    points: Vec<(f64, f64)>,
}

impl Curve {
    /// Through these points, in the order of their steps.
    ///
    /// # Panics
    /// If there is no point, a number is not finite, or the steps go backwards.
    #[track_caller]
    pub fn new(annealing: Annealing, points: impl Into<Vec<(f64, f64)>>) -> Self {
        let points = points.into();
        assert!(!points.is_empty(), "Curve: needs at least one point");
        for (step, value) in &points {
            finite("Curve", "step", *step);
            finite("Curve", "value", *value);
        }
        assert!(
            points.is_sorted_by(|one, next| one.0 <= next.0),
            "Curve: the steps of the points must not go backwards, got {points:?}"
        );
        Self { annealing, points }
    }
}

impl Schedule for Curve {
    fn at(&self, step: usize) -> f64 {
        let step = step as f64;
        let next = self.points.partition_point(|(at, _)| *at <= step);
        let Some(&(start, first)) = next
            .checked_sub(1)
            .and_then(|before| self.points.get(before))
        else {
            return self.points[0].1;
        };
        match self.points.get(next) {
            // On a point its value is returned itself, free of the formula's rounding.
            Some(&(end, last)) if step > start => {
                self.annealing
                    .between(first, last, (step - start) / (end - start))
            }
            _ => first,
        }
    }
}
