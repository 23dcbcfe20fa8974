//! Your own work: the listings of the pages for practitioners.

mod cpu;
mod device;
mod gpu;
mod images;
mod layer;
mod operation;
mod saving;

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "practice",
    title: "Your own work",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    images::run(course, folder.path())?;
    device::run(course)?;
    saving::run(course, folder.path())?;
    operation::run(course)?;
    layer::run(course);
    cpu::run(course)?;
    gpu::run(course)?;
    Ok(())
}
