//! `cargo xtask book`: the lesson and the manual as pages that open from the disk.

mod look;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::browser::{self, Browser};
use crate::failure::Failure;
use crate::say::say;
use crate::step::cargo;
use crate::{root, sliders, test};
pub use look::look;

/// Build the book: pages that need no network and no server.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The folder to write to [default: target/book]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Show it when it is built
    #[arg(long)]
    open: bool,
    /// Also take pictures of each page into this folder, in light and dark, for desktop and phone
    #[arg(long, value_name = "DIR")]
    screenshots: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask book                  writes target/book/index.html and its pages
  cargo xtask book --open           and shows it

A page that names a listing, a value, a file or a place that is not there fails the build.
Pictures need Chromium and ChromeDriver; on Debian, as root, they are installed when they are missing.";

/// Builds, says where, and shows.
pub fn run(args: &Args) -> Result<(), Failure> {
    let out = match &args.out {
        Some(out) => out.clone(),
        None => root::workspace()?.join("target").join("book"),
    };
    build(&out)?;
    if let Some(folder) = &args.screenshots {
        let shots = || {
            browser::ready()?;
            look(&Browser::start()?, &pages(&out)?, Some(folder))
        };
        let count = shots().map_err(Failure::check)?;
        say(format_args!("{}: {count} pictures", folder.display()));
    }
    if args.open {
        open(&out.join("index.html"))?;
    }
    Ok(())
}

/// Builds the book into a folder, with the page of sliders beside its own.
pub fn build(out: &Path) -> Result<(), Failure> {
    let workspace = root::workspace()?;
    let beside = workspace.join("target").join("sliders.html");
    sliders::write(&beside)?;
    let status = cargo()
        .current_dir(&workspace)
        // Among all packages, so that it is built with the features that the tests are built with.
        .args(["run", "--quiet", "--release", "--features", test::FEATURES])
        .args(["--bin", "hammerhead-book", "--", "--root"])
        .arg(&workspace)
        .arg("--out")
        .arg(std::path::absolute(out).map_err(Failure::input)?)
        .arg("--beside")
        .arg(&beside)
        .status()
        .map_err(|e| Failure::input(format!("cargo cannot be started: {e}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}

/// The pages of a built book, by name.
pub fn pages(out: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(out).map_err(|e| format!("{}: {e}", out.display()))?;
    let mut pages: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .filter(|path| path.file_stem().is_some_and(|name| name != "sliders"))
        .collect();
    pages.sort();
    Ok(pages)
}

/// Shows a page in whatever the desktop shows pages with.
fn open(page: &Path) -> Result<(), Failure> {
    let (program, before): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(before).arg(page).stdin(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::input(format!(
            "{program}: {status}; open {} yourself",
            page.display()
        ))),
        Err(e) => Err(Failure::input(format!(
            "{program}: {e}; open {} yourself",
            page.display()
        ))),
    }
}
