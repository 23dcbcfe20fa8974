//! The pictures of the gallery: one of every kind, of real data.

use hammerhead::plot::{
    Color, Figure, FunctionPlot, Shading, confusion_matrix, curves, lr_curve, pixel_table,
    plot_function, seven_steps, show_image, show_images, speed_accuracy, top_losses,
};
use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;
use hammerhead_lesson::sliders::lesson;

use super::trained;
use crate::failure::Failure;

/// A figure with its file's name and its heading.
pub struct Picture {
    pub name: &'static str,
    pub title: &'static str,
    pub figure: Figure,
}

/// Every kind, in the order of the lesson.
pub fn all() -> Result<Vec<Picture>, Failure> {
    let digits = Mnist::load().map_err(Failure::input)?;
    let mut pictures = functions();
    pictures.extend(data());
    pictures.extend(images(&digits));
    pictures.extend(learning(&digits)?);
    Ok(pictures)
}

fn picture(name: &'static str, title: &'static str, figure: Figure) -> Picture {
    Picture {
        name,
        title,
        figure,
    }
}

fn quadratic(x: &Tensor) -> Tensor {
    3.0 * x.pow(2) + 2.0 * x + 1.0
}

fn functions() -> Vec<Picture> {
    let sigmoid = FunctionPlot::from(("x", "sigmoid(x)", r"$\sigma(x) = \frac{1}{1 + e^{-x}}$"));
    let squares = plot_function(|x| x.pow(2), ("x", "x**2"));
    vec![
        picture(
            "function",
            "plot_function with a title",
            plot_function(quadratic, "$3x^2 + 2x + 1$"),
        ),
        picture(
            "labelled_function",
            "plot_function with labels and a range",
            plot_function(Tensor::sigmoid, sigmoid.range(-4.0, 4.0)),
        ),
        picture(
            "relu",
            "plot_function of ReLU",
            plot_function(Tensor::relu, ("x", "relu(x)")),
        ),
        picture(
            "point",
            "A point that stands out",
            squares.point(-1.5, 2.25),
        ),
    ]
}

/// The lesson's noisy quadratic, and its roller coaster with four steps of gradient descent.
fn data() -> Vec<Picture> {
    let lesson = lesson();
    let x = Tensor::from_slice(&lesson.x, [20]);
    let fit = Figure::new()
        .scatter(&x, &lesson.y[0])
        .named("data")
        .line(&x, 1.5 * x.pow(2) + 1.5 * &x + 1.5)
        .color(Color::Red)
        .named("$1.5x^2 + 1.5x + 1.5$")
        .y_lim(-3.0, 12.0)
        .title("The data and a guess");
    let noise = with_generator(&mut TorchGenerator::new(42), || Tensor::randn([2000]));
    let bell = Figure::new()
        .histogram(&noise, 30)
        .title("2,000 normal numbers")
        .x_label("value")
        .y_label("count");
    vec![
        picture("scatter", "Scatter and line with a legend", fit),
        picture("histogram", "Histogram", bell),
        picture(
            "descent",
            "Panels: four steps of gradient descent",
            descent(),
        ),
        picture("steps", "The seven steps", seven_steps()),
    ]
}

/// Speeds of a roller coaster, and the parabola that four steps fit to them.
fn descent() -> Figure {
    let time = Tensor::arange(20).float();
    let (noise, start) = with_generator(&mut TorchGenerator::new(42), || {
        (Tensor::randn([20]), Tensor::randn([3]))
    });
    let speed = noise * 3.0 + (&time - 9.5).pow(2) * 0.75 + 1.0;
    let parameters = start.requires_grad_();
    let curve = |p: &Tensor| p.i(0) * time.pow(2) + p.i(1) * &time + p.i(2);
    let panels = (1..=4).map(|step| {
        let prediction = curve(&parameters);
        let error = loss::mse_loss(&prediction, &speed);
        let panel = Figure::new()
            .scatter(&time, &speed)
            .scatter(&time, &prediction)
            .y_lim(-300.0, 100.0)
            .title(format!("step {step}: loss {:.0}", error.item()));
        error.backward();
        let gradient = parameters
            .grad()
            .expect("the loss depends on the parameters");
        no_grad(|| parameters.sub_(&(gradient * 1e-5)));
        parameters.zero_grad();
        panel
    });
    Figure::grid(4, panels).figsize(12.0, 3.0)
}

/// A picture with three channels: red grows to the right, green downwards, blue in rings.
fn colours() -> Tensor {
    let axis = Tensor::linspace(0.0, 1.0, 64);
    let (across, down) = (
        axis.unsqueeze(0).expand([64, 64]),
        axis.unsqueeze(1).expand([64, 64]),
    );
    let rings = ((&across - 0.5).pow(2) + (&down - 0.5).pow(2)).sqrt() * 30.0;
    stack(
        &[
            across.contiguous(),
            down.contiguous(),
            rings.sin() * 0.5 + 0.5,
        ],
        0,
    )
}

fn images(digits: &Mnist) -> Vec<Picture> {
    let sample = MnistSample::from(digits);
    let three = sample.train.threes().i(1);
    let means = [sample.train.threes(), sample.train.sevens()]
        .map(|digits| (digits.float() / 255.0).mean_dim(0));
    let first: Vec<Tensor> = (0..16).map(|i| digits.train.images().i(i)).collect();
    let labels: Vec<i64> = digits.train.labels().i(..16).to_vec();
    let block = three.reshape([28, 28]).i((4..15, 4..22));
    vec![
        picture(
            "image",
            "show_image: grey",
            show_image(&three.reshape([28, 28])).title("a three"),
        ),
        picture(
            "colours",
            "show_image: colours",
            show_image(&colours()).title("[3, 64, 64]"),
        ),
        picture(
            "means",
            "show_images: mean three, mean seven",
            show_images(&means, ["mean of the threes", "mean of the sevens"]),
        ),
        picture(
            "images",
            "show_images: a grid",
            show_images(&first, labels.iter().map(i64::to_string)),
        ),
        picture("pixels", "The coloured pixel table", pixel_table(&block)),
    ]
}

fn learning(digits: &Mnist) -> Result<Vec<Picture>, Failure> {
    let run = trained::run(digits)?;
    let mut counts = vec![0u32; 100];
    for (label, prediction) in run.labels.iter().zip(&run.predictions) {
        counts[(10 * label + prediction) as usize] += 1;
    }
    let tests = digits.test.images();
    let pictures: Vec<Tensor> = (0..tests.size(0)).map(|i| tests.i(i)).collect();
    let worst = top_losses(
        &pictures,
        &run.labels,
        &run.predictions,
        &run.item_losses,
        10,
    );
    let probabilities = Figure::new()
        .bars(0..10, &run.probabilities)
        .y_lim(0.0, 1.0)
        .title(format!(
            "What is digit 0 of the test set? ({})",
            run.labels[0]
        ))
        .y_label("probability");
    let by_epoch = curves([("training", &run.train), ("validation", &run.valid)]);
    let accuracy = Figure::new().curve(&run.accuracy).color(Color::Green);
    let both = Figure::grid(
        2,
        [
            by_epoch.title("Loss").x_label("epoch"),
            accuracy.title("Accuracy").x_label("epoch"),
        ],
    );
    let each = Figure::new()
        .curve(&run.losses)
        .title("Training loss of each step")
        .x_label("step")
        .y_label("loss");
    let rates = lr_curve(&run.rates.lrs, &run.rates.losses, Some(run.rates.valley()))
        .title("Learning-rate finder");
    let weights = show_images(&run.weights, [""; 0]).shading(Shading::Signed);
    let compared = speed_accuracy(&trained::compared(digits)?)
        .title("Perceptrons after one epoch of 6,000 digits");
    Ok(vec![
        picture("rates", "The learning-rate finder", rates),
        picture("losses", "A loss curve", each),
        picture("curves", "Loss and metric by epoch", both),
        picture(
            "confusion",
            "The confusion matrix",
            confusion_matrix(&counts, 0..10).title("10,000 test digits"),
        ),
        picture("losses_of_items", "Top losses", worst),
        picture("bars", "Bars", probabilities),
        picture(
            "weights",
            "Weights, negative in red and positive in blue",
            weights,
        ),
        picture(
            "models",
            "Speed against accuracy",
            compared.x_label("pictures per second"),
        ),
    ])
}
