//! Rectified lines, and what a sum of them can be.

use hammerhead::prelude::*;

use super::descent::mae;
use crate::chapters::prelude::*;

// ANCHOR: rectified_linear
fn rectified_linear(m: f64, b: f64, x: &Tensor) -> Tensor {
    (m * x + b).clamp_min(0.0)
}
// ANCHOR_END: rectified_linear

// ANCHOR: double_relu
fn relu(m: f64, b: f64, x: &Tensor) -> Tensor {
    (m * x + b).relu()
}

fn double_relu(m1: f64, b1: f64, m2: f64, b2: f64, x: &Tensor) -> Tensor {
    relu(m1, b1, x) + relu(m2, b2, x)
}
// ANCHOR_END: double_relu

// ANCHOR: fit_relus
/// A sum of `n` rectified lines, fitted by gradient descent; and its error.
fn fit_relus(n: usize, x: &Tensor, y: &Tensor) -> (Sequential, f64) {
    manual_seed(42);
    let model = Sequential::new()
        .push(Linear::new(1, n))
        .push(ReLU::new())
        .push(Linear::new(n, 1));
    let mut optimizer = Optimizer::new(model.named_parameters(), Adam::new(0.03));
    for _ in 0..2000 {
        optimizer.zero_grad();
        loss::mse_loss(&model.forward(x.clone(), Mode::Train), y).backward();
        optimizer.step();
    }
    let error = no_grad(|| loss::mse_loss(&model.forward(x.clone(), Mode::Eval), y).item());
    (model, error)
}
// ANCHOR_END: fit_relus

pub fn run(course: &mut Course<'_>, x: &Tensor, y: &Tensor) {
    course.listing("plot_relu", || {
        // ANCHOR: plot_relu
        plot_function(|x| rectified_linear(1.0, 1.0, x), "$relu(x + 1)$").show();
        // ANCHOR_END: plot_relu
    });
    let line = Tensor::linspace(-2.1, 2.1, 100);
    let same =
        rectified_linear(1.0, 1.0, &line).to_vec::<f32>() == relu(1.0, 1.0, &line).to_vec::<f32>();
    course.row("F24", holds("clamp and relu agree", same));
    let ends = rectified_linear(1.0, 1.0, &tensor([-2.0, -1.0, 0.5]));
    course.row("F24", equal(ends, "tensor([0.0000, 0.0000, 1.5000])"));

    course.listing("plot_relus", || {
        // ANCHOR: plot_relus
        let one = plot_function(|x| relu(1.5, 1.5, x), "1 ReLU").y_lim(-1.0, 4.0);
        let two =
            plot_function(|x| double_relu(-1.5, -1.5, 1.5, 1.5, x), "2 ReLUs").y_lim(-1.0, 6.0);
        Figure::grid(2, [one, two]).show();
        // ANCHOR_END: plot_relus
    });
    let svg = course.picture().svg();
    let (one, two) = svg.split_once(">2 ReLUs<").unwrap_or_default();
    let red = [one, two].map(|panel| red_marks(panel, "polyline") == 1);
    let (one, two) = (y_ticks(one), y_ticks(two));
    let to_4 = matches!(one[..], [("−1", _), .., ("4", _)]);
    // The second axis has no -1 written at it: it goes on below 0 for a sixth of the way up to 6.
    let to_6 = match (&one[..], &two[..]) {
        ([(_, bottom), .., (_, top)], [("0", zero), .., ("6", six)]) => {
            (six - top).abs() < 0.1 && (zero + (zero - six) / 6.0 - bottom).abs() < 0.1
        }
        _ => false,
    };
    course.row("F25", holds("a picture from -1 to 4", to_4 && red[0]));
    course.row("F26", holds("a picture from -1 to 6", to_6 && red[1]));

    course.listing("triple_relu", || {
        // ANCHOR: triple_relu
        let triple_relu =
            |x: &Tensor| double_relu(-8.0, -8.0, 3.0, 0.0, x) + relu(5.0, -5.0, x) + 1.0;
        Figure::new()
            .scatter(x, y)
            .line(x, triple_relu(x))
            .color(Color::Red)
            .title(format!("MAE: {:.2}", mae(&triple_relu(x), y).item()))
            .show();
        // ANCHOR_END: triple_relu
    });
    let svg = course.picture().svg();
    course.row("F27", equal(svg.matches("<circle").count(), 20));

    let errors = course.listing("more_relus", || {
        // ANCHOR: more_relus
        let y = y.float();
        let line = Tensor::linspace(-2.1, 2.1, 100).unsqueeze(1);
        let mut errors = Vec::new();
        let panels = [1, 2, 3, 5, 10, 50].map(|n| {
            let (model, error) = fit_relus(n, x, &y);
            println!("{n:>2} ReLUs: mean squared error {error:.3}");
            errors.push(error);
            Figure::new()
                .scatter(x, &y)
                .line(&line, no_grad(|| model.forward(line.clone(), Mode::Eval)))
                .color(Color::Red)
                .y_lim(-3.0, 15.0)
                .title(format!("{n}"))
        });
        Figure::grid(3, panels).figsize(12.0, 6.0).show();
        // ANCHOR_END: more_relus
        errors
    });
    course.row(
        "F28",
        holds(
            "three fit better than one, fifty better than three",
            errors[2] < errors[0] && errors[5] < errors[2],
        ),
    );
    course.row("F28", at_most((errors[5] * 1e3).round() / 1e3, 1.0));
}
