//! A linear model, SGD and the Learner: rows L17 to L27.

mod by_hand;
mod learner;
mod optimizer;
mod sizes;

pub use learner::learner;

use super::loss::{Digits, loader};
use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "linear",
    title: "A linear model, SGD and the Learner",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let digits = Digits::load()?;
    let dl = loader(&digits.train_x, &digits.train_y);
    let valid_dl = loader(&digits.valid_x, &digits.valid_y);
    by_hand::run(course, &dl, &valid_dl)?;
    optimizer::run(course, &dl, &valid_dl)?;
    learner::run(course, &digits)?;
    sizes::run(course, &digits)?;
    Ok(())
}
