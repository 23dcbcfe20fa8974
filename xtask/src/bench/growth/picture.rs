//! The cost of an operation by size, drawn.

use hammerhead::plot::{Color, Figure};

use super::judged::{Judged, REACHED};

/// A panel for each that grows: batches, pictures, widths.
pub fn of(all: &[Judged]) -> Figure {
    let mut kinds: Vec<&str> = all.iter().map(|series| series.grows).collect();
    kinds.dedup();
    let panels = kinds.iter().map(|kind| {
        let series = all.iter().filter(|series| series.grows == *kind);
        panel(kind, &series.collect::<Vec<_>>())
    });
    let count = kinds.len().max(1);
    Figure::grid(count, panels).figsize(4.5 * count as f64, 4.0)
}

fn panel(kind: &str, all: &[&Judged]) -> Figure {
    let mut figure = Figure::new().title(format!("growing {kind}"));
    for series in all {
        let x: Vec<f64> = series
            .points
            .iter()
            .map(|point| point.size as f64)
            .collect();
        let best = series.best();
        let y: Vec<f64> = series
            .points
            .iter()
            .map(|point| best / point.rate)
            .collect();
        let name = series.name.split(" of ").last().unwrap_or_default();
        figure = figure.line(&x, &y).named(name);
    }
    let sizes = all.iter().flat_map(|series| &series.points);
    let sizes = sizes.map(|point| point.size as f64);
    let (low, high) = sizes.fold((f64::INFINITY, 0f64), |(low, high), size| {
        (low.min(size), high.max(size))
    });
    let limit = [1.0 / REACHED, 1.0 / REACHED];
    figure = figure.line([low, high], limit).color(Color::Grey);
    if high > 8.0 * low {
        figure = figure.x_log();
    }
    figure
        .x_label(kind)
        .y_label("time per operation, of the least")
        .y_lim(0.0, 4.0)
}
