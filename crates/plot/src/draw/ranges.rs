//! What the axes of a panel reach over.

use crate::panel::{Layer, Mark, Panel, Scale};
use crate::ticks::{extent, opened};

/// Free space beside the data, as a share of its range.
const MARGIN: f64 = 0.045;

/// The ends of both axes; those of a logarithmic axis are exponents.
pub(crate) fn of(panel: &Panel) -> ((f64, f64), (f64, f64)) {
    (x_range(panel), y_range(panel))
}

/// The place of an `x` on the axis.
pub(crate) fn place(scale: Scale, x: f64) -> f64 {
    match scale {
        Scale::Linear => x,
        Scale::Log if x > 0.0 => x.log10(),
        Scale::Log => f64::NAN,
    }
}

fn x_range(panel: &Panel) -> (f64, f64) {
    let placed = |x: f64| place(panel.x_scale, x);
    if let Some((low, high)) = panel.x_lim
        && let (low, high) = (placed(low), placed(high))
        && low < high
    {
        return (low, high);
    }
    let bars = panel.layers.iter().find_map(|layer| match &layer.mark {
        Mark::Bars { labels, .. } if !labels.is_empty() => Some(labels.len() as f64),
        _ => None,
    });
    if let Some(count) = bars {
        return (-0.6, count - 0.4);
    }
    let found = extent(panel.layers.iter().flat_map(xs).map(placed));
    match found {
        Some(range) => wider(opened(range), true, true),
        None => (0.0, 1.0),
    }
}

fn y_range(panel: &Panel) -> (f64, f64) {
    if let Some(limits) = panel.y_lim {
        return limits;
    }
    let Some((low, high)) = extent(panel.layers.iter().flat_map(ys)) else {
        return (0.0, 1.0);
    };
    let grounded = panel
        .layers
        .iter()
        .any(|layer| matches!(layer.mark, Mark::Bars { .. } | Mark::Histogram { .. }));
    if !grounded {
        return wider(opened((low, high)), true, true);
    }
    // Bars stand on zero, and nothing lies below those that point up.
    let (low, high) = (low.min(0.0), high.max(0.0));
    if low == high {
        return (0.0, 1.0);
    }
    wider((low, high), low < 0.0, high > 0.0)
}

/// Whether every `x` is a whole number, as those of steps and epochs are.
pub(crate) fn whole(panel: &Panel) -> bool {
    let mut all = panel
        .layers
        .iter()
        .flat_map(xs)
        .filter(|x| x.is_finite())
        .peekable();
    all.peek().is_some() && all.all(|x| x.fract() == 0.0)
}

/// Whether the vertical axis counts.
pub(crate) fn counts(panel: &Panel) -> bool {
    let counted = |layer: &Layer| matches!(layer.mark, Mark::Histogram { .. });
    !panel.layers.is_empty() && panel.layers.iter().all(counted)
}

fn wider((low, high): (f64, f64), below: bool, above: bool) -> (f64, f64) {
    let by = (high - low) * MARGIN;
    let end = |free: bool| if free { by } else { 0.0 };
    (low - end(below), high + end(above))
}

fn xs(layer: &Layer) -> Vec<f64> {
    match &layer.mark {
        Mark::Scatter { x, .. } | Mark::Line { x, .. } | Mark::Texts { x, .. } => x.clone(),
        Mark::Point { x, .. } => vec![*x],
        Mark::Histogram { edges, .. } => edges.clone(),
        Mark::Bars { .. } | Mark::Image { .. } | Mark::Table(_) | Mark::Diagram(_) => Vec::new(),
    }
}

fn ys(layer: &Layer) -> Vec<f64> {
    match &layer.mark {
        Mark::Scatter { y, .. } | Mark::Line { y, .. } | Mark::Texts { y, .. } => y.clone(),
        Mark::Point { y, .. } => vec![*y],
        Mark::Bars { heights, .. } => heights.clone(),
        Mark::Histogram { counts, .. } => counts.clone(),
        Mark::Image { .. } | Mark::Table(_) | Mark::Diagram(_) => Vec::new(),
    }
}
