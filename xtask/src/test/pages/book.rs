//! The book: every page in every view, and what a reader does with the keyboard and the finger.

use std::path::Path;

use crate::book;
use crate::browser::{Browser, file_address, keys};

/// Builds it and uses it; `shots` gets a picture of each page in each view.
pub fn check(browser: &Browser, shots: &Path) -> Result<(), String> {
    let shots = shots.join("book");
    let out = shots.join("site");
    book::build(&out).map_err(|e| format!("the book cannot be built: {e}"))?;
    let pages = book::pages(&out)?;
    book::look(browser, &pages, Some(&shots))?;
    browser.screen((1280, 900), false)?;
    browser.dark(false)?;
    contents(browser, &out)?;
    theme(browser)?;
    turning(browser)?;
    search(browser, &out)
}

fn shown(browser: &Browser, selector: &str) -> Result<bool, String> {
    let visible = format!(
        "getComputedStyle(document.querySelector('{selector}')).visibility === 'visible' && document.querySelector('{selector}').offsetHeight > 0"
    );
    Ok(browser.text(&visible)? == "true")
}

/// On a phone the contents come when they are asked for, and a desktop has room for them.
fn contents(browser: &Browser, out: &Path) -> Result<(), String> {
    browser.screen((390, 844), true)?;
    browser.open(&file_address(&out.join("index.html")))?;
    if shown(browser, "#contents")? {
        return Err("book: the contents cover the text of a phone".into());
    }
    browser.click("#menu")?;
    browser.wait_for("document.querySelector('#contents').getBoundingClientRect().left === 0")?;
    if !shown(browser, "#contents")? {
        return Err("book: the menu shows no contents".into());
    }
    browser.screen((1280, 800), false)?;
    browser.open(&file_address(&out.join("index.html")))?;
    if !shown(browser, "#contents")? {
        return Err("book: a desktop shows no contents".into());
    }
    Ok(())
}

/// The choice between light and dark stays from page to page.
fn theme(browser: &Browser) -> Result<(), String> {
    let now = || browser.text("document.documentElement.className");
    let before = now()?;
    browser.click("#theme")?;
    let after = now()?;
    if before == after {
        return Err(format!("book: still {before} after a click on the theme"));
    }
    browser.click(".turn a[rel=next]")?;
    browser.wait_for("document.documentElement.dataset.ready === 'yes'")?;
    let next = now()?;
    if next != after {
        return Err(format!("book: {after} is forgotten on the next page"));
    }
    browser.click("#theme")
}

/// Arrow keys turn pages.
fn turning(browser: &Browser) -> Result<(), String> {
    let here = || browser.text("location.href");
    let second = here()?;
    browser.press_keys(keys::LEFT)?;
    browser.wait_for(&format!("location.href !== '{second}'"))?;
    browser.press_keys(keys::RIGHT)?;
    browser.wait_for(&format!("location.href === '{second}'"))
}

/// A word that a page has leads to it.
fn search(browser: &Browser, out: &Path) -> Result<(), String> {
    browser.open(&file_address(&out.join("index.html")))?;
    browser.wait_for("document.documentElement.dataset.ready === 'yes'")?;
    browser.press_keys("/")?;
    browser.wait_for("document.activeElement.id === 'mdbook-searchbar'")?;
    browser.press_keys("sigmoid")?;
    browser.wait_for("document.querySelectorAll('#mdbook-searchresults a').length > 1")
}
