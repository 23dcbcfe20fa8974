//! Pictures of tensors.

use hammerhead_tensor::Tensor;

use crate::color::Color;
use crate::figure::Figure;
use crate::panel::{Mark, Panel};
use crate::pixels::{Pixels, Shading};
use crate::table::{Cell, Table};
use crate::ticks::{extent, minus};
use crate::{Values, tex};

/// A tensor as a picture: `[h, w]` or `[1, h, w]` is grey, `[3, h, w]` or `[h, w, 3]` has colours.
///
/// Bytes run from 0 to 255; other numbers from 0 to 1 if they all lie there, else from the least to the greatest.
/// Grey is drawn as the lesson does, the greatest number as ink; [`Figure::shading`] changes that.
///
/// ```
/// use hammerhead_plot::show_image;
/// use hammerhead_tensor::Tensor;
///
/// let figure = show_image(&Tensor::eye(28)).title("a diagonal");
/// assert!(figure.svg().contains("data:image/png"));
/// ```
///
/// # Panics
/// If the shape is that of no picture.
#[track_caller]
pub fn show_image(image: &Tensor) -> Figure {
    Figure::of(picture("show_image", image))
}

#[track_caller]
pub(crate) fn picture(operation: &str, image: &Tensor) -> Panel {
    Panel::holding(Mark::Image {
        pixels: Pixels::of(operation, image),
        shading: Shading::default(),
    })
}

/// Pictures in rows of up to eight, each with its title where there is one.
///
/// ```
/// use hammerhead_plot::show_images;
/// use hammerhead_tensor::Tensor;
///
/// let images = [Tensor::zeros([28, 28]), Tensor::ones([28, 28])];
/// let figure = show_images(&images, ["nothing", "everything"]);
/// assert_eq!(figure.svg().matches("<image").count(), 2);
/// ```
///
/// # Panics
/// If there are more titles than pictures, or a shape is that of no picture.
#[track_caller]
pub fn show_images<S: Into<String>>(
    images: &[Tensor],
    titles: impl IntoIterator<Item = S>,
) -> Figure {
    let titles: Vec<String> = titles.into_iter().map(|title| tex(&title.into())).collect();
    assert!(
        titles.len() <= images.len(),
        "show_images: {} titles for {} pictures; help: leave out what has no picture",
        titles.len(),
        images.len()
    );
    let mut panels: Vec<Panel> = images
        .iter()
        .map(|image| picture("show_images", image))
        .collect();
    for (panel, title) in panels.iter_mut().zip(titles) {
        panel.title = title;
    }
    pictures(panels, 8)
}

/// Panels in rows of about equal length.
pub(crate) fn pictures(panels: Vec<Panel>, most: usize) -> Figure {
    let rows = panels.len().div_ceil(most).max(1);
    let columns = panels.len().div_ceil(rows).max(1);
    let mut figure = Figure::grid(columns, []);
    figure.columns = columns;
    figure.panels = panels;
    figure
}

/// The numbers of a picture in a table, each on the grey that it stands for, as pandas' `background_gradient('Greys')`.
///
/// [`Figure::html`] and notebooks make an HTML table of it.
///
/// ```
/// use hammerhead_plot::pixel_table;
/// use hammerhead_tensor::Tensor;
///
/// let bytes = Tensor::from_vec(vec![0u8, 29, 150, 254], [2, 2]);
/// assert!(pixel_table(&bytes).to_string().contains("150"));
/// ```
///
/// # Panics
/// If the tensor is not a matrix.
#[track_caller]
pub fn pixel_table(image: &Tensor) -> Figure {
    let [_, columns] = *image.shape() else {
        panic!(
            "pixel_table: a tensor of shape {:?}; expected [h, w]; help: cut a part out with .i((4..15, 4..22))",
            image.shape()
        );
    };
    let values = image.values();
    let (low, high) = extent(values.iter().copied()).unwrap_or((0.0, 1.0));
    let whole = values.iter().all(|value| value.fract() == 0.0);
    let cell = |value: &f64| Cell {
        text: minus(&if whole {
            format!("{value}")
        } else {
            format!("{value:.2}")
        }),
        share: if high > low && value.is_finite() {
            (value - low) / (high - low)
        } else {
            0.0
        },
        color: None,
    };
    Figure::of(Panel::holding(Mark::Table(Table {
        columns,
        cells: values.iter().map(cell).collect(),
        row_names: Vec::new(),
        column_names: Vec::new(),
        color: Color::Ink,
    })))
}
