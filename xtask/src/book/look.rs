//! Every page of the book as a reader sees it: light and dark, on a desktop and on a phone.

use std::path::{Path, PathBuf};

use crate::browser::{Browser, file_address};

/// Looks at each page in each way, fails with the first fault, and returns how many views there were; with a folder,
/// each leaves its picture there.
pub fn look(browser: &Browser, pages: &[PathBuf], folder: Option<&Path>) -> Result<usize, String> {
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let mut count = 0;
    for page in pages {
        let name = page.file_stem().unwrap_or_default().to_string_lossy();
        for (screen, size, phone) in [("desktop", (1280, 800), false), ("phone", (390, 844), true)]
        {
            browser.screen(size, phone)?;
            for (theme, dark) in [("light", false), ("dark", true)] {
                let view = format!("{name}-{screen}-{theme}");
                let fault = |why| format!("book: {view}: {why}");
                browser.dark(dark)?;
                browser.open(&file_address(page))?;
                sound(browser, theme).map_err(fault)?;
                browser.quiet().map_err(fault)?;
                if let Some(folder) = folder {
                    let path = folder.join(format!("{view}.png"));
                    let written = std::fs::write(&path, browser.screenshot()?);
                    written.map_err(|e| format!("{}: {e}", path.display()))?;
                }
                count += 1;
            }
        }
    }
    Ok(count)
}

/// What must be so in every view.
fn sound(browser: &Browser, theme: &str) -> Result<(), String> {
    browser.wait_for("document.documentElement.dataset.ready === 'yes'")?;
    // Pictures are loaded as they come into view.
    browser.run("document.querySelectorAll('img').forEach((img) => { img.loading = 'eager'; })")?;
    browser.wait_for("[...document.images].every((img) => img.complete)")?;
    browser.wait_for("document.fonts.status === 'loaded'")?;
    let shown = browser.text("document.documentElement.className")?;
    if shown != theme {
        return Err(format!("shown as {shown}"));
    }
    for (what, faults) in [
        (
            "wider than the screen",
            "document.documentElement.scrollWidth > innerWidth ? [document.documentElement.scrollWidth] : []",
        ),
        (
            "formulas not set",
            "[...document.querySelectorAll('.math')].filter((m) => !m.querySelector('.katex') || m.querySelector('.katex-error')).map((m) => m.textContent)",
        ),
        (
            "pictures not drawn",
            "[...document.images].filter((img) => img.naturalWidth === 0).map((img) => img.src)",
        ),
        (
            "not one heading above all",
            "document.querySelectorAll('main h1').length === 1 ? [] : [document.querySelectorAll('main h1').length]",
        ),
        (
            "not one page marked in the contents",
            "document.querySelectorAll('#contents [aria-current]').length === 1 ? [] : ['none']",
        ),
    ] {
        let faults = browser.text(faults)?;
        if !faults.is_empty() {
            return Err(format!("{what}: {faults}"));
        }
    }
    Ok(())
}
