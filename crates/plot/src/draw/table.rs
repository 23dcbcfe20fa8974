//! Tables of coloured cells, with the names of rows at the left and of columns below.

use super::medium::{CELL, Medium};
use super::scene::{Anchor, Point, Role, Scene, Shape, Turn};
use super::text;
use crate::color::Color;
use crate::panel::Panel;
use crate::table::Table;

/// What a table is made of, in pixels.
struct Measures {
    cell: Point,
    /// From the panel's edge to the cells.
    left: f64,
    /// Below the cells.
    bottom: f64,
}

fn measures(medium: Medium, panel: &Panel, table: &Table) -> Measures {
    let size = medium.tick();
    let widest = table.widest(|text| medium.width(text, size));
    let names = table.row_names.iter().map(|name| medium.width(name, size));
    let names = names.fold(0.0, f64::max);
    let named = |label: &str, space: f64| if label.is_empty() { 0.0 } else { space };
    match medium {
        Medium::Page => Measures {
            cell: ((widest + 16.0).max(40.0), 34.0),
            left: names + if names > 0.0 { 10.0 } else { 0.0 } + named(&panel.y_label, 24.0),
            bottom: if table.column_names.is_empty() {
                0.0
            } else {
                24.0
            } + named(&panel.x_label, 22.0),
        },
        Medium::Cells => Measures {
            cell: (widest + 2.0 * CELL.0, CELL.1),
            left: names.max(named(&panel.y_label, medium.width(&panel.y_label, size)))
                + if names > 0.0 { CELL.0 } else { 0.0 },
            bottom: if table.column_names.is_empty() {
                0.0
            } else {
                CELL.1
            } + named(&panel.x_label, CELL.1),
        },
    }
}

/// The size that a table likes.
pub(crate) fn size(medium: Medium, panel: &Panel, table: &Table) -> Point {
    let Measures { cell, left, bottom } = measures(medium, panel, table);
    let above = if medium == Medium::Cells && !panel.y_label.is_empty() {
        CELL.1
    } else {
        0.0
    };
    // The name of the columns stands in their middle, and may be longer than they are together.
    let columns = table.columns as f64 * cell.0;
    let name = medium.columns(medium.width(&panel.x_label, medium.label()));
    (
        left + columns.max(columns / 2.0 + name / 2.0),
        above + table.rows() as f64 * cell.1 + bottom,
    )
}

/// Draws a table into the rectangle at `at`.
pub(crate) fn draw(
    scene: &mut Scene,
    medium: Medium,
    panel: &Panel,
    table: &Table,
    at: Point,
    room: Point,
) {
    if table.cells.is_empty() {
        return;
    }
    let Measures {
        mut cell,
        left,
        bottom,
    } = measures(medium, panel, table);
    let (rows, columns) = (table.rows() as f64, table.columns as f64);
    let mut corner = (at.0 + left, at.1);
    let mut font = medium.tick();
    match medium {
        Medium::Page => {
            let fit = ((room.0 - left) / columns, (room.1 - bottom) / rows);
            font = (font * (fit.0 / cell.0).min(fit.1 / cell.1).clamp(0.4, 1.0)).max(5.0);
            cell = (fit.0.max(1.0), fit.1.max(1.0));
        }
        Medium::Cells if !panel.y_label.is_empty() => {
            text::left(scene, medium, &panel.y_label, at, Color::Grey);
            corner.1 += CELL.1;
        }
        Medium::Cells => {}
    }
    let (ink, grey) = (
        scene.theme.shade(Color::Ink),
        scene.theme.shade(Color::Grey),
    );
    for (i, entry) in table.cells.iter().enumerate() {
        let (row, column) = ((i / table.columns) as f64, (i % table.columns) as f64);
        let place = (corner.0 + column * cell.0, corner.1 + row * cell.1);
        let (behind, front) = table.colors(entry, scene.theme);
        let gap = if medium == Medium::Page { 1.0 } else { 0.0 };
        scene.shapes.push(Shape::Rect {
            at: place,
            size: (cell.0 - gap, cell.1 - gap),
            paint: behind.into(),
            role: Role::Ground,
        });
        let middle = (
            place.0 + (cell.0 - gap) / 2.0,
            place.1 + (cell.1 - gap) / 2.0,
        );
        text::centred(scene, medium, &entry.text, middle, font, front);
    }
    for (row, name) in table.row_names.iter().enumerate() {
        let gap = if medium == Medium::Page { 10.0 } else { CELL.0 };
        let middle = corner.1 + (row as f64 + 0.5) * cell.1;
        let place = (corner.0 - gap, medium.baseline(middle, font));
        text::push(scene, name, place, font, Anchor::End, grey);
    }
    let mut below = corner.1 + rows * cell.1;
    let line = if medium == Medium::Page { 24.0 } else { CELL.1 };
    for (column, name) in table.column_names.iter().enumerate() {
        let place = (
            corner.0 + (column as f64 + 0.5) * cell.0,
            below + line / 2.0,
        );
        text::centred(scene, medium, name, place, font, grey);
    }
    if !table.column_names.is_empty() {
        below += line;
    }
    let size = medium.label();
    let centre = corner.0 + columns * cell.0 / 2.0;
    text::centred(
        scene,
        medium,
        &panel.x_label,
        (centre, below + medium.line(size) / 2.0),
        size,
        ink,
    );
    if medium == Medium::Page && !panel.y_label.is_empty() {
        scene.shapes.push(Shape::Text {
            at: (at.0 + size, corner.1 + rows * cell.1 / 2.0),
            text: panel.y_label.clone(),
            size,
            anchor: Anchor::Middle,
            turn: Turn::Upwards,
            rgb: ink,
        });
    }
}
