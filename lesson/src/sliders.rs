//! What the lesson's sliders start at and reach, and the data that they fit.

use hammerhead::prelude::*;
use hammerhead::tensor::random::NumpyGenerator;
use serde::Serialize;

/// Everything that the page gets from here.
#[derive(Serialize)]
pub struct Lesson {
    /// Where the data lies, and where a curve is drawn.
    pub x: Vec<f64>,
    /// The ends of the horizontal axis.
    pub range: [f64; 2],
    /// The data with little and with much noise; a start says which.
    pub y: [Vec<f64>; 2],
    /// The models in the order of the lesson.
    pub models: Vec<Model>,
    /// Weight, slope and offset of each ReLU of the network before its first step.
    pub units: Vec<[f64; 3]>,
}

/// One model with sliders.
#[derive(Serialize)]
pub struct Model {
    /// Its name in addresses.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What to do with it.
    pub hint: &'static str,
    /// Whether the data is shown with it at first.
    pub scatter: bool,
    /// Where its sliders may start.
    pub starts: Vec<Start>,
}

/// Where the sliders start.
#[derive(Serialize)]
pub struct Start {
    /// What the choice is called.
    pub name: &'static str,
    /// Which data.
    pub data: usize,
    /// The ends of the vertical axis.
    pub ylim: [f64; 2],
    /// A slider for each parameter.
    pub parameters: Vec<Parameter>,
}

/// One slider.
#[derive(Clone, Debug, Serialize)]
pub struct Parameter {
    /// The parameter's name.
    pub name: String,
    /// What stands beside it, if not its name.
    pub label: Option<&'static str>,
    /// Where it starts.
    pub start: f64,
    /// Its least value.
    pub min: f64,
    /// Its greatest value.
    pub max: f64,
    /// From one value to the next.
    pub step: f64,
}

/// The most ReLUs that the network has.
pub const UNITS: usize = 50;

impl Parameter {
    fn new(name: &str, start: f64, (min, max): (f64, f64), step: f64) -> Self {
        Self {
            name: name.to_owned(),
            label: None,
            start,
            min,
            max,
            step,
        }
    }

    /// The range that the lesson's `interact` gives a start: from its opposite to three times itself, in tenths.
    fn interactive(name: &str, start: f64) -> Self {
        let ends = [-start, 3.0 * start].map(|end| (end * 10.0).round() / 10.0);
        let range = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        Self::new(name, start, range, 0.1)
    }
}

/// The function behind the data.
fn quadratic(x: &Tensor) -> Tensor {
    3.0 * x.pow(2) + 2.0 * x + 1.0
}

/// The lesson's `add_noise` with numpy's generator, seeded with 42: a factor and an addend to each value.
fn noisy(values: &Tensor, factor: f64, addend: f64) -> Vec<f64> {
    let mut generator = NumpyGenerator::new(42);
    let mut noise = |scale: f64| {
        let draws = generator.normal(0.0, scale, values.numel());
        Tensor::from_vec(draws, values.shape())
    };
    let factors = noise(factor);
    let addends = noise(addend);
    (values * (factors + 1.0) + addends).to_vec()
}

/// The page's data.
pub fn lesson() -> Lesson {
    // In single precision, as the lesson has it; the noise makes it double.
    let x = Tensor::linspace(-2.0, 2.0, 20);
    let clean = quadratic(&x);
    Lesson {
        y: [noisy(&clean, 0.15, 1.5), noisy(&clean, 0.3, 1.5)],
        x: x.double().to_vec(),
        range: [-2.1, 2.1],
        models: models(),
        units: units(),
    }
}

fn models() -> Vec<Model> {
    let interactive = |pairs: &[(&str, f64)]| -> Vec<Parameter> {
        let slider = |(name, start): &(&str, f64)| Parameter::interactive(name, *start);
        pairs.iter().map(slider).collect()
    };
    let start = |name, data, ylim, parameters| Start {
        name,
        data,
        ylim,
        parameters,
    };
    let same = |value| interactive(&[("a", value), ("b", value), ("c", value)]);
    let unit = |name, value| Parameter::new(name, value, (0.0, 3.0), 0.1);
    let pair = [("m1", -1.5), ("b1", -1.5), ("m2", 1.5), ("b2", 1.5)];
    let three = [&pair[..], &[("m3", 1.5), ("b3", -1.5)]].concat();
    vec![
        Model {
            id: "quad",
            name: "Quadratic",
            hint: "Move a, b and c until the curve lies on the points and the loss is as small as you can make it.",
            scatter: true,
            starts: vec![
                start("1.1, 1.1, 1.1", 0, [-3.0, 12.0], same(1.1)),
                start("1.5, 1.5, 1.5, more noise", 1, [-3.0, 13.0], same(1.5)),
                start(
                    "1.5, 1.5, 1 from 0 to 3",
                    0,
                    [-3.0, 12.0],
                    vec![unit("a", 1.5), unit("b", 1.5), unit("c", 1.0)],
                ),
            ],
        },
        Model {
            id: "relu",
            name: "ReLU",
            hint: "A line that is cut off at zero: m is its slope, b moves the bend.",
            scatter: false,
            starts: vec![start(
                "",
                0,
                [-1.0, 4.0],
                interactive(&[("m", 1.5), ("b", 1.5)]),
            )],
        },
        Model {
            id: "double_relu",
            name: "2 ReLUs",
            hint: "The sum of two of them bends twice.",
            scatter: false,
            starts: vec![start("", 0, [-1.0, 6.0], interactive(&pair))],
        },
        Model {
            id: "triple_relu",
            name: "3 ReLUs",
            hint: "Three of them can come close to the points.",
            scatter: true,
            starts: vec![start("", 0, [-3.0, 12.0], interactive(&three))],
        },
        Model {
            id: "network",
            name: "n ReLUs",
            hint: "Enough ReLUs can follow any curve. Gradient descent finds their weights.",
            scatter: true,
            starts: vec![start(
                "",
                0,
                [-3.0, 12.0],
                vec![
                    Parameter {
                        label: Some("ReLUs"),
                        ..Parameter::new("n", 6.0, (1.0, UNITS as f64), 1.0)
                    },
                    Parameter {
                        label: Some("learning rate"),
                        ..Parameter::new("rate", 0.01, (0.001, 0.1), 0.001)
                    },
                ],
            )],
        },
    ]
}

/// Each ReLU bends somewhere between the ends of the data, to the right or to the left in turn, with a small weight.
fn units() -> Vec<[f64; 3]> {
    let mut generator = NumpyGenerator::new(42);
    let bends = generator.uniform(-2.0, 2.0, UNITS);
    let weights = generator.normal(0.0, 0.3, UNITS);
    let unit = |(i, (bend, weight)): (usize, (f64, f64))| {
        let slope = if i % 2 == 0 { 1.0 } else { -1.0 };
        [weight, slope, -slope * bend]
    };
    bends
        .into_iter()
        .zip(weights)
        .enumerate()
        .map(unit)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_the_lessons() {
        let y = &lesson().y[0];
        let printed: Vec<String> = y[..5].iter().map(|value| format!("{value:.4}")).collect();
        assert_eq!(printed, ["11.8690", "6.5433", "5.9396", "2.6304", "1.7947"]);
    }

    #[test]
    fn sliders_reach_as_far_as_the_lessons() {
        let ends = |start| {
            let slider = Parameter::interactive("a", start);
            (slider.min, slider.max, slider.step)
        };
        assert_eq!(ends(1.1), (-1.1, 3.3, 0.1));
        assert_eq!(ends(1.5), (-1.5, 4.5, 0.1));
        assert_eq!(ends(-1.5), (-4.5, 1.5, 0.1));
    }
}
