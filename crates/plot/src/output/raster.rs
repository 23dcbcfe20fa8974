//! Pictures of pixels, drawn by tiny-skia.

use tiny_skia::{
    Color, FillRule, FilterQuality, LineCap, LineJoin, Paint as Ink, Path, PathBuilder, Pixmap,
    PixmapPaint, Rect, Stroke, Transform,
};

use super::arrow::{self, Step};
use super::png_bytes;
use crate::color::{Paint, Rgb};
use crate::draw;
use crate::draw::scene::{Anchor, Point, Scene, Shape, Turn};
use crate::figure::Figure;
use crate::font;

/// Pixels of a PNG file for each of the page's.
const SCALE: f32 = 2.0;

impl Figure {
    /// The picture as a PNG file's bytes, with two pixels for each of the SVG's; the same figure gives the same
    /// bytes.
    ///
    /// ```
    /// let png = hammerhead_plot::Figure::new().curve([3, 1, 2]).png();
    /// assert_eq!(&png[..4], b"\x89PNG");
    /// ```
    pub fn png(&self) -> Vec<u8> {
        let (width, pixels) = pixels(&draw::page(self), SCALE);
        png_bytes(width, &pixels)
    }
}

/// The width and the pixels of a scene.
pub(super) fn pixels(scene: &Scene, scale: f32) -> (usize, Vec<Rgb>) {
    let side = |length: f64| ((length as f32 * scale).round() as u32).max(1);
    let mut canvas = Canvas {
        map: Pixmap::new(side(scene.width), side(scene.height)).expect("a page has a size"),
        transform: Transform::from_scale(scale, scale),
    };
    let [r, g, b] = scene.theme.background();
    canvas.map.fill(Color::from_rgba8(r, g, b, 255));
    for shape in &scene.shapes {
        canvas.draw(shape, scene.theme.background());
    }
    let width = canvas.map.width() as usize;
    // The background covers everything, so no pixel is transparent.
    let pixels = canvas
        .map
        .pixels()
        .iter()
        .map(|p| [p.red(), p.green(), p.blue()]);
    (width, pixels.collect())
}

struct Canvas {
    map: Pixmap,
    transform: Transform,
}

fn ink(paint: Paint) -> Ink<'static> {
    let [r, g, b] = paint.rgb;
    let mut ink = Ink::default();
    ink.set_color_rgba8(r, g, b, (paint.alpha * 255.0).round() as u8);
    ink
}

fn rect(at: Point, size: Point) -> Option<Rect> {
    Rect::from_xywh(at.0 as f32, at.1 as f32, size.0 as f32, size.1 as f32)
}

impl Canvas {
    fn fill(&mut self, path: Option<Path>, paint: Paint) {
        if let Some(path) = path {
            self.map
                .fill_path(&path, &ink(paint), FillRule::Winding, self.transform, None);
        }
    }

    fn stroke(&mut self, path: Option<Path>, paint: Paint, width: f64) {
        let stroke = Stroke {
            width: width as f32,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        if let Some(path) = path {
            self.map
                .stroke_path(&path, &ink(paint), &stroke, self.transform, None);
        }
    }

    fn draw(&mut self, shape: &Shape, background: Rgb) {
        match shape {
            Shape::Rule {
                from,
                to,
                rgb,
                width,
            } => {
                let flat = |a: f64, b: f64| if a == b { a.floor() } else { a.min(b) };
                let at = (flat(from.0, to.0), flat(from.1, to.1));
                let side = |a: f64, b: f64| (a - b).abs().max(*width);
                let area = rect(at, (side(from.0, to.0), side(from.1, to.1)));
                self.fill(area.map(PathBuilder::from_rect), (*rgb).into());
            }
            Shape::Line {
                points,
                paint,
                width,
            } => self.stroke(polyline(points), *paint, *width),
            Shape::Arrow { points, rgb } => {
                let arrow = arrow::along(points);
                let mut path = PathBuilder::new();
                path.move_to(arrow.start.0 as f32, arrow.start.1 as f32);
                for step in &arrow.steps {
                    match step {
                        Step::Line(to) => path.line_to(to.0 as f32, to.1 as f32),
                        Step::Curve(by, to) => {
                            path.quad_to(by.0 as f32, by.1 as f32, to.0 as f32, to.1 as f32);
                        }
                    }
                }
                self.stroke(path.finish(), (*rgb).into(), arrow::WIDTH);
                self.fill(polyline(&arrow.head), (*rgb).into());
            }
            Shape::Rect {
                at, size, paint, ..
            } => {
                self.fill(rect(*at, *size).map(PathBuilder::from_rect), *paint);
            }
            Shape::Frame {
                at,
                size,
                fill,
                border,
            } => {
                let path = rounded(*at, *size, 9.0);
                self.fill(path.clone(), (*fill).into());
                self.stroke(path, (*border).into(), 1.5);
            }
            Shape::Dot { at, radius, paint } => {
                let circle = PathBuilder::from_circle(at.0 as f32, at.1 as f32, *radius as f32);
                self.fill(circle.clone(), *paint);
                self.stroke(circle, background.into(), 0.75);
            }
            Shape::Text {
                at,
                text,
                size,
                anchor,
                turn,
                rgb,
            } => {
                self.text(text, *at, *size, *anchor, *turn, *rgb);
            }
            Shape::Picture {
                at,
                size,
                columns,
                pixels,
            } => {
                self.picture(*at, *size, *columns, pixels);
            }
        }
    }

    fn text(&mut self, text: &str, at: Point, size: f64, anchor: Anchor, turn: Turn, rgb: Rgb) {
        let back = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => font::width(text, size) / 2.0,
            Anchor::End => font::width(text, size),
        };
        let mut path = PathBuilder::new();
        font::each_glyph(text, size, |outline, x, scale| {
            let mut pen = Pen {
                path: &mut path,
                origin: (x - back) as f32,
                scale: scale as f32,
            };
            outline(&mut pen);
        });
        let transform = self.transform.pre_translate(at.0 as f32, at.1 as f32);
        let transform = match turn {
            Turn::Level => transform,
            Turn::Upwards => transform.pre_rotate(-90.0),
        };
        if let Some(path) = path.finish() {
            let paint = ink(rgb.into());
            self.map
                .fill_path(&path, &paint, FillRule::Winding, transform, None);
        }
    }

    fn picture(&mut self, at: Point, size: Point, columns: usize, pixels: &[Rgb]) {
        let rows = pixels.len() / columns;
        let Some(mut map) = Pixmap::new(columns as u32, rows as u32) else {
            return;
        };
        for (target, [r, g, b]) in map.data_mut().as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
            *target = [*r, *g, *b, 255];
        }
        let scale = (
            (size.0 / columns as f64) as f32,
            (size.1 / rows as f64) as f32,
        );
        let place = self
            .transform
            .pre_translate(at.0 as f32, at.1 as f32)
            .pre_scale(scale.0, scale.1);
        let paint = PixmapPaint {
            quality: if place.sx < 1.0 {
                FilterQuality::Bilinear
            } else {
                FilterQuality::Nearest
            },
            ..PixmapPaint::default()
        };
        self.map
            .draw_pixmap(0, 0, map.as_ref(), &paint, place, None);
    }
}

fn polyline(points: &[Point]) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    path.move_to(first.0 as f32, first.1 as f32);
    for point in rest {
        path.line_to(point.0 as f32, point.1 as f32);
    }
    path.finish()
}

fn rounded(at: Point, size: Point, radius: f64) -> Option<Path> {
    let [x, y, w, h, r] = [at.0, at.1, size.0, size.1, radius].map(|v| v as f32);
    let mut path = PathBuilder::new();
    path.move_to(x + r, y);
    path.line_to(x + w - r, y);
    path.quad_to(x + w, y, x + w, y + r);
    path.line_to(x + w, y + h - r);
    path.quad_to(x + w, y + h, x + w - r, y + h);
    path.line_to(x + r, y + h);
    path.quad_to(x, y + h, x, y + h - r);
    path.line_to(x, y + r);
    path.quad_to(x, y, x + r, y);
    path.close();
    path.finish()
}

/// Draws a glyph's outline, which has its vertical axis upwards, into a path.
struct Pen<'a> {
    path: &'a mut PathBuilder,
    origin: f32,
    scale: f32,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.origin + x * self.scale, -y * self.scale)
    }
}

impl ttf_parser::OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
