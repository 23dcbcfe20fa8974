//! The loss, the sigmoid and mini-batches: rows L1 to L16.

mod batches;
mod data;
mod function;
mod model;
mod small;

pub use batches::loader;
pub use data::Digits;
pub use function::mnist_loss;
pub use model::init_params;
pub use small::{batch_accuracy, train_epoch, validate_epoch};

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "loss",
    title: "The loss, the sigmoid and mini-batches",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let digits = data::run(course)?;
    let torch = model::run(course, &digits);
    function::run(course);
    batches::run(course, &digits)?;
    small::run(course, &digits, torch)?;
    Ok(())
}
