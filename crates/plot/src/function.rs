//! The lesson's `plot_function`, in both of its forms.

use hammerhead_tensor::{NewAxis, Tensor};

use crate::color::Color;
use crate::figure::Figure;

/// How [`plot_function`] shows a function; from a title, or from the names of the axes.
///
/// ```
/// use hammerhead_plot::{Color, FunctionPlot, plot_function};
///
/// let options = FunctionPlot::from(("x", "sigmoid(x)")).range(-4.0, 4.0).color(Color::Green);
/// let figure = plot_function(|x| x.sigmoid(), options);
/// assert!(figure.svg().contains("sigmoid(x)"));
/// ```
#[derive(Clone, Debug)]
pub struct FunctionPlot {
    title: String,
    labels: (String, String),
    range: (f64, f64),
    color: Color,
    y_lim: Option<(f64, f64)>,
    figsize: (f64, f64),
}

/// A title alone: from -2.1 to 2.1 in red, as the notebook "How does a neural net really work?" has it.
impl From<&str> for FunctionPlot {
    fn from(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            labels: Default::default(),
            range: (-2.1, 2.1),
            color: Color::Red,
            y_lim: None,
            figsize: (6.0, 4.0),
        }
    }
}

/// The names of both axes: from -2 to 2 in blue, as fastbook has it.
impl From<(&str, &str)> for FunctionPlot {
    fn from((x, y): (&str, &str)) -> Self {
        Self {
            labels: (x.to_owned(), y.to_owned()),
            range: (-2.0, 2.0),
            color: Color::Blue,
            ..Self::from("")
        }
    }
}

/// The names of both axes and a title.
impl From<(&str, &str, &str)> for FunctionPlot {
    fn from((x, y, title): (&str, &str, &str)) -> Self {
        Self::from((x, y)).title(title)
    }
}

impl FunctionPlot {
    /// The ends of the horizontal axis between which the function is computed.
    #[must_use]
    pub fn range(mut self, min: f64, max: f64) -> Self {
        self.range = (min, max);
        self
    }

    /// The colour of the line.
    #[must_use]
    pub fn color(mut self, color: Color) -> Self {
        self.color = color;
        self
    }

    /// The ends of the vertical axis, instead of the values'.
    #[must_use]
    pub fn y_lim(mut self, low: f64, high: f64) -> Self {
        self.y_lim = Some((low, high));
        self
    }

    /// What stands above; parts between dollar signs are TeX.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.title = title.to_owned();
        self
    }

    /// Width and height in matplotlib's inches.
    #[must_use]
    pub fn figsize(mut self, width: f64, height: f64) -> Self {
        self.figsize = (width, height);
        self
    }
}

/// Draws a function of a tensor over 100 equally spaced numbers, which it gets as `[100, 1]`.
///
/// `options` is a title (from -2.1 to 2.1, in red), the names of the two axes (from -2 to 2, in blue), both
/// (names, then title), or a [`FunctionPlot`].
///
/// ```
/// use hammerhead_plot::plot_function;
/// use hammerhead_tensor::Tensor;
///
/// fn f(x: &Tensor) -> Tensor {
///     3 * x.pow(2) + 2 * x + 1
/// }
///
/// let figure = plot_function(f, "$3x^2 + 2x + 1$");
/// assert!(figure.svg().contains("3x² + 2x + 1"));
/// let figure = plot_function(Tensor::relu, ("x", "relu(x)"));
/// assert!(figure.svg().contains("relu(x)"));
/// ```
///
/// # Panics
/// If the function's result has not one number for each of its argument, or the range has no length.
#[track_caller]
pub fn plot_function(f: impl Fn(&Tensor) -> Tensor, options: impl Into<FunctionPlot>) -> Figure {
    let options = options.into();
    let (min, max) = options.range;
    assert!(
        min.is_finite() && max.is_finite() && min < max,
        "plot_function: a range from {min} to {max}; it must go from a number to a greater one"
    );
    let x = Tensor::linspace(min, max, 100).i((.., NewAxis));
    let y = f(&x);
    assert!(
        y.numel() == x.numel(),
        "plot_function: the function made {:?} of {:?}; it must give one number for each",
        y.shape(),
        x.shape()
    );
    let (width, height) = options.figsize;
    let figure = Figure::new()
        .line(&x, &y)
        .color(options.color)
        .title(options.title)
        .x_label(options.labels.0)
        .y_label(options.labels.1)
        .figsize(width, height);
    match options.y_lim {
        Some((low, high)) => figure.y_lim(low, high),
        None => figure,
    }
}
