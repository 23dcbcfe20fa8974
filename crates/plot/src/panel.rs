//! What one panel shows: layers of marks on a pair of axes, or a picture, a table, a diagram without them.

use crate::color::Color;
use crate::diagram::Diagram;
use crate::pixels::{Pixels, Shading};
use crate::table::Table;

/// One pair of axes, or what stands in their place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panel {
    pub title: String,
    pub x_label: String,
    pub y_label: String,
    pub x_lim: Option<(f64, f64)>,
    pub y_lim: Option<(f64, f64)>,
    pub x_scale: Scale,
    pub layers: Vec<Layer>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scale {
    #[default]
    Linear,
    Log,
}

/// One set of marks, with its colour and its name in the legend.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub mark: Mark,
    pub color: Option<Color>,
    pub name: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Scatter {
        x: Vec<f64>,
        y: Vec<f64>,
    },
    Line {
        x: Vec<f64>,
        y: Vec<f64>,
    },
    Point {
        x: f64,
        y: f64,
    },
    Texts {
        x: Vec<f64>,
        y: Vec<f64>,
        texts: Vec<String>,
    },
    Bars {
        labels: Vec<String>,
        heights: Vec<f64>,
    },
    Histogram {
        edges: Vec<f64>,
        counts: Vec<f64>,
    },
    Image {
        pixels: Pixels,
        shading: Shading,
    },
    Table(Table),
    Diagram(Diagram),
}

/// What kind of space a panel needs.
pub(crate) enum Content<'a> {
    Axes,
    Image(&'a Pixels, Shading),
    Table(&'a Table),
    Diagram(&'a Diagram),
}

impl Panel {
    /// A panel that holds one thing and no axes.
    pub fn holding(mark: Mark) -> Self {
        Self {
            layers: vec![Layer {
                mark,
                color: None,
                name: String::new(),
            }],
            ..Self::default()
        }
    }

    /// A picture, table or diagram has the panel for itself; whatever was added to it is not drawn.
    pub fn content(&self) -> Content<'_> {
        match self.layers.first().map(|layer| &layer.mark) {
            Some(Mark::Image { pixels, shading }) => Content::Image(pixels, *shading),
            Some(Mark::Table(table)) => Content::Table(table),
            Some(Mark::Diagram(diagram)) => Content::Diagram(diagram),
            _ => Content::Axes,
        }
    }

    pub fn title_lines(&self) -> impl Iterator<Item = &str> {
        self.title.lines()
    }
}
