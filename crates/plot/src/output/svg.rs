//! SVG text.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::arrow::{self, Step};
use crate::color::{Paint, Rgb};
use crate::draw;
use crate::draw::scene::{Anchor, Point, Scene, Shape, Turn};
use crate::figure::Figure;

/// Fonts of about the same width as the one that measures, which itself comes first.
const FONTS: &str = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

impl Figure {
    /// The picture as SVG text; the same figure gives the same text.
    ///
    /// ```
    /// let svg = hammerhead_plot::Figure::new().curve([3, 1, 2]).svg();
    /// assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    /// ```
    pub fn svg(&self) -> String {
        text(&draw::page(self))
    }
}

/// Pictures below one another, each as it is alone.
pub(super) fn stacked(scenes: &[Scene]) -> String {
    if let [scene] = scenes {
        return text(scene);
    }
    let width = scenes.iter().map(|scene| scene.width).fold(0.0, f64::max);
    let descriptions: Vec<&str> = scenes.iter().map(|scene| &*scene.description).collect();
    let height = scenes.iter().map(|scene| scene.height).sum();
    let mut out = opening(width, height, &descriptions.join("; "));
    let mut top = 0.0;
    for scene in scenes {
        line(
            &mut out,
            format_args!(r#"<g transform="translate(0 {})">"#, number(top)),
        );
        out += &text(scene);
        out += "</g>\n";
        top += scene.height;
    }
    out + "</svg>\n"
}

fn opening(width: f64, height: f64, description: &str) -> String {
    let (width, height) = (number(width), number(height));
    let description = escaped(description);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{description}" font-family="{FONTS}">"#
    ) + "\n"
}

fn text(scene: &Scene) -> String {
    let mut out = opening(scene.width, scene.height, &scene.description);
    let (width, height) = (number(scene.width), number(scene.height));
    let background = hex(scene.theme.background());
    line(
        &mut out,
        format_args!(r#"<rect width="{width}" height="{height}" fill="{background}"/>"#),
    );
    for shape in &scene.shapes {
        write_shape(&mut out, shape, &background);
    }
    out + "</svg>\n"
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("text grows");
}

fn write_shape(out: &mut String, shape: &Shape, background: &str) {
    match shape {
        Shape::Rule {
            from,
            to,
            rgb,
            width,
        } => {
            // A line of one pixel is sharp in the middle of one.
            let sharp = |a: f64, b: f64| {
                if a == b {
                    (a.floor() + 0.5, b.floor() + 0.5)
                } else {
                    (a, b)
                }
            };
            let ((x1, x2), (y1, y2)) = (sharp(from.0, to.0), sharp(from.1, to.1));
            let ends = [x1, y1, x2, y2].map(number);
            line(
                out,
                format_args!(
                    r#"<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"/>"#,
                    ends[0],
                    ends[1],
                    ends[2],
                    ends[3],
                    hex(*rgb),
                    number(*width)
                ),
            );
        }
        Shape::Line {
            points,
            paint,
            width,
        } => {
            let points: Vec<String> = points.iter().map(pair).collect();
            line(
                out,
                format_args!(
                    r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round" stroke-linecap="round"{}/>"#,
                    points.join(" "),
                    hex(paint.rgb),
                    number(*width),
                    opacity("stroke", *paint)
                ),
            );
        }
        Shape::Arrow { points, rgb } => {
            let arrow = arrow::along(points);
            let mut path = format!("M{}", pair(&arrow.start));
            for step in &arrow.steps {
                match step {
                    Step::Line(to) => path += &format!("L{}", pair(to)),
                    Step::Curve(by, to) => path += &format!("Q{} {}", pair(by), pair(to)),
                }
            }
            let (color, head) = (hex(*rgb), arrow.head.each_ref().map(pair).join(" "));
            line(
                out,
                format_args!(
                    r#"<path d="{path}" fill="none" stroke="{color}" stroke-width="{}"/>"#,
                    arrow::WIDTH
                ),
            );
            line(
                out,
                format_args!(r#"<polygon points="{head}" fill="{color}"/>"#),
            );
        }
        Shape::Rect {
            at, size, paint, ..
        } => line(
            out,
            format_args!(
                r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{}"{}/>"#,
                number(at.0),
                number(at.1),
                number(size.0),
                number(size.1),
                hex(paint.rgb),
                opacity("fill", *paint)
            ),
        ),
        Shape::Frame {
            at,
            size,
            fill,
            border,
        } => line(
            out,
            format_args!(
                r#"<rect x="{}" y="{}" width="{}" height="{}" rx="9" fill="{}" stroke="{}" stroke-width="1.5"/>"#,
                number(at.0),
                number(at.1),
                number(size.0),
                number(size.1),
                hex(*fill),
                hex(*border)
            ),
        ),
        Shape::Dot { at, radius, paint } => line(
            out,
            format_args!(
                r#"<circle cx="{}" cy="{}" r="{}" fill="{}"{} stroke="{background}" stroke-width="0.75"/>"#,
                number(at.0),
                number(at.1),
                number(*radius),
                hex(paint.rgb),
                opacity("fill", *paint)
            ),
        ),
        Shape::Text {
            at,
            text,
            size,
            anchor,
            turn,
            rgb,
        } => {
            let place = match turn {
                Turn::Level => format!(r#"x="{}" y="{}""#, number(at.0), number(at.1)),
                Turn::Upwards => format!(
                    r#"transform="translate({} {}) rotate(-90)""#,
                    number(at.0),
                    number(at.1)
                ),
            };
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => r#" text-anchor="middle""#,
                Anchor::End => r#" text-anchor="end""#,
            };
            line(
                out,
                format_args!(
                    r#"<text {place} font-size="{}"{anchor} fill="{}">{}</text>"#,
                    number(*size),
                    hex(*rgb),
                    escaped(text)
                ),
            );
        }
        Shape::Picture {
            at,
            size,
            columns,
            pixels,
        } => line(
            out,
            format_args!(
                r#"<image x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="none" style="image-rendering:pixelated" href="data:image/png;base64,{}"/>"#,
                number(at.0),
                number(at.1),
                number(size.0),
                number(size.1),
                STANDARD.encode(super::png_bytes(*columns, pixels))
            ),
        ),
    }
}

fn opacity(of: &str, paint: Paint) -> String {
    if paint.alpha >= 1.0 {
        return String::new();
    }
    format!(r#" {of}-opacity="{}""#, number(paint.alpha))
}

fn pair(point: &Point) -> String {
    format!("{},{}", number(point.0), number(point.1))
}

/// At most two digits after the point, and none that say nothing.
fn number(value: f64) -> String {
    let text = format!("{:.2}", value + 0.0);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" {
        "0".into()
    } else {
        short.into()
    }
}

/// A colour as the web writes it.
pub(super) fn hex(rgb: Rgb) -> String {
    let [r, g, b] = rgb;
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text between tags and in attributes; control characters may not stand there at all.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}
