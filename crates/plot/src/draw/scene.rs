//! A picture as a list of shapes: every output is made of this.

use crate::color::{Paint, Rgb, Theme};

pub(crate) type Point = (f64, f64);

/// Shapes from back to front on a page of `width` by `height` pixels, the origin at the top left.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub width: f64,
    pub height: f64,
    pub theme: Theme,
    /// What it shows, for those who can't see it.
    pub description: String,
    pub shapes: Vec<Shape>,
}

/// One shape.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// A straight line of an axis, a grid or a frame.
    Rule {
        from: Point,
        to: Point,
        rgb: Rgb,
        width: f64,
    },
    /// A line of data.
    Line {
        points: Vec<Point>,
        paint: Paint,
        width: f64,
    },
    /// A line along the axes with a head at its end.
    Arrow { points: Vec<Point>, rgb: Rgb },
    /// A filled rectangle.
    Rect {
        at: Point,
        size: Point,
        paint: Paint,
        role: Role,
    },
    /// A rectangle with round corners and a border.
    Frame {
        at: Point,
        size: Point,
        fill: Rgb,
        border: Rgb,
    },
    /// A filled circle with a border in the colour of the background.
    Dot {
        at: Point,
        radius: f64,
        paint: Paint,
    },
    /// A text whose baseline is at `at`.
    Text {
        at: Point,
        text: String,
        size: f64,
        anchor: Anchor,
        turn: Turn,
        rgb: Rgb,
    },
    /// Pixels, each of the same size, that fill a rectangle.
    Picture {
        at: Point,
        size: Point,
        columns: usize,
        pixels: Vec<Rgb>,
    },
}

/// What a filled rectangle means, for a terminal that has no colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A mark of data, to be seen.
    Mark,
    /// A part of a picture, as strong as its colour.
    Pixel,
    /// The ground of a text.
    Ground,
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Which way a text runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Level,
    Upwards,
}
