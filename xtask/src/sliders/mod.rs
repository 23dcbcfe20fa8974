//! `cargo xtask sliders`: the lesson's sliders as one page that needs nothing beside it.

use std::path::{Path, PathBuf};

use hammerhead_lesson::sliders::lesson;

use crate::failure::Failure;
use crate::say::say;
use crate::{browser, root};

/// Write the page with the lesson's sliders: one file, no network, opens from the disk.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The file to write [default: target/sliders.html]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also take pictures of it into this folder, in light and dark, for desktop and phone
    #[arg(long, value_name = "DIR")]
    screenshots: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask sliders                       writes target/sliders.html
  cargo xtask sliders --out sliders.html

Pictures need Chromium and ChromeDriver; on Debian, as root, they are installed when they are missing.";

/// Writes the page.
pub fn run(args: &Args) -> Result<(), Failure> {
    let out = match &args.out {
        Some(out) => out.clone(),
        None => root::workspace()?.join("target").join("sliders.html"),
    };
    write(&out)?;
    say(format_args!("{}", out.display()));
    if let Some(folder) = &args.screenshots {
        let views = lesson().models.into_iter().map(|model| {
            let address = format!("{}#{}", browser::file_address(&out), model.id);
            (model.id.to_owned(), address)
        });
        browser::screenshots(folder, views).map_err(Failure::check)?;
    }
    Ok(())
}

/// Writes the page to a file.
pub fn write(out: &Path) -> Result<(), Failure> {
    let refused = |e| Failure::input(format!("{}: cannot write: {e}", out.display()));
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).map_err(refused)?;
    }
    std::fs::write(out, page()).map_err(refused)
}

/// The page's text.
pub fn page() -> String {
    let script = [
        include_str!("page/models.js"),
        include_str!("page/network.js"),
        include_str!("page/chart.js"),
        include_str!("page/main.js"),
    ];
    let lesson = serde_json::to_string(&lesson()).expect("numbers and names become JSON");
    include_str!("page/page.html")
        .replace("{{style}}", include_str!("page/style.css").trim_end())
        .replace("{{lesson}}", &lesson)
        .replace("{{script}}", script.concat().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_whole_and_asks_nothing_of_the_network() {
        let page = page();
        assert!(!page.contains("{{"), "a part is missing");
        assert!(page.contains("default-src 'none'"));
        let addresses = page.matches("://").count();
        assert_eq!(
            addresses,
            page.matches("http://www.w3.org/2000/svg").count()
        );
    }
}
