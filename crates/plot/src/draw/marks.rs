//! The data of a panel on its axes.

use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axes::{Drawn, colors, line};
use super::axis::Axis;
use super::clip::Window;
use super::medium::Medium;
use super::ranges::place;
use super::recorder::{Recorder, steps};
use super::scene::Point;
use crate::color::{Rgb, Theme};
use crate::panel::{Mark, Panel};

type Chart<'a, 'b> = ChartContext<'a, Recorder<'b>, Cartesian2d<Axis, Axis>>;

/// Draws each layer over the ones before.
pub(crate) fn draw(
    mut chart: Chart<'_, '_>,
    medium: Medium,
    theme: Theme,
    panel: &Panel,
    (x, y): ((f64, f64), (f64, f64)),
) -> Drawn {
    let window = Window {
        low: (x.0, y.0),
        high: (x.1, y.1),
    };
    let points = |x: &[f64], y: &[f64]| -> Vec<Point> {
        let placed = x.iter().map(|x| place(panel.x_scale, *x));
        placed.zip(y.iter().copied()).collect()
    };
    for (layer, rgb) in panel.layers.iter().zip(colors(panel, theme)) {
        match &layer.mark {
            Mark::Scatter { x, y } => {
                let inside = points(x, y)
                    .into_iter()
                    .filter(|point| window.holds(*point));
                // Many points are small and let those behind them be seen.
                let (radius, alpha) = if x.len() > 200 {
                    (2.5, 0.6)
                } else {
                    (4.0, 1.0)
                };
                let style = fill(rgb, alpha);
                chart.draw_series(inside.map(|point| Circle::new(point, steps(radius), style)))?;
            }
            Mark::Line { x, y } => {
                for part in window.clip(&points(x, y)) {
                    chart.draw_series(LineSeries::new(part, line(rgb, 2.25)))?;
                }
            }
            Mark::Point { x, y } => {
                let point = (place(panel.x_scale, *x), *y);
                let dot = window
                    .holds(point)
                    .then(|| Circle::new(point, steps(6.0), fill(rgb, 1.0)));
                chart.draw_series(dot)?;
            }
            Mark::Bars { heights, .. } => {
                let bars = heights
                    .iter()
                    .enumerate()
                    .map(|(i, height)| (i as f64 - 0.4, i as f64 + 0.4, *height));
                draw_bars(&mut chart, bars, rgb, window)?;
            }
            Mark::Histogram { edges, counts } => {
                let ends = edges
                    .iter()
                    .map(|edge| place(panel.x_scale, *edge))
                    .collect::<Vec<_>>();
                let bars = ends
                    .windows(2)
                    .zip(counts)
                    .map(|(ends, count)| (ends[0], ends[1], *count));
                draw_bars(&mut chart, bars, rgb, window)?;
            }
            Mark::Texts { x, y, texts } => {
                let style = text(medium, rgb);
                // Backend coordinates start at the picture's corner, those of an area at its own.
                let area = chart.plotting_area().strip_coord_spec();
                let (base, (wide, _)) = (area.get_base_pixel(), area.dim_in_pixel());
                for (point, label) in points(x, y).into_iter().zip(texts) {
                    if window.holds(point) {
                        let (right, down) = chart.backend_coord(&point);
                        let half = steps(medium.width(label, medium.tick()) / 2.0);
                        // A text stays between the ends of the axis, if it is not longer.
                        let room = half..(wide as i32 - half).max(half + 1);
                        let middle = (right - base.0).clamp(room.start, room.end - 1);
                        let (above, line) =
                            (steps(medium.above()), steps(medium.line(medium.tick())));
                        // Without room above it, the text stands below its point.
                        let up = if down - base.1 < above + line {
                            -above - line
                        } else {
                            above
                        };
                        area.draw_text(label, &style, (middle, down - base.1 - up))?;
                    }
                }
            }
            Mark::Image { .. } | Mark::Table(_) | Mark::Diagram(_) => {}
        }
    }
    Ok(())
}

fn draw_bars(
    chart: &mut Chart<'_, '_>,
    bars: impl Iterator<Item = (f64, f64, f64)>,
    rgb: Rgb,
    window: Window,
) -> Drawn {
    let (low, high) = (window.low, window.high);
    let inside = bars.filter_map(|(left, right, height)| {
        let (left, right) = (left.max(low.0), right.min(high.0));
        let (foot, head) = (0f64.clamp(low.1, high.1), height.clamp(low.1, high.1));
        let seen = height.is_finite() && left < right && foot != head;
        seen.then(|| Rectangle::new([(left, foot), (right, head)], fill(rgb, 0.9)))
    });
    chart.draw_series(inside)?;
    Ok(())
}

fn fill(rgb: Rgb, alpha: f64) -> ShapeStyle {
    let [r, g, b] = rgb;
    RGBColor(r, g, b).mix(alpha).filled()
}

fn text(medium: Medium, rgb: Rgb) -> TextStyle<'static> {
    let [r, g, b] = rgb;
    let font = (FontFamily::SansSerif, f64::from(steps(medium.tick()))).into_font();
    let style = font.color(&RGBColor(r, g, b));
    style.pos(Pos::new(HPos::Center, VPos::Bottom))
}
