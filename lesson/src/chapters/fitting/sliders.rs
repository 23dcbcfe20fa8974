//! A quadratic moved by hand: the sliders, and one position of them with its error in the title.

use hammerhead::prelude::*;

use super::descent::{mae, quadratic};
use crate::chapters::prelude::*;
use crate::sliders::{Start, lesson};

// ANCHOR: plot_quad
fn plot_quad(x: &Tensor, y: &Tensor, a: f64, b: f64, c: f64) -> Figure {
    let curve = |x: &Tensor| quadratic(&tensor([a, b, c]), x);
    let line = Tensor::linspace(-2.1, 2.1, 100);
    Figure::new()
        .scatter(x, y)
        .line(&line, curve(&line))
        .color(Color::Red)
        .y_lim(-3.0, 12.0)
        .title(format!("MAE: {:.2}", mae(&curve(x), y).item()))
}
// ANCHOR_END: plot_quad

pub fn run(course: &mut Course<'_>, x: &Tensor, y: &Tensor) {
    course.listing("plot_quad_at", || {
        // ANCHOR: plot_quad_at
        plot_quad(x, y, 1.1, 1.1, 1.1).show();
        plot_quad(x, y, 2.4, 1.8, 1.5).show();
        // ANCHOR_END: plot_quad_at
    });
    let svg = plot_quad(x, y, 1.1, 1.1, 1.1).svg();
    course.row(
        "F14",
        holds("MAE: 2.42 in the title", svg.contains(">MAE: 2.42<")),
    );

    let page = lesson();
    let model = |id: &str| {
        page.models
            .iter()
            .find(|model| model.id == id)
            .expect("a model")
    };
    let starts = &model("quad").starts;
    course.row(
        "F12",
        equal(described(&starts[0]), "a 1.1 b 1.1 c 1.1, y from -3 to 12"),
    );
    course.row(
        "F12",
        equal(described(&starts[1]), "a 1.5 b 1.5 c 1.5, y from -3 to 13"),
    );
    course.row("F12", holds("over the scatter", model("quad").scatter));
    course.row(
        "F13",
        equal(described(&starts[2]), "a 1.5 b 1.5 c 1, y from -3 to 12"),
    );
    let ranges = starts[2]
        .parameters
        .iter()
        .map(|p| format!("{} to {} by {}", p.min, p.max, p.step));
    let ranges: Vec<String> = ranges.collect();
    course.row(
        "F13",
        equal(ranges.join(", "), ["0 to 3 by 0.1"; 3].join(", ")),
    );
    course.row(
        "F25",
        equal(
            described(&model("relu").starts[0]),
            "m 1.5 b 1.5, y from -1 to 4",
        ),
    );
    course.row(
        "F26",
        equal(
            described(&model("double_relu").starts[0]),
            "m1 -1.5 b1 -1.5 m2 1.5 b2 1.5, y from -1 to 6",
        ),
    );
    let triple = model("triple_relu");
    course.row("F27", equal(triple.starts[0].parameters.len(), 6));
    course.row("F27", holds("over the scatter", triple.scatter));
}

/// Where the sliders start, and the vertical axis.
fn described(start: &Start) -> String {
    let parameters = start
        .parameters
        .iter()
        .map(|p| format!("{} {}", p.name, p.start));
    let parameters: Vec<String> = parameters.collect();
    format!(
        "{}, y from {} to {}",
        parameters.join(" "),
        start.ylim[0],
        start.ylim[1]
    )
}
