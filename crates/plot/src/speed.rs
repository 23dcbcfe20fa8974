//! Models by speed and accuracy.

use crate::figure::Figure;

/// One model of [`speed_accuracy`].
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// What stands beside its point.
    pub name: String,
    /// The family that it shares its colour with.
    pub family: String,
    /// Items a second, or whatever the horizontal axis is to show.
    pub speed: f64,
    /// Its accuracy.
    pub accuracy: f64,
}

impl Model {
    /// A model of a family.
    ///
    /// ```
    /// let model = hammerhead_plot::Model::new("resnet18", "resnet", 4500.0, 0.6976);
    /// assert_eq!(model.family, "resnet");
    /// ```
    pub fn new(
        name: impl Into<String>,
        family: impl Into<String>,
        speed: f64,
        accuracy: f64,
    ) -> Self {
        Self {
            name: name.into(),
            family: family.into(),
            speed,
            accuracy,
        }
    }
}

/// Models as points, speed to the right by powers of ten, accuracy upwards; each family has its colour, and its models
/// are joined from the quickest to the slowest.
///
/// ```
/// use hammerhead_plot::{Model, speed_accuracy};
///
/// let models = [
///     Model::new("resnet18", "resnet", 4500.0, 0.698),
///     Model::new("resnet34", "resnet", 2400.0, 0.733),
///     Model::new("mlp", "mlp", 9000.0, 0.55),
/// ];
/// assert!(speed_accuracy(&models).svg().contains("resnet34"));
/// ```
pub fn speed_accuracy(models: &[Model]) -> Figure {
    let mut families: Vec<&str> = Vec::new();
    for model in models {
        if !families.contains(&model.family.as_str()) {
            families.push(&model.family);
        }
    }
    let mut figure = Figure::new();
    for (i, family) in families.into_iter().enumerate() {
        let mut members: Vec<&Model> = models
            .iter()
            .filter(|model| model.family == family)
            .collect();
        members.sort_by(|a, b| b.speed.total_cmp(&a.speed));
        let speeds: Vec<f64> = members.iter().map(|model| model.speed).collect();
        let accuracies: Vec<f64> = members.iter().map(|model| model.accuracy).collect();
        let color = crate::color::SERIES[i % crate::color::SERIES.len()];
        figure = figure
            .line(&speeds, &accuracies)
            .color(color)
            .scatter(&speeds, &accuracies)
            .color(color)
            .named(family)
            .texts(
                &speeds,
                &accuracies,
                members.iter().map(|model| model.name.as_str()),
            );
    }
    figure
        .x_log()
        .x_label("items per second")
        .y_label("accuracy")
}
