//! The pages, used as a person would, in a real browser.

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
        quiet(&browser)?;
        gallery::check(&browser, folder.path())?;
        quiet(&browser)
    });
    match result {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// No page may complain, and none may ask for anything that is not on this machine.
fn quiet(browser: &Browser) -> Result<(), String> {
    let complaints = browser.complaints()?;
    if !complaints.is_empty() {
        return Err(format!(
            "the console is not empty: {}",
            complaints.join("; ")
        ));
    }
    let local = |address: &String| {
        [
            "file://",
            "data:",
            "blob:",
            "about:",
            "http://127.0.0.1:",
            "http://localhost:",
        ]
        .iter()
        .any(|start| address.starts_with(start))
    };
    let requests = browser.requests()?;
    if requests.is_empty() {
        return Err("the browser tells of no request at all, so none can be judged".into());
    }
    match requests.iter().find(|address| !local(address)) {
        Some(address) => Err(format!("a page asked for {address}")),
        None => Ok(()),
    }
}
