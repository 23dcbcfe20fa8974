//! Pictures, whole and undistorted in the middle of their panel.

use super::medium::{CELL, Medium};
use super::scene::{Point, Scene, Shape};
use crate::pixels::{Pixels, Shading};

/// Draws a picture as big as it fits.
pub(crate) fn draw(
    scene: &mut Scene,
    medium: Medium,
    pixels: &Pixels,
    shading: Shading,
    at: Point,
    room: Point,
) {
    if pixels.width == 0 || pixels.height == 0 || room.0 <= 0.0 || room.1 <= 0.0 {
        return;
    }
    let (width, height) = (pixels.width as f64, pixels.height as f64);
    let scale = (room.0 / width).min(room.1 / height);
    let mut size = (width * scale, height * scale);
    let mut corner = (at.0 + (room.0 - size.0) / 2.0, at.1);
    if medium == Medium::Cells {
        let whole = |length: f64, cell: f64| (length / cell).round().max(1.0) * cell;
        size = (whole(size.0, CELL.0), whole(size.1, CELL.1));
        corner.0 = (corner.0 / CELL.0).round() * CELL.0;
    }
    scene.shapes.push(Shape::Picture {
        at: corner,
        size,
        columns: pixels.width,
        pixels: pixels.rgb(scene.theme, shading),
    });
}
