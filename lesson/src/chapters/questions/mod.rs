//! The 37 questions, each with an answer that runs.

mod descent;
mod loss;
mod nonlinear;
mod pictures;
mod training;

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "questions",
    title: "37 questions",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    pictures::run(course)?;
    descent::run(course)?;
    loss::run(course)?;
    training::run(course)?;
    nonlinear::run(course);
    Ok(())
}
