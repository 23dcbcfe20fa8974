//! The report of a run: drawn whole, in either theme, on any screen.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::browser::{Browser, file_address};

/// A short run's report, as a person opens it.
pub fn check(browser: &Browser, folder: &Path, shots: &Path) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|e| format!("this program's file: {e}"))?;
    let out = folder.join("run");
    let trained = Command::new(program)
        .args(["mnist", "--limit", "6000", "--epochs", "2", "--out"])
        .arg(&out)
        .stdout(Stdio::null())
        .status();
    if !trained.is_ok_and(|status| status.success()) {
        return Err("report: the run failed".to_owned());
    }
    browser.open(&file_address(&out.join("report.html")))?;
    let visible = |selector: &str| {
        browser.number(&format!(
            "[...document.querySelectorAll('{selector}')].filter((one) => one.getClientRects().length > 0).length"
        ))
    };
    for dark in [false, true] {
        browser.dark(dark)?;
        for (selector, wanted) in [
            ("#curves svg", 4.0),
            ("#worst svg image", 12.0),
            ("#confusion table", 1.0),
            ("#epochs tbody tr", 2.0),
        ] {
            let found = visible(selector)?;
            if found != wanted {
                return Err(format!(
                    "report: {found} of {selector} are seen instead of {wanted}"
                ));
            }
        }
    }
    browser.dark(false)?;
    super::pictures(browser, shots, "report")
}
