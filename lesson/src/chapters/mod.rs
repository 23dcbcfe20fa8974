//! The chapters in the order of the lesson.

pub mod fitting;
pub mod practice;
pub mod questions;

use crate::course::Chapter;

/// All of them.
pub const CHAPTERS: [Chapter; 3] = [fitting::CHAPTER, questions::CHAPTER, practice::CHAPTER];

/// What a chapter's file has in scope beside the library: the checks, and the words that end in the transcript.
mod prelude {
    pub use crate::check::*;
    pub use crate::course::{Chapter, Course};
    pub use crate::stage::refused;
    pub use crate::transcript::Show;
    pub use std::error::Error;
}
