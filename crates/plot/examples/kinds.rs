//! A few pictures: in the terminal, or as files in the folder that is given.
//!
//! ```text
//! cargo run --release -p hammerhead-plot --example kinds [FOLDER]
//! ```

use std::path::PathBuf;

use hammerhead_plot::{
    Color, Figure, Model, Theme, confusion_matrix, curves, lr_curve, plot_function, seven_steps,
    speed_accuracy,
};
use hammerhead_tensor::Tensor;

fn quadratic(x: &Tensor) -> Tensor {
    3 * x.pow(2) + 2 * x + 1
}

fn figures() -> Vec<(&'static str, Figure)> {
    let x = Tensor::linspace(-2.0, 2.0, 20);
    let losses: Vec<f64> = (0..60)
        .map(|i| 2.3 * (-0.06 * f64::from(i)).exp() + 0.1)
        .collect();
    let valid: Vec<f64> = losses
        .iter()
        .enumerate()
        .map(|(i, loss)| loss + 0.002 * i as f64)
        .collect();
    let rates: Vec<f64> = (0..80)
        .map(|i| 10f64.powf(-7.0 + f64::from(i) / 10.0))
        .collect();
    let found: Vec<f64> = rates
        .iter()
        .map(|lr| 2.3 / (1.0 + (lr * 300.0).powf(0.8)) + 0.3 + lr.powi(2) * 0.5)
        .collect();
    let models = [
        Model::new("resnet18", "resnet", 4500.0, 0.698),
        Model::new("resnet34", "resnet", 2400.0, 0.733),
        Model::new("mlp", "mlp", 9000.0, 0.55),
        Model::new("cnn", "mnist_cnn", 7000.0, 0.61),
    ];
    vec![
        ("function", plot_function(quadratic, "$3x^2 + 2x + 1$")),
        (
            "scatter",
            Figure::new()
                .scatter(&x, quadratic(&x))
                .named("data")
                .line(&x, 5 * &x + 3)
                .named("$5x + 3$")
                .y_lim(-3.0, 13.0)
                .title("Points and a line"),
        ),
        (
            "bars",
            Figure::new()
                .bars(
                    0..10,
                    [0.01, 0.0, 0.02, 0.9, 0.0, 0.03, 0.0, 0.0, 0.04, 0.0],
                )
                .title("What digit is it?"),
        ),
        (
            "curves",
            curves([("training", losses), ("validation", valid)])
                .x_label("epoch")
                .y_label("loss"),
        ),
        (
            "rates",
            lr_curve(&rates, &found, Some(3e-3)).title("Learning-rate finder"),
        ),
        (
            "models",
            speed_accuracy(&models).title("Speed against accuracy"),
        ),
        (
            "confusion",
            confusion_matrix([50, 2, 0, 1, 47, 3, 0, 12, 40], ["cat", "dog", "frog"])
                .title("Validation set"),
        ),
        ("steps", seven_steps()),
        (
            "panels",
            Figure::grid(
                4,
                (1..=4).map(|n| {
                    plot_function(|x| x.pow(f64::from(n)), ("x", "y"))
                        .point(-1.5, (-1.5f64).powi(n))
                        .color(Color::Red)
                }),
            )
            .figsize(12.0, 3.0),
        ),
    ]
}

fn main() -> hammerhead_plot::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    for (name, figure) in figures() {
        match &folder {
            None => figure.show(),
            Some(folder) => {
                figure.save(folder.join(format!("{name}.svg")))?;
                figure.save(folder.join(format!("{name}.txt")))?;
                #[cfg(feature = "png")]
                figure.save(folder.join(format!("{name}.png")))?;
                #[cfg(feature = "png")]
                let dark = figure.theme(Theme::Dark);
                #[cfg(feature = "png")]
                dark.save(folder.join(format!("{name}-dark.png")))?;
            }
        }
    }
    Ok(())
}
