//! The picture of how a machine learns.

use crate::diagram::{Back, Diagram};
use crate::figure::Figure;
use crate::panel::{Mark, Panel};

/// The seven steps: init, predict, loss, gradient, step, and again from predict until it is time to stop.
///
/// ```
/// use hammerhead_plot::seven_steps;
///
/// assert!(seven_steps().svg().contains(">gradient<"));
/// assert!(seven_steps().to_string().contains("repeat"));
/// ```
pub fn seven_steps() -> Figure {
    let names = ["init", "predict", "loss", "gradient", "step", "stop"];
    Figure::of(Panel::holding(Mark::Diagram(Diagram {
        boxes: names.map(str::to_owned).to_vec(),
        back: vec![Back {
            from: 4,
            to: 1,
            label: "repeat".into(),
        }],
    })))
}
