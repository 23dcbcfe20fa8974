//! The pages, used as a person would, in a real browser.

mod book;
mod gallery;
mod sliders;

use crate::browser::Browser;
use crate::step::Outcome;

/// Tests every page; what is wrong is told by the first thing that went wrong on each.
pub fn check() -> Outcome {
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(e) => return Outcome::Failed(format!("no folder for the pages: {e}")),
    };
    let result = Browser::start().and_then(|browser| {
        sliders::check(&browser, folder.path())?;
        browser.quiet()?;
        gallery::check(&browser, folder.path())?;
        browser.quiet()?;
        book::check(&browser, folder.path())?;
        browser.quiet()
    });
    match result {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}
