//! The shape of arrows: round corners and a head.

use crate::draw::scene::Point;

/// The radius of corners.
const CORNER: f64 = 9.0;
/// Length and half of the width of a head.
const HEAD: (f64, f64) = (8.0, 4.0);
/// The width of the line.
pub(crate) const WIDTH: f64 = 1.75;

/// One step of a path.
pub(crate) enum Step {
    Line(Point),
    /// A curve with its control point.
    Curve(Point, Point),
}

/// Where the line starts, its steps, and the three corners of the head.
pub(crate) struct Arrow {
    pub start: Point,
    pub steps: Vec<Step>,
    pub head: [Point; 3],
}

/// An arrow along `points`, two or more.
pub(crate) fn along(points: &[Point]) -> Arrow {
    let (last, before) = (points[points.len() - 1], points[points.len() - 2]);
    let (dx, dy) = direction(before, last);
    let neck = (last.0 - dx * HEAD.0, last.1 - dy * HEAD.0);
    let mut steps = Vec::new();
    for corner in points.windows(3) {
        let near = |other: Point| {
            let (dx, dy) = direction(corner[1], other);
            let reach = CORNER.min(distance(corner[1], other) / 2.0);
            (corner[1].0 + dx * reach, corner[1].1 + dy * reach)
        };
        steps.push(Step::Line(near(corner[0])));
        steps.push(Step::Curve(corner[1], near(corner[2])));
    }
    steps.push(Step::Line(neck));
    Arrow {
        start: points[0],
        steps,
        head: [
            last,
            (neck.0 - dy * HEAD.1, neck.1 + dx * HEAD.1),
            (neck.0 + dy * HEAD.1, neck.1 - dx * HEAD.1),
        ],
    }
}

fn distance(from: Point, to: Point) -> f64 {
    (to.0 - from.0).hypot(to.1 - from.1)
}

fn direction(from: Point, to: Point) -> Point {
    let length = distance(from, to).max(1e-9);
    ((to.0 - from.0) / length, (to.1 - from.1) / length)
}
