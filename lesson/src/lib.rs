//! The lesson "Neural Net Foundations" as code that runs.
//!
//! | file | holds |
//! |---|---|
//! | `chapters/` | the code, a file per chapter; what stands between `ANCHOR`s is a listing of the book |
//! | [`rows`] | the rows of the lesson: what each is, and which page says it where it is a matter of words |
//! | [`course`] | runs a chapter: its listings in order, and the checks of its rows |
//! | [`check`] | how a value got is judged against the one expected |
//! | [`transcript`] | what a listing prints: a `println!` and a `show` of its own |
//! | [`stage`] | what else a listing sees instead of the terminal: progress, refusals |
//! | [`printed`] | the committed outputs, compared and written |
//! | [`processor`] | what digits depend on besides the seed |
//! | [`report`] | the lesson in a terminal |
//! | [`sliders`] | what the page of sliders starts at, and the data that it fits |

#[macro_use]
pub mod transcript;
pub mod chapters;
pub mod check;
pub mod course;
pub mod printed;
pub mod processor;
pub mod report;
pub mod rows;
pub mod sliders;
pub mod stage;
