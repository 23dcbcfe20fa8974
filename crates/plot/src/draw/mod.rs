//! From figures to shapes: layout, axes, pictures, tables, diagrams.

mod axes;
mod axis;
mod clip;
mod diagram;
mod image;
mod legend;
mod marks;
pub(crate) mod medium;
mod ranges;
mod recorder;
pub(crate) mod scene;
mod sizes;
mod table;
mod text;

use medium::{CELL, Medium};
use scene::{Anchor, Point, Scene};
use sizes::Grid;

use crate::color::Color;
use crate::figure::Figure;
use crate::panel::{Content, Panel};

/// The figure for a page of pixels.
pub(crate) fn page(figure: &Figure) -> Scene {
    lay_out(figure, Medium::Page, Grid::page(figure))
}

/// The figure for a terminal of so many columns, in pixels of its cells.
pub(crate) fn cells(figure: &Figure, columns: usize) -> Scene {
    lay_out(
        figure,
        Medium::Cells,
        Grid::cells(figure, columns as f64 * CELL.0),
    )
}

fn lay_out(figure: &Figure, medium: Medium, grid: Grid) -> Scene {
    let mut scene = Scene {
        width: grid.width,
        height: grid.height,
        theme: figure.theme,
        description: description(figure),
        shapes: Vec::new(),
    };
    for (panel, (at, size)) in figure.panels.iter().zip(&grid.panels) {
        draw(&mut scene, medium, panel, *at, *size);
    }
    scene
}

fn draw(scene: &mut Scene, medium: Medium, panel: &Panel, at: Point, size: Point) {
    let top = title(scene, medium, panel, at, size.0);
    let (at, size) = ((at.0, at.1 + top), (size.0, size.1 - top));
    match panel.content() {
        Content::Axes => axes::draw(scene, medium, panel, at, size),
        Content::Image(pixels, shading) => image::draw(scene, medium, pixels, shading, at, size),
        Content::Table(table) => table::draw(scene, medium, panel, table, at, size),
        Content::Diagram(diagram) => diagram::draw(scene, medium, diagram, at, size),
    }
}

/// Draws the title and returns its height; it stands in the middle of pictures, else at the left.
fn title(scene: &mut Scene, medium: Medium, panel: &Panel, at: Point, width: f64) -> f64 {
    let centred = matches!(panel.content(), Content::Image(..));
    let size = sizes::title_size(medium, panel);
    let rgb = scene.theme.shade(Color::Ink);
    let mut top = at.1;
    for line in panel.title_lines() {
        let middle = top + medium.line(size) / 2.0;
        let baseline = medium.baseline(middle, size);
        if centred {
            text::push(
                scene,
                line,
                (at.0 + width / 2.0, baseline),
                size,
                Anchor::Middle,
                rgb,
            );
        } else {
            text::push(scene, line, (at.0, baseline), size, Anchor::Start, rgb);
        }
        top += medium.line(size);
    }
    sizes::title_height(medium, panel)
}

/// Titles and names of axes, in a sentence for each panel.
fn description(figure: &Figure) -> String {
    let sentence = |panel: &Panel| {
        let title = panel.title_lines().collect::<Vec<_>>().join(", ");
        let kind = match panel.content() {
            Content::Axes => match (&panel.y_label[..], &panel.x_label[..]) {
                ("", "") => "chart".to_owned(),
                (y, "") => format!("chart of {y}"),
                ("", x) => format!("chart over {x}"),
                (y, x) => format!("chart of {y} over {x}"),
            },
            Content::Image(..) => "picture".to_owned(),
            Content::Table(_) => "table".to_owned(),
            Content::Diagram(diagram) => format!("diagram: {}", diagram.boxes.join(" → ")),
        };
        if title.is_empty() {
            kind
        } else {
            format!("{title} ({kind})")
        }
    };
    figure
        .panels
        .iter()
        .map(sentence)
        .collect::<Vec<_>>()
        .join("; ")
}
