//! A figure: one panel or several, and the builder that fills them.

use crate::color::{Color, Theme};
use crate::panel::{Layer, Mark, Panel};
use crate::ticks::{drawable, extent};
use crate::{Values, tex};

/// A picture to be written, printed or shown: one panel, or several beside each other.
///
/// Every method returns the figure, so that calls chain. Layers are drawn in the order in which they were
/// added; [`color`](Self::color), [`named`](Self::named) speak of the last layer, and titles, labels and limits of the last panel.
/// Points that are not finite, or beyond 1e300, are left out, and interrupt a line.
///
/// ```
/// use hammerhead_plot::{Color, Figure};
///
/// let figure = Figure::new()
///     .scatter([0, 1, 2, 3], [1.0, 2.9, 5.2, 7.1])
///     .line([0, 3], [1.0, 7.0])
///     .color(Color::Red)
///     .named("$2x + 1$")
///     .title("A line through four points")
///     .x_label("x");
/// assert!(figure.svg().contains("2x + 1"));
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    pub(crate) panels: Vec<Panel>,
    pub(crate) columns: usize,
    pub(crate) size: Option<(f64, f64)>,
    pub(crate) theme: Theme,
}

impl Default for Figure {
    fn default() -> Self {
        Self::new()
    }
}

impl Figure {
    /// An empty pair of axes.
    ///
    /// ```
    /// assert!(hammerhead_plot::Figure::new().svg().starts_with("<svg"));
    /// ```
    pub fn new() -> Self {
        Self::of(Panel::default())
    }

    pub(crate) fn of(panel: Panel) -> Self {
        Self {
            panels: vec![panel],
            columns: 1,
            size: None,
            theme: Theme::default(),
        }
    }

    /// Figures beside each other, row by row, `columns` in a row; their sizes give way to the whole's.
    ///
    /// ```
    /// use hammerhead_plot::Figure;
    ///
    /// let steps = (1..=4).map(|step| Figure::new().line([0, 1], [0, step]).y_lim(0.0, 4.0));
    /// let figure = Figure::grid(4, steps).figsize(12.0, 3.0);
    /// assert!(figure.svg().contains(r#"width="1200" height="300""#));
    /// ```
    ///
    /// # Panics
    /// If `columns` is 0.
    #[track_caller]
    pub fn grid(columns: usize, figures: impl IntoIterator<Item = Figure>) -> Self {
        assert!(columns > 0, "grid: 0 columns; a row needs at least 1");
        let panels: Vec<Panel> = figures
            .into_iter()
            .flat_map(|figure| figure.panels)
            .collect();
        Self {
            columns: columns.min(panels.len()).max(1),
            panels,
            size: None,
            theme: Theme::default(),
        }
    }

    pub(crate) fn panel(&mut self) -> &mut Panel {
        if self.panels.is_empty() {
            self.panels.push(Panel::default());
        }
        self.panels.last_mut().expect("one was just added")
    }

    fn layer(mut self, mark: Mark) -> Self {
        self.panel().layers.push(Layer {
            mark,
            color: None,
            name: String::new(),
        });
        self
    }

    fn last_layer(&mut self, operation: &str) -> &mut Layer {
        match self.panel().layers.last_mut() {
            Some(layer) => layer,
            None => panic!(
                "{operation}: the panel has no layer yet; call it after scatter, line or another one"
            ),
        }
    }

    /// A point for each pair of an `x` and a `y`.
    ///
    /// ```
    /// use hammerhead_plot::Figure;
    /// use hammerhead_tensor::Tensor;
    ///
    /// let x = Tensor::linspace(-2.0, 2.0, 20);
    /// let figure = Figure::new().scatter(&x, x.pow(2));
    /// assert_eq!(figure.svg().matches("<circle").count(), 20);
    /// ```
    ///
    /// # Panics
    /// If there are more of the one than of the other.
    #[track_caller]
    pub fn scatter(self, x: impl Values, y: impl Values) -> Self {
        let (x, y) = pairs("scatter", &x, &y);
        self.layer(Mark::Scatter { x, y })
    }

    /// A line from point to point.
    ///
    /// ```
    /// let figure = hammerhead_plot::Figure::new().line([0, 1, 2], [0.0, 1.0, 4.0]);
    /// assert!(figure.svg().contains("<polyline"));
    /// ```
    ///
    /// # Panics
    /// If there are more of the one than of the other.
    #[track_caller]
    pub fn line(self, x: impl Values, y: impl Values) -> Self {
        let (x, y) = pairs("line", &x, &y);
        self.layer(Mark::Line { x, y })
    }

    /// A line over 0, 1, 2, ...: the value of each step or epoch.
    ///
    /// ```
    /// let figure = hammerhead_plot::Figure::new().curve([0.9, 0.5, 0.4]).x_label("epoch");
    /// assert!(figure.svg().contains("epoch"));
    /// ```
    pub fn curve(self, y: impl Values) -> Self {
        let y = y.values();
        self.layer(Mark::Line {
            x: (0..y.len()).values(),
            y,
        })
    }

    /// One point that stands out, such as the place on a curve that the text speaks of.
    ///
    /// ```
    /// use hammerhead_plot::{Figure, plot_function};
    ///
    /// let figure = plot_function(|x| x.pow(2), ("x", "x**2")).point(-1.5, 2.25);
    /// assert!(figure.svg().contains("<circle"));
    /// ```
    pub fn point(self, x: f64, y: f64) -> Self {
        self.layer(Mark::Point { x, y })
    }

    /// A text beside each point.
    ///
    /// ```
    /// let figure = hammerhead_plot::Figure::new().texts([1, 2], [3, 4], ["one", "two"]);
    /// assert!(figure.svg().contains(">two<"));
    /// ```
    ///
    /// # Panics
    /// If the three have different lengths.
    #[track_caller]
    pub fn texts<S: Into<String>>(
        self,
        x: impl Values,
        y: impl Values,
        texts: impl IntoIterator<Item = S>,
    ) -> Self {
        let (x, y) = pairs("texts", &x, &y);
        let texts: Vec<String> = texts.into_iter().map(|text| tex(&text.into())).collect();
        assert!(
            texts.len() == x.len(),
            "texts: {} texts for {} points; each point needs one",
            texts.len(),
            x.len()
        );
        self.layer(Mark::Texts { x, y, texts })
    }

    /// A bar from zero to each height, with a label below it.
    ///
    /// ```
    /// let probabilities = [0.01, 0.02, 0.97];
    /// let figure = hammerhead_plot::Figure::new().bars(["ones", "twos", "threes"], probabilities);
    /// assert_eq!(figure.svg().matches("<rect").count(), 3 + 1);
    /// ```
    ///
    /// # Panics
    /// If there are more labels than heights, or fewer.
    #[track_caller]
    pub fn bars<S: ToString>(
        self,
        labels: impl IntoIterator<Item = S>,
        heights: impl Values,
    ) -> Self {
        let labels: Vec<String> = labels.into_iter().map(|l| tex(&l.to_string())).collect();
        let heights = heights.values();
        assert!(
            labels.len() == heights.len(),
            "bars: {} labels for {} heights; each bar needs one",
            labels.len(),
            heights.len()
        );
        self.layer(Mark::Bars { labels, heights })
    }

    /// How many of the values lie in each of `bins` equal ranges between the least and the greatest.
    ///
    /// ```
    /// let figure = hammerhead_plot::Figure::new().histogram([1.0, 1.5, 2.0, 9.0, f64::NAN], 4);
    /// assert_eq!(figure.svg().matches("<rect").count(), 2 + 1);
    /// ```
    ///
    /// # Panics
    /// If `bins` is 0.
    #[track_caller]
    pub fn histogram(self, values: impl Values, bins: usize) -> Self {
        assert!(bins > 0, "histogram: 0 bins; it needs at least 1");
        let values = values.values();
        let (low, high) = extent(values.iter().copied()).unwrap_or((0.0, 1.0));
        let (low, high) = if low == high {
            (low - 0.5, high + 0.5)
        } else {
            (low, high)
        };
        let mut counts = vec![0.0; bins];
        for value in values.into_iter().filter(|value| drawable(*value)) {
            let bin = ((value - low) / (high - low) * bins as f64) as usize;
            counts[bin.min(bins - 1)] += 1.0;
        }
        let edge = |i: usize| low + (high - low) * (i as f64 / bins as f64);
        let edges = (0..=bins).map(edge).collect();
        self.layer(Mark::Histogram { edges, counts })
    }

    /// The colour of the last layer, instead of the next in turn.
    ///
    /// ```
    /// use hammerhead_plot::{Color, Figure};
    /// let figure = Figure::new().curve([1, 2]).color(Color::Rgb(1, 2, 3));
    /// assert!(figure.svg().contains("#010203"));
    /// ```
    ///
    /// # Panics
    /// If there is no layer yet.
    #[track_caller]
    pub fn color(mut self, color: Color) -> Self {
        self.last_layer("color").color = Some(color);
        self
    }

    /// The name of the last layer in the legend.
    ///
    /// ```
    /// let figure = hammerhead_plot::Figure::new().curve([3, 2]).named("training loss");
    /// assert!(figure.svg().contains("training loss"));
    /// ```
    ///
    /// # Panics
    /// If there is no layer yet.
    #[track_caller]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.last_layer("named").name = tex(&name.into());
        self
    }
}

#[track_caller]
fn pairs(operation: &str, x: &impl Values, y: &impl Values) -> (Vec<f64>, Vec<f64>) {
    let (x, y) = (x.values(), y.values());
    assert!(
        x.len() == y.len(),
        "{operation}: {} values of x and {} of y; each point needs one of both",
        x.len(),
        y.len()
    );
    (x, y)
}
