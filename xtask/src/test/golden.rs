//! `cargo xtask test golden`: the golden values on their own, from any folder of their format.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;
use crate::{fixtures, root};

/// Compare with the golden values and print `N of M cases` per file.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder with ops.json, optimizers.json and the others [default: the committed one]
    #[arg(long, value_name = "DIR")]
    fixtures: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test golden
  cargo xtask test golden --fixtures ../other-fixtures

Cases, attributes, shapes and targets are read from the files. An unknown operation or attribute is a
failure, not a skip. Exits with 1 on a miss and with 2 when the folder cannot be used.";

/// Runs the golden comparison over the chosen folder.
pub fn run(args: &Args) -> Result<(), Failure> {
    let folder = match &args.fixtures {
        Some(folder) => folder.clone(),
        None => root::workspace()?.join(fixtures::FOLDER),
    };
    if !folder.is_dir() {
        return Err(Failure::input(format!(
            "--fixtures {}: no such folder",
            folder.display()
        )));
    }
    let folder = folder
        .canonicalize()
        .map_err(|e| Failure::input(format!("--fixtures {}: {e}", folder.display())))?;
    // A program of its own, so that the commands don't depend on the tests' kit; built with the whole
    // workspace in view, so that it shares every crate with the tests.
    let workspace = root::workspace()?;
    let cargo = |e| Failure::check(format!("cargo: {e}"));
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--workspace",
            "--bin",
            "golden",
        ])
        .current_dir(&workspace)
        .status()
        .map_err(cargo)?;
    if !built.success() {
        return Err(Failure::Reported);
    }
    let status =
        Command::new(release_folder()?.join(format!("golden{}", std::env::consts::EXE_SUFFIX)))
            .arg(folder)
            .status()
            .map_err(cargo)?;
    match status.code() {
        Some(0) => Ok(()),
        Some(2) => Err(Failure::Unusable),
        _ => Err(Failure::Reported),
    }
}

/// Where release builds go, seen from this program's own place in the target folder.
pub(super) fn release_folder() -> Result<PathBuf, Failure> {
    let this = std::env::current_exe().map_err(Failure::check)?;
    let target = this.ancestors().nth(2).map(PathBuf::from);
    target
        .map(|target| target.join("release"))
        .ok_or_else(|| Failure::check("no target folder"))
}
