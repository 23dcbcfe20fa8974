//! Lines of text.

use super::medium::Medium;
use super::scene::{Anchor, Point, Scene, Shape, Turn};
use crate::color::{Color, Rgb};

/// A text of the size of labels whose box begins at `at`.
pub(crate) fn left(scene: &mut Scene, medium: Medium, text: &str, at: Point, color: Color) {
    let size = medium.label();
    let middle = at.1 + medium.line(size) / 2.0;
    let rgb = scene.theme.shade(color);
    push(
        scene,
        text,
        (at.0, medium.baseline(middle, size)),
        size,
        Anchor::Start,
        rgb,
    );
}

/// A text whose middle is at `at`.
pub(crate) fn centred(
    scene: &mut Scene,
    medium: Medium,
    text: &str,
    at: Point,
    size: f64,
    rgb: Rgb,
) {
    let baseline = medium.baseline(at.1, size);
    push(scene, text, (at.0, baseline), size, Anchor::Middle, rgb);
}

/// A text with its baseline at `at`.
pub(crate) fn push(scene: &mut Scene, text: &str, at: Point, size: f64, anchor: Anchor, rgb: Rgb) {
    if !text.is_empty() {
        scene.shapes.push(Shape::Text {
            at,
            text: text.to_owned(),
            size,
            anchor,
            turn: Turn::Level,
            rgb,
        });
    }
}
