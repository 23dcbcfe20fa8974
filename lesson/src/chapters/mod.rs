//! The chapters in the order of the lesson.

mod deeper;
mod descent;
mod digits;
mod fitting;
mod linear;
mod loss;
mod pixels;
mod practice;
mod questions;
mod resnet;
mod spreadsheet;
mod tour;

use crate::course::Chapter;

/// All of them.
pub const CHAPTERS: [Chapter; 12] = [
    tour::CHAPTER,
    fitting::CHAPTER,
    pixels::CHAPTER,
    descent::CHAPTER,
    loss::CHAPTER,
    linear::CHAPTER,
    deeper::CHAPTER,
    resnet::CHAPTER,
    digits::CHAPTER,
    spreadsheet::CHAPTER,
    questions::CHAPTER,
    practice::CHAPTER,
];

/// What a chapter's file has in scope beside the library: the checks, and the words that end in the transcript.
mod prelude {
    pub use crate::check::*;
    pub use crate::course::{Chapter, Course};
    pub use crate::stage::refused;
    pub use crate::transcript::Show;
    pub use std::error::Error;
}
