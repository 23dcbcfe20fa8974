//! Where the workspace is, found at run time so that the binary names no machine path.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The nearest folder at or above the current one that holds a workspace manifest.
pub fn workspace() -> Result<PathBuf, Failure> {
    let here = env::current_dir()
        .map_err(|e| Failure::input(format!("the current folder cannot be read: {e}")))?;
    here.ancestors()
        .find(|folder| is_workspace(folder))
        .map(Path::to_path_buf)
        .ok_or_else(|| {
            Failure::input(format!(
                "no Cargo workspace at or above {}: run this inside the repository",
                here.display()
            ))
        })
}

fn is_workspace(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
}
