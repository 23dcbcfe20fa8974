//! Pictures of tensors and of training: charts, images, tables, a diagram; to SVG, PNG, HTML, the terminal and
//! notebooks.
//!
//! ```
//! use hammerhead_plot::{Color, Figure, plot_function};
//! use hammerhead_tensor::Tensor;
//!
//! fn f(x: &Tensor) -> Tensor {
//!     3 * x.pow(2) + 2 * x + 1
//! }
//!
//! plot_function(f, "$3x^2 + 2x + 1$").show();
//!
//! let x = Tensor::linspace(-2.0, 2.0, 20);
//! let figure = Figure::new().scatter(&x, f(&x)).line(&x, 6 * &x).color(Color::Red).y_lim(-3.0, 13.0);
//! assert!(figure.svg().contains("<circle"));
//! ```
//!
//! | what | made by |
//! |---|---|
//! | points, lines, bars, histograms, texts, panels beside each other | [`Figure`] |
//! | functions | [`plot_function`] |
//! | pictures | [`show_image`], [`show_images`], [`pixel_table`] |
//! | training | [`curves`], [`lr_curve`] |
//! | classifiers | [`confusion_matrix`], [`top_losses`] |
//! | models compared | [`speed_accuracy`] |
//! | the seven steps of learning | [`seven_steps`] |
//!
//! | where it goes | by |
//! |---|---|
//! | text of SVG, HTML, a terminal | [`Figure::svg`], [`Figure::html`], [`Figure::text`] |
//! | bytes of PNG (feature `png`, on by default) | `Figure::png` |
//! | a file | [`Figure::save`] |
//! | where the program runs: terminal or notebook | [`Figure::show`], [`Figure::evcxr_display`] |
//!
//! The same figure always gives the same bytes. `draw` lays a figure out with plotters into a list of shapes, once
//! for pages and once for cells of a terminal; `output` turns shapes into each format. The crate knows tensors and
//! nothing above them: whoever has losses, counts or rates hands over plain numbers.

mod classes;
mod color;
mod diagram;
mod draw;
mod error;
mod figure;
mod font;
mod function;
mod images;
mod labels;
mod output;
mod panel;
mod pixels;
mod speed;
mod steps;
mod table;
mod tex;
mod ticks;
mod training;
mod values;

pub use classes::{confusion_matrix, top_losses};
pub use color::{Color, Theme};
pub use error::{Error, Result};
pub use figure::Figure;
pub use function::{FunctionPlot, plot_function};
pub use images::{pixel_table, show_image, show_images};
pub use output::terminal::{Colours, Terminal};
pub use pixels::Shading;
pub use speed::{Model, speed_accuracy};
pub use steps::seven_steps;
pub use tex::tex;
pub use training::{curves, lr_curve};
pub use values::{Number, Values};
