//! The names of the series, in rows above the axes, where they hide nothing.

use super::axes::colors;
use super::medium::{CELL, Medium};
use super::scene::{Anchor, Point, Role, Scene, Shape, Turn};
use crate::color::{Color, Paint};
use crate::panel::{Mark, Panel};

/// Draws the legend at `at` and returns its height.
pub(crate) fn draw(scene: &mut Scene, medium: Medium, panel: &Panel, at: Point, width: f64) -> f64 {
    let size = medium.label();
    let (sample, gap, line) = match medium {
        Medium::Page => (22.0, 18.0, 20.0),
        Medium::Cells => (4.0 * CELL.0, 2.0 * CELL.0, CELL.1),
    };
    let (mut x, mut row) = (at.0, at.1);
    let mut any = false;
    let colors = colors(panel, scene.theme);
    for (layer, rgb) in panel.layers.iter().zip(colors) {
        if layer.name.is_empty() {
            continue;
        }
        let reach = sample + medium.width(&layer.name, size);
        if any && x + reach > at.0 + width {
            (x, row) = (at.0, row + line);
        }
        let middle = row + line / 2.0;
        let paint = Paint::from(rgb);
        scene.shapes.push(match layer.mark {
            Mark::Line { .. } => Shape::Line {
                points: vec![(x + 1.0, middle), (x + sample * 0.7, middle)],
                paint,
                width: 2.25,
            },
            Mark::Bars { .. } | Mark::Histogram { .. } => Shape::Rect {
                at: (x + 2.0, middle - 5.0),
                size: (sample - 10.0, 10.0),
                paint,
                role: Role::Mark,
            },
            _ => Shape::Dot {
                at: (x + sample / 2.0 - 3.5, middle),
                radius: 4.5,
                paint,
            },
        });
        scene.shapes.push(Shape::Text {
            at: (x + sample, medium.baseline(middle, size)),
            text: layer.name.clone(),
            size,
            anchor: Anchor::Start,
            turn: Turn::Level,
            rgb: scene.theme.shade(Color::Ink),
        });
        x += reach + gap;
        any = true;
    }
    match (any, medium) {
        (false, _) => 0.0,
        (true, Medium::Page) => row - at.1 + line + 2.0,
        (true, Medium::Cells) => row - at.1 + line,
    }
}
