//! What plotters draws on: it turns calls into shapes.

use std::convert::Infallible;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
    text_anchor::{HPos, VPos},
};

use super::medium::Medium;
use super::scene::{Anchor, Point, Role, Scene, Shape, Turn};
use crate::color::Paint;
use crate::font::CAPITALS;

/// Steps in a pixel: plotters counts in whole numbers, which would make curves ragged.
pub(crate) const STEPS: f64 = 32.0;

/// Pixels in plotters' steps.
pub(crate) fn steps(pixels: f64) -> i32 {
    (pixels * STEPS).round() as i32
}

/// A backend of plotters that records.
pub(crate) struct Recorder<'a> {
    pub scene: &'a mut Scene,
    pub medium: Medium,
}

type Outcome = Result<(), DrawingErrorKind<Infallible>>;

fn pixels((x, y): BackendCoord) -> Point {
    (f64::from(x) / STEPS, f64::from(y) / STEPS)
}

fn paint(color: BackendColor) -> Paint {
    Paint {
        rgb: color.rgb.into(),
        alpha: color.alpha,
    }
}

impl Recorder<'_> {
    fn push(&mut self, alpha: f64, shape: Shape) -> Outcome {
        if alpha > 0.0 {
            self.scene.shapes.push(shape);
        }
        Ok(())
    }
}

impl DrawingBackend for Recorder<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (
            steps(self.scene.width) as u32,
            steps(self.scene.height) as u32,
        )
    }

    fn ensure_prepared(&mut self) -> Outcome {
        Ok(())
    }

    fn present(&mut self) -> Outcome {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Outcome {
        let size = (1.0 / STEPS, 1.0 / STEPS);
        let shape = Shape::Rect {
            at: pixels(at),
            size,
            paint: paint(color),
            role: Role::Mark,
        };
        self.push(color.alpha, shape)
    }

    /// Of plotters' own parts only the mesh draws with this.
    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Outcome {
        let shape = Shape::Rule {
            from: pixels(from),
            to: pixels(to),
            rgb: style.color().rgb.into(),
            width: f64::from(style.stroke_width()) / STEPS,
        };
        self.push(style.color().alpha, shape)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        _: bool,
    ) -> Outcome {
        let (from, to) = (pixels(from), pixels(to));
        let shape = Shape::Rect {
            at: (from.0.min(to.0), from.1.min(to.1)),
            size: ((to.0 - from.0).abs(), (to.1 - from.1).abs()),
            paint: paint(style.color()),
            role: Role::Mark,
        };
        self.push(style.color().alpha, shape)
    }

    /// Axes are lines of two points in the colour of axes, everything else is data.
    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Outcome {
        let points: Vec<Point> = path.into_iter().map(pixels).collect();
        let (color, width) = (style.color(), f64::from(style.stroke_width()) / STEPS);
        let axis = color.rgb == self.scene.theme.axis().into();
        let shape = match points[..] {
            [from, to] if axis => Shape::Rule {
                from,
                to,
                rgb: color.rgb.into(),
                width,
            },
            _ => Shape::Line {
                points,
                paint: paint(color),
                width,
            },
        };
        self.push(color.alpha, shape)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        at: BackendCoord,
        radius: u32,
        style: &S,
        _: bool,
    ) -> Outcome {
        let shape = Shape::Dot {
            at: pixels(at),
            radius: f64::from(radius) / STEPS,
            paint: paint(style.color()),
        };
        self.push(style.color().alpha, shape)
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        at: BackendCoord,
    ) -> Outcome {
        if text.is_empty() {
            return Ok(());
        }
        let size = style.size() / STEPS;
        let (x, y) = pixels(at);
        let down = match (self.medium, style.anchor().v_pos) {
            // A row of cells holds its text whole, so the middle of the text is the middle of the row.
            (Medium::Cells, VPos::Top) => size * (1.0 + CAPITALS) / 2.0,
            (Medium::Page, VPos::Top) => size * CAPITALS,
            (_, VPos::Center) => size * CAPITALS / 2.0,
            (Medium::Cells, VPos::Bottom) => -size * (1.0 - CAPITALS) / 2.0,
            (Medium::Page, VPos::Bottom) => -size * 0.22,
        };
        let (turn, at) = match style.transform() {
            FontTransform::None | FontTransform::Rotate180 => (Turn::Level, (x, y + down)),
            FontTransform::Rotate90 | FontTransform::Rotate270 => (Turn::Upwards, (x + down, y)),
        };
        let shape = Shape::Text {
            at,
            text: text.to_owned(),
            size,
            anchor: match style.anchor().h_pos {
                HPos::Left => Anchor::Start,
                HPos::Center => Anchor::Middle,
                HPos::Right => Anchor::End,
            },
            turn,
            rgb: style.color().rgb.into(),
        };
        self.push(style.color().alpha, shape)
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = style.size() / STEPS;
        let width = self.medium.width(text, size);
        Ok((steps(width) as u32, steps(self.medium.line(size)) as u32))
    }
}
