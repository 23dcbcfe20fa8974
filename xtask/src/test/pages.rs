//! The pages, used as a person would, in a real browser.

mod book;
mod demo;
mod gallery;
mod report;
mod sliders;

use std::path::Path;

use crate::browser::Browser;
use crate::step::Outcome;

/// Tests every page; what is wrong is told by the first thing that went wrong on each. Pictures of the pages stay in
/// `target/pages`, to be looked at.
pub fn check(workspace: &Path) -> Outcome {
    let shots = workspace.join("target").join("pages");
    in_browser(|browser, folder| {
        std::fs::create_dir_all(&shots).map_err(|e| format!("{}: {e}", shots.display()))?;
        sliders::check(browser, folder)?;
        browser.quiet()?;
        gallery::check(browser, folder)?;
        browser.quiet()?;
        report::check(browser, folder, &shots)?;
        browser.quiet()?;
        book::check(browser, &shots)?;
        browser.quiet()?;
        demo::check(browser, &shots)
    })
}

/// One page for a moment: that a browser can be had, that it draws, computes and listens.
pub fn smoke() -> Outcome {
    in_browser(|browser, folder| {
        sliders::smoke(browser, folder)?;
        browser.quiet()
    })
}

fn in_browser(test: impl FnOnce(&Browser, &Path) -> Result<(), String>) -> Outcome {
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(e) => return Outcome::Failed(format!("no folder for the pages: {e}")),
    };
    match Browser::start().and_then(|browser| test(&browser, folder.path())) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// Pictures of the page that is open, in light and dark, on a desktop and on a phone.
fn pictures(browser: &Browser, shots: &Path, name: &str) -> Result<(), String> {
    for (screen, size, phone) in [("desktop", (1280, 900), false), ("phone", (390, 844), true)] {
        browser.screen(size, phone)?;
        for (theme, dark) in [("light", false), ("dark", true)] {
            browser.dark(dark)?;
            // Scripts draw anew after the next frame.
            browser.run(
                "return new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))",
            )?;
            let path = shots.join(format!("{name}-{screen}-{theme}.png"));
            let written = std::fs::write(&path, browser.screenshot()?);
            written.map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let wide = browser.number("document.documentElement.scrollWidth")?;
        if wide > f64::from(size.0) {
            return Err(format!(
                "{name}: {wide} pixels wide on a {screen} of {}",
                size.0
            ));
        }
    }
    browser.dark(false)?;
    browser.screen((1280, 900), false)
}
