//! A pair of axes with its marks, drawn by plotters.

use std::convert::Infallible;

use plotters::prelude::*;
use plotters::style::{Color as _, FontFamily};

use super::axis::Axis;
use super::legend;
use super::marks;
use super::medium::Medium;
use super::ranges;
use super::recorder::{Recorder, steps};
use super::scene::{Point, Scene};
use crate::color::{Color, Rgb, Theme};
use crate::panel::{Mark, Panel, Scale};
use crate::ticks::Ticks;

/// Recording cannot fail, and every size was checked before.
const FITS: &str = "a recorded chart has room for its axes";

/// Draws the axes of `panel` into the rectangle at `at`, below what is there already.
pub(crate) fn draw(scene: &mut Scene, medium: Medium, panel: &Panel, at: Point, size: Point) {
    let theme = scene.theme;
    let mut top = at.1;
    top += legend::draw(scene, medium, panel, (at.0, top), size.0);
    if !panel.y_label.is_empty() && medium == Medium::Cells {
        super::text::left(scene, medium, &panel.y_label, (at.0, top), Color::Grey);
        top += medium.line(medium.label());
    }
    let size = (size.0, at.1 + size.1 - top);
    let (x, y) = ranges::of(panel);
    let frame = Frame::fit(medium, panel, size, (x, y));
    if frame.plot.0 < 8.0 || frame.plot.1 < 8.0 {
        return;
    }
    let root = Recorder { scene, medium }.into_drawing_area();
    let corner = (steps(at.0), steps(top));
    let area = root.shrink(corner, (steps(size.0), steps(size.1)));
    let mut builder = ChartBuilder::on(&area);
    builder
        .set_label_area_size(LabelAreaPosition::Left, steps(frame.left))
        .set_label_area_size(LabelAreaPosition::Bottom, steps(frame.bottom))
        .margin_right(steps(frame.right))
        .margin_top(steps(frame.top));
    let mut chart = builder
        .build_cartesian_2d(
            Axis {
                range: x,
                ticks: frame.x,
            },
            Axis {
                range: y,
                ticks: frame.y,
            },
        )
        .expect(FITS);
    let mesh = match medium {
        Medium::Page => line(theme.grid(), 1.0),
        Medium::Cells => TRANSPARENT.into(),
    };
    let tick = steps(medium.tick_length());
    let name = |label: &str| match medium {
        Medium::Page => label.to_owned(),
        Medium::Cells => String::new(),
    };
    let small = font(medium.tick(), theme.shade(Color::Grey));
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(mesh)
        .axis_style(line(theme.axis(), 1.0))
        .set_all_tick_mark_size(tick)
        .x_label_style(small.clone())
        .y_label_style(small)
        .axis_desc_style(font(medium.label(), theme.shade(Color::Ink)))
        .x_desc(panel.x_label.clone())
        .y_desc(name(&panel.y_label))
        .draw()
        .expect(FITS);
    marks::draw(chart, medium, theme, panel, (x, y)).expect(FITS);
}

/// A line of this many pixels.
pub(crate) fn line(rgb: Rgb, width: f64) -> ShapeStyle {
    let [r, g, b] = rgb;
    RGBColor(r, g, b).stroke_width(steps(width) as u32)
}

fn font(size: f64, rgb: Rgb) -> TextStyle<'static> {
    let [r, g, b] = rgb;
    (FontFamily::SansSerif, f64::from(steps(size)))
        .into_font()
        .color(&RGBColor(r, g, b))
}

/// How a panel divides between its marks and what stands around them.
struct Frame {
    x: Ticks,
    y: Ticks,
    left: f64,
    bottom: f64,
    right: f64,
    top: f64,
    /// The size of what is left.
    plot: Point,
}

impl Frame {
    fn fit(medium: Medium, panel: &Panel, size: Point, (x, y): ((f64, f64), (f64, f64))) -> Self {
        let tick = medium.tick();
        let reach = 2.0 * medium.tick_length();
        let name = |label: &str| {
            let height = medium.line(medium.label());
            if label.is_empty() {
                0.0
            } else {
                height + if medium == Medium::Page { 4.0 } else { 0.0 }
            }
        };
        let (top, edge) = match medium {
            Medium::Page => (tick / 2.0, 6.0),
            Medium::Cells => (0.0, 0.0),
        };
        let bottom = reach + medium.line(tick) + name(&panel.x_label);
        let height = size.1 - top - bottom;
        // A label needs a few times its height, or cells look crowded.
        let rows =
            (height / (medium.line(tick) * if medium == Medium::Page { 2.6 } else { 3.0 })).floor();
        let rows = (rows as usize).clamp(1, 8);
        let y = if ranges::counts(panel) {
            Ticks::whole(y, rows)
        } else {
            Ticks::linear(y, rows)
        };
        let widest = |labels: &[String]| {
            let widths = labels.iter().map(|label| medium.width(label, tick));
            widths.fold(0.0, f64::max)
        };
        let beside = if medium == Medium::Page {
            name(&panel.y_label)
        } else {
            0.0
        };
        let left = medium.columns(widest(&y.labels) + reach + beside);
        let width = size.0 - left - edge;
        let x = x_ticks(panel, x, width, |label| medium.width(label, tick));
        let last = x
            .labels
            .last()
            .map_or(0.0, |label| medium.width(label, tick) / 2.0);
        let right = medium.columns(edge.max(last / 2.0));
        Self {
            plot: (size.0 - left - right, height),
            x,
            y,
            left,
            bottom,
            right,
            top,
        }
    }
}

/// As many marks as have room for their labels.
fn x_ticks(panel: &Panel, range: (f64, f64), width: f64, measure: impl Fn(&str) -> f64) -> Ticks {
    let gap = measure("00");
    let room = |ticks: &Ticks| {
        let needed = |label: &String| measure(label) + gap;
        let widest = ticks.labels.iter().map(needed).fold(0.0, f64::max);
        let step = ticks
            .at
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .fold(f64::INFINITY, f64::min);
        step / (range.1 - range.0) * width >= widest
    };
    let labels = panel.layers.iter().find_map(|layer| match &layer.mark {
        Mark::Bars { labels, .. } => Some(labels),
        _ => None,
    });
    if let Some(labels) = labels {
        let every = |stride: usize| Ticks {
            at: (0..labels.len())
                .step_by(stride)
                .map(|i| i as f64)
                .collect(),
            labels: labels.iter().step_by(stride).cloned().collect(),
        };
        let fitting = (1..=labels.len().max(1)).map(every).find(room);
        return fitting.unwrap_or_else(|| every(labels.len().max(1)));
    }
    let whole = ranges::whole(panel);
    let marks = |count| match panel.x_scale {
        Scale::Linear if whole => Ticks::whole(range, count),
        Scale::Linear => Ticks::linear(range, count),
        Scale::Log => Ticks::powers(range, count),
    };
    (2..=9)
        .rev()
        .map(marks)
        .find(room)
        .unwrap_or_else(|| marks(1))
}

/// Draws nothing and fails never; plotters' own error type says so.
pub(crate) type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;

/// The colour of each layer: its own, or the next in turn.
pub(crate) fn colors(panel: &Panel, theme: Theme) -> Vec<Rgb> {
    let mut series = crate::color::SERIES.iter().cycle();
    let color = |layer: &crate::panel::Layer| match (layer.color, &layer.mark) {
        (Some(color), _) => color,
        (None, Mark::Point { .. }) => Color::Red,
        (None, Mark::Texts { .. }) => Color::Ink,
        (None, _) => *series.next().expect("a cycle does not end"),
    };
    panel
        .layers
        .iter()
        .map(color)
        .map(|color| theme.shade(color))
        .collect()
}
