//! Builds the book with mdBook, and checks it.
//!
//! A page is Markdown with a few words more: [`directives`] lists them. What a page shows of code is cut out of the
//! lesson's chapters ([`listings`]), what it shows of results is read from what these printed ([`values`], [`rows`]), formulas
//! between dollars are left to KaTeX ([`maths`]), and no link of the built pages may lead nowhere ([`links`]).

pub mod directives;
pub mod links;
pub mod listings;
pub mod maths;
pub mod problem;
pub mod rows;
pub mod site;
pub mod values;

pub use problem::Problem;
pub use site::{Site, build};
