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

use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "loss",
    title: "The loss, the sigmoid and mini-batches",
    run,
};

/// PyTorch's generator after seed 42 and the draws of the roller coaster.
pub fn after_the_coaster() -> TorchGenerator {
    let mut torch = TorchGenerator::new(42);
    with_generator(&mut torch, || {
        Tensor::randn([20]);
        Tensor::randn([3]);
    });
    torch
}

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let digits = data::run(course)?;
    let mut torch = after_the_coaster();
    model::run(course, &digits, &mut torch);
    function::run(course);
    batches::run(course, &digits)?;
    small::run(course, &digits, &mut torch)?;
    Ok(())
}
