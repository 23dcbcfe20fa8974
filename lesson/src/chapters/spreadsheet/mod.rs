//! What a spreadsheet can do: rows T1 to T6, with the passengers of the Titanic.

mod models;
mod table;

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "spreadsheet",
    title: "What a spreadsheet can do",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let (features, survived) = table::run(course)?;
    models::run(course, &features, &survived)
}
