//! Fitting a function to data: rows F1 to F29.

mod data;
mod descent;
mod functions;
mod nudge;
mod relu;
mod sliders;

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "fitting",
    title: "Fitting a function to data",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    functions::run(course);
    let (x, y) = data::run(course);
    sliders::run(course, &x, &y);
    descent::run(course, &x, &y);
    nudge::run(course, &x, &y);
    relu::run(course, &x, &y);
    Ok(())
}
