//! A tour of a model: rows M1 to M12.

mod layers;
mod network;
mod ours;

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "tour",
    title: "A tour of a model",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    network::run(course)?;
    layers::run(course)?;
    ours::run(course)
}
