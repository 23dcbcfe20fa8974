//! `cargo xtask fixtures`: the committed golden values, their origin and their checksums.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::root;

/// Where the golden files live, relative to the workspace.
pub const FOLDER: &str = "crates/testkit/fixtures";
const MANIFEST: &str = "MANIFEST";

/// List the committed golden files and verify their SHA-256 checksums.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Write MANIFEST anew from the files, after a change that was meant
    #[arg(long)]
    write: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask fixtures            list and verify
  cargo xtask fixtures --write    accept the files as they are

The values were computed once, in float64, by PyTorch and timm with gen_fixtures.py, which is kept
beside them; README.md there says how each file is read. No test needs Python.";

/// Lists, verifies or rewrites the manifest.
pub fn run(args: &Args) -> Result<(), Failure> {
    let folder = root::workspace()?.join(FOLDER);
    if args.write {
        let text = manifest(&folder)?;
        return fs::write(folder.join(MANIFEST), text)
            .map_err(|e| Failure::check(format!("{FOLDER}/{MANIFEST}: {e}")));
    }
    println!(
        "Golden values from PyTorch and timm (see {FOLDER}/README.md), made by gen_fixtures.py:"
    );
    for path in files(&folder)? {
        let bytes = read(&path)?;
        println!(
            "  {:>9} bytes  {}  {}",
            bytes.len(),
            hex(&bytes),
            name(&path)
        );
    }
    let problems = differences(&folder)?;
    for problem in &problems {
        println!("{FOLDER}/{problem}");
    }
    if problems.is_empty() {
        println!("all match {MANIFEST}");
        return Ok(());
    }
    Err(Failure::check(format!(
        "{} golden files differ from {MANIFEST}",
        problems.len()
    )))
}

/// One line for every file that is missing, unlisted or different from the manifest in `folder`.
pub fn differences(folder: &Path) -> Result<Vec<String>, Failure> {
    let listed = fs::read_to_string(folder.join(MANIFEST))
        .map_err(|e| Failure::check(format!("{}: {e}", folder.join(MANIFEST).display())))?;
    let present = manifest(folder)?;
    let mut problems = Vec::new();
    for line in listed
        .lines()
        .filter(|line| !present.lines().any(|l| l == *line))
    {
        let name = line.split_whitespace().nth(1).unwrap_or(line);
        let problem = if folder.join(name).is_file() {
            "differs from its checksum"
        } else {
            "missing"
        };
        problems.push(format!("{name}: {problem}"));
    }
    for line in present.lines() {
        let name = line.split_whitespace().nth(1).unwrap_or(line);
        if !listed
            .lines()
            .any(|l| l.split_whitespace().nth(1) == Some(name))
        {
            problems.push(format!("{name}: not in {MANIFEST}"));
        }
    }
    Ok(problems)
}

/// The manifest the files deserve, in the format of `sha256sum`, sorted by name.
fn manifest(folder: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    for path in files(folder)? {
        writeln!(text, "{}  {}", hex(&read(&path)?), name(&path)).expect("writing to a String");
    }
    Ok(text)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries =
        fs::read_dir(folder).map_err(|e| Failure::check(format!("{}: {e}", folder.display())))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && name(path) != MANIFEST)
        .collect();
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|e| Failure::check(format!("{}: {e}", path.display())))
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_a_missing_and_an_unlisted_file_are_each_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["kept.json", "changed.json", "lost.json"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        fs::write(
            folder.path().join(MANIFEST),
            manifest(folder.path()).unwrap(),
        )
        .unwrap();
        assert_eq!(differences(folder.path()).unwrap(), Vec::<String>::new());

        fs::write(folder.path().join("changed.json"), "other").unwrap();
        fs::remove_file(folder.path().join("lost.json")).unwrap();
        fs::write(folder.path().join("new.json"), "new").unwrap();
        assert_eq!(
            differences(folder.path()).unwrap(),
            [
                "changed.json: differs from its checksum",
                "lost.json: missing",
                "new.json: not in MANIFEST"
            ]
        );
    }

    #[test]
    fn checksums_are_sha256() {
        assert_eq!(
            hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
