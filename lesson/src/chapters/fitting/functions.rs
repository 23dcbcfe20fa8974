//! A function, its picture, and a function that makes functions.

use hammerhead::plot::FunctionPlot;
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: f
pub fn f(x: &Tensor) -> Tensor {
    3 * x.pow(2) + 2 * x + 1
}
// ANCHOR_END: f

// ANCHOR: quad
fn quad(a: f64, b: f64, c: f64, x: f64) -> f64 {
    a * x.powi(2) + b * x + c
}

fn mk_quad(a: f64, b: f64, c: f64) -> impl Fn(f64) -> f64 {
    move |x| quad(a, b, c, x)
}
// ANCHOR_END: quad

pub fn run(course: &mut Course<'_>) {
    course.listing("f_of_numbers", || {
        // ANCHOR: f_of_numbers
        println!("{}", f(&tensor(1.5)));
        println!("{}", f(&tensor([0.0, 1.0, 2.0])));
        // ANCHOR_END: f_of_numbers
    });
    course.row("F1", equal(course.line(0), "tensor(10.7500)"));
    course.row("F1", equal(course.line(1), "tensor([ 1.,  6., 17.])"));

    course.listing("plot_f", || {
        // ANCHOR: plot_f
        plot_function(f, "$3x^2 + 2x + 1$").show();
        // ANCHOR_END: plot_f
    });
    let svg = course.picture().svg();
    course.row(
        "F2",
        holds(
            "a red curve under 3x² + 2x + 1",
            svg.contains(">3x² + 2x + 1<") && red_marks(&svg, "polyline") == 1,
        ),
    );
    course.row("F2", equal(points(&svg), 100));

    course.listing("plot_labels", || {
        // ANCHOR: plot_labels
        plot_function(|x| x.pow(2), ("x", "x**2")).show();
        let sigmoid = FunctionPlot::from(("x", "sigmoid(x)")).range(-4.0, 4.0);
        plot_function(Tensor::sigmoid, sigmoid).show();
        // ANCHOR_END: plot_labels
    });
    let svgs: Vec<String> = course.pictures().iter().map(Figure::svg).collect();
    let shows = |svg: &str, texts: [&str; 4]| {
        let mut texts = texts.iter();
        texts.all(|text| svg.contains(&format!(">{text}<")))
    };
    let labelled = svgs.len() == 2
        && shows(&svgs[0], ["x", "x**2", "−2.0", "2.0"])
        && shows(&svgs[1], ["x", "sigmoid(x)", "−4", "4"]);
    course.row("F3", holds("x, sigmoid(x) and -4 at the axes", labelled));

    course.listing("quad_at", || {
        // ANCHOR: quad_at
        println!("{}", quad(3.0, 2.0, 1.0, 1.5));
        let quad_321 = mk_quad(3.0, 2.0, 1.0);
        println!("{}", quad_321(1.5));
        // ANCHOR_END: quad_at
    });
    course.row("F4", equal(course.line(0), "10.75"));
    course.row("F5", equal(course.line(1), "10.75"));
}

/// How many points the line of a picture has.
fn points(svg: &str) -> usize {
    let line = svg.split("<polyline").nth(1).unwrap_or_default();
    let points = line.split("points=\"").nth(1).unwrap_or_default();
    let points = points.split('"').next().unwrap_or_default();
    points.split_whitespace().count()
}
