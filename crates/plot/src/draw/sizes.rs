//! How big a figure and its panels are.

use super::medium::{CELL, Medium};
use super::scene::Point;
use super::{diagram, table};
use crate::figure::Figure;
use crate::panel::{Content, Panel};

/// The whole's size and each panel's place and size.
pub(crate) struct Grid {
    pub width: f64,
    pub height: f64,
    pub panels: Vec<(Point, Point)>,
}

/// Columns to which a picture of few pixels is magnified in a terminal.
const LARGE: usize = 28;

/// Between panels of a page.
const GAP: f64 = 18.0;

/// The font size of a title; many small pictures have smaller ones.
pub(crate) fn title_size(medium: Medium, panel: &Panel) -> f64 {
    match panel.content() {
        Content::Image(..) => medium.label(),
        _ => medium.title(),
    }
}

/// The height of a title with the space below it.
pub(crate) fn title_height(medium: Medium, panel: &Panel) -> f64 {
    let lines = panel.title_lines().count() as f64;
    let below = if medium == Medium::Page && lines > 0.0 {
        7.0
    } else {
        0.0
    };
    lines * medium.line(title_size(medium, panel)) + below
}

impl Grid {
    /// A page: of the size asked for, or as big as its panels like to be.
    pub fn page(figure: &Figure) -> Self {
        let margin = Medium::Page.margin();
        let columns = figure.columns.max(1);
        let rows = figure.panels.len().div_ceil(columns).max(1);
        let alone = figure.panels.len() <= 1;
        let (wide, high) = largest(figure.panels.iter().map(|panel| page_size(panel, alone)));
        let sides =
            |count: usize, side: f64| count as f64 * side + (count - 1) as f64 * GAP + 2.0 * margin;
        let (width, height) = match figure.size {
            Some((width, height)) => ((width * 100.0).round(), (height * 100.0).round()),
            None => (sides(columns, wide).round(), sides(rows, high).round()),
        };
        let inner = |count: usize, side: f64| {
            (side - 2.0 * margin - (count - 1) as f64 * GAP) / count as f64
        };
        let size = (inner(columns, width).max(1.0), inner(rows, height).max(1.0));
        let place = |i: usize| {
            let (row, column) = (i / columns, i % columns);
            (
                margin + column as f64 * (size.0 + GAP),
                margin + row as f64 * (size.1 + GAP),
            )
        };
        Self {
            width,
            height,
            panels: (0..figure.panels.len()).map(|i| (place(i), size)).collect(),
        }
    }

    /// A terminal: as many panels in a row as have room, each row as high as it needs.
    pub fn cells(figure: &Figure, width: f64) -> Self {
        let gap = (2.0 * CELL.0, CELL.1);
        let needed = figure
            .panels
            .iter()
            .map(cells_needed)
            .fold(CELL.0, f64::max);
        let fitting = (((width + gap.0) / (needed + gap.0)) as usize).max(1);
        let columns = figure.columns.clamp(1, fitting);
        let share = ((width + gap.0) / columns as f64 / CELL.0).floor() * CELL.0 - gap.0;
        let aspect = figure
            .size
            .filter(|_| columns == figure.columns)
            .map(|(w, h)| {
                let rows = figure.panels.len().div_ceil(columns).max(1);
                (h / rows as f64) / (w / columns as f64)
            });
        let sizes: Vec<Point> = figure
            .panels
            .iter()
            .map(|panel| cells_size(panel, share.max(CELL.0), aspect))
            .collect();
        let (mut top, mut panels) = (0.0, Vec::new());
        let (wide, _) = largest(sizes.iter().copied());
        for row in sizes.chunks(columns) {
            let (_, high) = largest(row.iter().copied());
            for (column, size) in row.iter().enumerate() {
                panels.push(((column as f64 * (wide + gap.0), top), (wide, size.1)));
            }
            top += high + gap.1;
        }
        Self {
            width: (columns as f64 * (wide + gap.0) - gap.0).max(CELL.0),
            height: (top - gap.1).max(CELL.1),
            panels,
        }
    }
}

fn largest(sizes: impl Iterator<Item = Point>) -> Point {
    sizes.fold((0.0, 0.0), |(w, h), size| (size.0.max(w), size.1.max(h)))
}

/// The size that a panel likes on a page.
fn page_size(panel: &Panel, alone: bool) -> Point {
    let title = title_height(Medium::Page, panel);
    match panel.content() {
        Content::Axes if alone => (572.0, 372.0),
        Content::Axes => (340.0, 250.0),
        Content::Image(pixels, _) => {
            let wanted = if alone { 256.0 } else { 112.0 };
            let longest = pixels.width.max(pixels.height).max(1) as f64;
            let scale = wanted / longest;
            let size = title_size(Medium::Page, panel);
            let lines = panel
                .title_lines()
                .map(|line| Medium::Page.width(line, size));
            let width = lines.fold(pixels.width as f64 * scale, f64::max);
            (width, title + pixels.height as f64 * scale)
        }
        Content::Table(inner) => {
            let (width, height) = table::size(Medium::Page, panel, inner);
            (width, height + title)
        }
        Content::Diagram(inner) => {
            let (width, height) = diagram::size(Medium::Page, inner);
            (width, height + title)
        }
    }
}

/// The least width of a panel in a terminal.
fn cells_needed(panel: &Panel) -> f64 {
    let title = panel
        .title_lines()
        .map(|line| Medium::Cells.width(line, CELL.1));
    let title = title.fold(0.0, f64::max);
    match panel.content() {
        Content::Axes => 36.0 * CELL.0,
        Content::Image(..) => title.max(14.0 * CELL.0),
        Content::Table(inner) => table::size(Medium::Cells, panel, inner).0.max(title),
        Content::Diagram(inner) => diagram::size(Medium::Cells, inner).0,
    }
}

/// The size of a panel in a terminal that leaves it `share` pixels of width.
fn cells_size(panel: &Panel, share: f64, aspect: Option<f64>) -> Point {
    let title = title_height(Medium::Cells, panel);
    let whole = |length: f64, cell: f64| (length / cell).round().max(1.0) * cell;
    match panel.content() {
        Content::Axes => {
            let width = share.min(76.0 * CELL.0);
            let rows = whole(width * aspect.unwrap_or(2.0 / 3.0), CELL.1) / CELL.1;
            let (least, most) = (11.0, 24.0);
            (width, rows.clamp(least, most) * CELL.1)
        }
        Content::Image(pixels, _) => {
            // A cell shows two pixels, one above the other; small pictures are magnified.
            let wide = pixels.width.max(1);
            let magnified = (wide * (LARGE / wide).clamp(1, 4)) as f64;
            let widest = (magnified * CELL.0).min(share).min(64.0 * CELL.0);
            let ratio = pixels.height as f64 / pixels.width.max(1) as f64;
            let needed = cells_needed(panel).min(share);
            (widest.max(needed), title + whole(widest * ratio, CELL.1))
        }
        Content::Table(inner) => {
            let (width, height) = table::size(Medium::Cells, panel, inner);
            (width, height + title)
        }
        Content::Diagram(inner) => {
            let (width, height) = diagram::size(Medium::Cells, inner);
            (width, height + title)
        }
    }
}
