//! Lines cut off at the edges of their axes.

use super::scene::Point;

/// The rectangle from `low` to `high`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub low: Point,
    pub high: Point,
}

impl Window {
    pub fn holds(&self, (x, y): Point) -> bool {
        (self.low.0..=self.high.0).contains(&x) && (self.low.1..=self.high.1).contains(&y)
    }

    /// The parts of a line inside; a point that is not finite interrupts it.
    pub fn clip(&self, points: &[Point]) -> Vec<Vec<Point>> {
        let mut parts: Vec<Vec<Point>> = Vec::new();
        for pair in points.windows(2) {
            let Some((from, to)) = self.segment(pair[0], pair[1]) else {
                continue;
            };
            match parts.last_mut() {
                Some(part) if part.last() == Some(&from) => part.push(to),
                _ => parts.push(vec![from, to]),
            }
        }
        parts
    }

    /// The part of a segment inside (Liang and Barsky's way).
    fn segment(&self, from: Point, to: Point) -> Option<(Point, Point)> {
        if ![from.0, from.1, to.0, to.1].iter().all(|v| v.is_finite()) {
            return None;
        }
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let (mut start, mut end) = (0.0f64, 1.0f64);
        for (direction, distance) in [
            (-dx, from.0 - self.low.0),
            (dx, self.high.0 - from.0),
            (-dy, from.1 - self.low.1),
            (dy, self.high.1 - from.1),
        ] {
            if direction == 0.0 {
                if distance < 0.0 {
                    return None;
                }
            } else if direction < 0.0 {
                start = start.max(distance / direction);
            } else {
                end = end.min(distance / direction);
            }
        }
        if start > end {
            return None;
        }
        let at = |share: f64| match share {
            0.0 => from,
            1.0 => to,
            _ => (from.0 + dx * share, from.1 + dy * share),
        };
        Some((at(start), at(end)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNIT: Window = Window {
        low: (0.0, 0.0),
        high: (1.0, 1.0),
    };

    #[test]
    fn a_line_is_cut_where_it_leaves_and_goes_on_where_it_returns() {
        let line = [(0.0, 0.5), (0.25, 1.5), (0.75, 1.5), (1.0, 0.5)];
        assert_eq!(
            UNIT.clip(&line),
            [
                vec![(0.0, 0.5), (0.125, 1.0)],
                vec![(0.875, 1.0), (1.0, 0.5)]
            ]
        );
        assert_eq!(UNIT.clip(&[(0.1, 0.1), (0.2, 0.2), (0.3, 0.1)]).len(), 1);
        assert!(UNIT.clip(&[(-1.0, 2.0), (2.0, 2.0)]).is_empty());
        assert!(UNIT.clip(&[(0.5, 0.5)]).is_empty());
    }

    #[test]
    fn a_point_that_is_no_number_interrupts() {
        let line = [
            (0.1, 0.1),
            (0.2, 0.1),
            (0.3, f64::NAN),
            (0.4, 0.1),
            (0.5, 0.1),
        ];
        assert_eq!(UNIT.clip(&line).len(), 2);
    }

    proptest! {
        #[test]
        fn what_is_left_is_inside(points in proptest::collection::vec((-3.0f64..3.0, -3.0f64..3.0), 0..20)) {
            for point in UNIT.clip(&points).concat() {
                prop_assert!((-1e-9..=1.0 + 1e-9).contains(&point.0) && (-1e-9..=1.0 + 1e-9).contains(&point.1));
            }
        }
    }
}
