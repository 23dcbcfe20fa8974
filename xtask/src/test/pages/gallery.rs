//! The gallery: every picture that a browser must be able to draw.

use std::path::Path;

use crate::browser::{Browser, file_address};
use crate::gallery;

/// Each kind is there as SVG and as PNG in both themes, with a size, and as text.
pub fn check(browser: &Browser, folder: &Path) -> Result<(), String> {
    let kinds = gallery::write(folder).map_err(|e| e.to_string())?;
    browser.open(&file_address(&folder.join("index.html")))?;
    let count =
        |selector: &str| browser.number(&format!("document.querySelectorAll('{selector}').length"));
    for (selector, each) in [("section", 1), ("svg", 2), ("img", 2), ("pre", 3)] {
        let (found, wanted) = (count(selector)?, (kinds * each) as f64);
        if found != wanted {
            return Err(format!(
                "gallery: {found} of {selector} instead of {wanted}"
            ));
        }
    }
    let broken = browser.text(
        "[...document.querySelectorAll('img')].filter((img) => !img.complete || img.naturalWidth < 100).map((img) => img.alt)",
    )?;
    if !broken.is_empty() {
        return Err(format!("gallery: not drawn: {broken}"));
    }
    let inner = browser.number("document.querySelectorAll('svg image').length")?;
    if inner < 20.0 {
        return Err(format!("gallery: {inner} pictures inside SVG"));
    }
    // An SVG whose text or shapes reach beyond its edge would be cut off.
    let outside = browser.text(
        "[...document.querySelectorAll('svg')].flatMap((svg) => { const all = svg.getBoundingClientRect(); \
         return [...svg.querySelectorAll('text')].filter((text) => { const own = text.getBoundingClientRect(); \
         return own.left < all.left - 1 || own.right > all.right + 1 || own.top < all.top - 1 || own.bottom > all.bottom + 1; }) \
         .map((text) => svg.getAttribute('aria-label') + ': ' + text.textContent); })",
    )?;
    if !outside.is_empty() {
        return Err(format!("gallery: text outside of its picture: {outside}"));
    }
    Ok(())
}
