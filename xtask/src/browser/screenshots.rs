//! Pictures of pages, to be looked at.

use std::path::Path;

use super::{Browser, Outcome, failed, ready};

/// Pictures of pages, by name and address, into a folder: light and dark, on a desktop and on a phone.
pub fn screenshots(folder: &Path, pages: impl Iterator<Item = (String, String)>) -> Outcome<()> {
    ready()?;
    std::fs::create_dir_all(folder).map_err(|e| failed("the folder of the pictures")(&e))?;
    let browser = Browser::start()?;
    for (name, address) in pages {
        for (screen, size, phone) in [("desktop", (1280, 800), false), ("phone", (390, 844), true)]
        {
            for (theme, dark) in [("light", false), ("dark", true)] {
                browser.screen(size, phone)?;
                browser.dark(dark)?;
                browser.open(&address)?;
                let path = folder.join(format!("{name}-{screen}-{theme}.png"));
                let written = std::fs::write(&path, browser.screenshot()?);
                written.map_err(|e| failed(&path.display().to_string())(&e))?;
                println!("{}", path.display());
            }
        }
    }
    Ok(())
}
