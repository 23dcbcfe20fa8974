//! How a training run went.

use crate::Values;
use crate::color::Color;
use crate::figure::Figure;

/// Several lines over 0, 1, 2, ..., each with its name: losses or metrics by step or epoch.
///
/// ```
/// use hammerhead_plot::curves;
///
/// let (train, valid) = ([0.9, 0.5, 0.3], [0.8, 0.6, 0.5]);
/// let figure = curves([("training", train), ("validation", valid)]).x_label("epoch").y_label("loss");
/// assert!(figure.svg().contains("validation"));
/// ```
pub fn curves<S: Into<String>, V: Values>(lines: impl IntoIterator<Item = (S, V)>) -> Figure {
    lines
        .into_iter()
        .fold(Figure::new(), |figure, (name, values)| {
            figure.curve(values).named(name)
        })
}

/// The learning-rate finder's curve: the loss at each rate, over powers of ten, with the suggested rate marked.
///
/// ```
/// use hammerhead_plot::lr_curve;
///
/// let rates = [1e-4, 1e-3, 1e-2, 1e-1, 1.0];
/// let figure = lr_curve(rates, [2.3, 2.2, 1.1, 0.9, 3.0], Some(1e-2));
/// assert!(figure.svg().contains("suggested"));
/// ```
///
/// # Panics
/// If there are more rates than losses, or fewer.
#[track_caller]
pub fn lr_curve(rates: impl Values, losses: impl Values, suggested: Option<f64>) -> Figure {
    let (rates, losses) = (rates.values(), losses.values());
    assert!(
        rates.len() == losses.len(),
        "lr_curve: {} rates and {} losses; each rate needs its loss",
        rates.len(),
        losses.len()
    );
    let figure = Figure::new()
        .line(&rates, &losses)
        .x_log()
        .x_label("learning rate")
        .y_label("loss");
    let Some(rate) = suggested else {
        return figure;
    };
    // The mark stands on the curve, at the rate tried that is nearest.
    let off = |i: &usize| (rates[*i].ln() - rate.ln()).abs();
    let nearest = (0..rates.len()).min_by(|a, b| off(a).total_cmp(&off(b)));
    match nearest {
        Some(i) => figure
            .point(rates[i], losses[i])
            .color(Color::Red)
            .named(format!("suggested: {rate:.2e}")),
        None => figure,
    }
}
