//! Boxes in a row, and arrows between them.

use super::medium::{CELL, Medium};
use super::scene::{Point, Scene, Shape};
use super::text;
use crate::color::Color;
use crate::diagram::Diagram;

/// The lengths that a diagram is made of.
struct Measures {
    boxes: Vec<f64>,
    height: f64,
    gap: f64,
    /// The room of the arrows that lead back.
    above: f64,
}

fn measures(medium: Medium, diagram: &Diagram) -> Measures {
    let size = medium.label();
    let (pad, height, gap, above) = match medium {
        Medium::Page => (28.0, 46.0, 34.0, 58.0),
        Medium::Cells => (4.0 * CELL.0, 3.0 * CELL.1, 2.0 * CELL.0, 2.0 * CELL.1),
    };
    let widths = diagram
        .boxes
        .iter()
        .map(|text| medium.width(text, size) + pad);
    Measures {
        boxes: widths.collect(),
        height,
        gap,
        above: if diagram.back.is_empty() { 0.0 } else { above },
    }
}

/// The size that a diagram likes.
pub(crate) fn size(medium: Medium, diagram: &Diagram) -> Point {
    let Measures {
        boxes,
        height,
        gap,
        above,
    } = measures(medium, diagram);
    let gaps = boxes.len().saturating_sub(1) as f64 * gap;
    (boxes.iter().sum::<f64>() + gaps, height + above)
}

/// Draws a diagram in the middle of the rectangle at `at`.
pub(crate) fn draw(scene: &mut Scene, medium: Medium, diagram: &Diagram, at: Point, room: Point) {
    let (width, height) = size(medium, diagram);
    let free = |room: f64, used: f64| {
        if medium == Medium::Page {
            ((room - used) / 2.0).max(0.0)
        } else {
            0.0
        }
    };
    let corner = (at.0 + free(room.0, width), at.1 + free(room.1, height));
    let Measures {
        boxes,
        height,
        gap,
        above,
    } = measures(medium, diagram);
    let theme = scene.theme;
    let (ink, grey, red) = (
        theme.shade(Color::Ink),
        theme.shade(Color::Grey),
        theme.shade(Color::Red),
    );
    let top = corner.1 + above;
    let middle = top + height / 2.0;
    let mut left = corner.0;
    let mut centres = Vec::new();
    for (i, (label, width)) in diagram.boxes.iter().zip(&boxes).enumerate() {
        scene.shapes.push(Shape::Frame {
            at: (left, top),
            size: (*width, height),
            fill: theme.ramp(Color::Blue, 0.1),
            border: theme.shade(Color::Blue),
        });
        text::centred(
            scene,
            medium,
            label,
            (left + width / 2.0, middle),
            medium.label(),
            ink,
        );
        centres.push(left + width / 2.0);
        left += width;
        if i + 1 < boxes.len() {
            let space = if medium == Medium::Page { 3.0 } else { 0.0 };
            scene.shapes.push(Shape::Arrow {
                points: vec![(left + space, middle), (left + gap - space, middle)],
                rgb: grey,
            });
        }
        left += gap;
    }
    for back in &diagram.back {
        let (from, to) = (centres[back.from], centres[back.to]);
        let (high, space) = match medium {
            Medium::Page => (top - above * 0.55, 3.0),
            Medium::Cells => (corner.1 + CELL.1 / 2.0, 0.0),
        };
        let snap = |x: f64| match medium {
            Medium::Page => x,
            Medium::Cells => ((x / CELL.0).floor() + 0.5) * CELL.0,
        };
        let (from, to) = (snap(from), snap(to));
        scene.shapes.push(Shape::Arrow {
            points: vec![
                (from, top - space),
                (from, high),
                (to, high),
                (to, top - space),
            ],
            rgb: red,
        });
        let label = match medium {
            Medium::Page => high - medium.line(medium.label()) * 0.6,
            Medium::Cells => high,
        };
        let padded = match medium {
            Medium::Page => back.label.clone(),
            Medium::Cells => format!(" {} ", back.label),
        };
        text::centred(
            scene,
            medium,
            &padded,
            ((from + to) / 2.0, label),
            medium.label(),
            red,
        );
    }
}
