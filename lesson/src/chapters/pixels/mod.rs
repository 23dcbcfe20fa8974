//! Pixels, tensors and broadcasting: rows P1 to P27.

mod broadcasting;
mod files;
mod numbers;
mod similarity;
mod stacks;

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "pixels",
    title: "Pixels, tensors and broadcasting",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let (threes, sevens) = files::run(course)?;
    let (threes, sevens) = stacks::run(course, &threes, &sevens)?;
    numbers::run(course);
    let valid = similarity::run(course, &threes, &sevens)?;
    broadcasting::run(course, &threes, &valid);
    Ok(())
}
