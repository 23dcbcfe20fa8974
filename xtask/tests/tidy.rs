//! `cargo xtask tidy` over a planted workspace: each broken rule is named with file and line.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A small workspace that keeps every rule.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let files = [
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nversion = \"0.1.0\"\n",
        ),
        (
            "CHANGELOG.md",
            "# Changelog\n\n## [Unreleased]\n\n- A start.\n",
        ),
        (
            "crates/tensor/Cargo.toml",
            "[package]\nname = \"hammerhead-tensor\"\n\n[dependencies]\n",
        ),
        (
            "crates/tensor/src/prim.rs",
            "pub enum Prim { Copy, Fill }\n",
        ),
    ];
    for (path, text) in files {
        plant(root.path(), path, text);
    }
    root
}

fn plant(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn tidy(root: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["tidy", "--root"])
        .arg(root)
        .output()
        .unwrap()
}

/// Plants one file and expects exactly one finding, which starts with `place`.
#[track_caller]
fn finds(path: &str, text: &str, place: &str, message: &str) {
    let root = workspace();
    plant(root.path(), path, text);
    let output = tidy(root.path());
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(
        stdout
            .lines()
            .any(|l| l.starts_with(place) && l.contains(message)),
        "{stdout}"
    );
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: tidy found 1 place to mend\n"
    );
}

#[test]
fn a_tidy_workspace_passes() {
    let root = workspace();
    let output = tidy(root.path());
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(stdout.ends_with("nothing to mend\n"), "{stdout}");
}

#[test]
fn a_wrong_crate_arrow_fails() {
    finds(
        "crates/tensor/Cargo.toml",
        "[package]\nname = \"hammerhead-tensor\"\n\n[dependencies]\nhammerhead-nn = \"0.1\"\n",
        "crates/tensor/Cargo.toml:5: ",
        "`tensor` may not depend on `nn`",
    );
}

#[test]
fn a_file_of_601_lines_fails() {
    finds(
        "crates/tensor/src/long.rs",
        &"// a line\n".repeat(601),
        "crates/tensor/src/long.rs:601: ",
        "601 lines, at most 600",
    );
}

#[test]
fn a_wildcard_arm_over_prim_fails() {
    finds(
        "crates/tensor/src/infer.rs",
        "fn infer(prim: &Prim) {\n    match prim {\n        Prim::Copy => {}\n        _ => {}\n    }\n}\n",
        "crates/tensor/src/infer.rs:4: ",
        "catches every other Prim",
    );
}

#[test]
fn an_empty_changelog_fails() {
    finds(
        "CHANGELOG.md",
        "# Changelog\n",
        "CHANGELOG.md:1: ",
        "[Unreleased]",
    );
}

#[test]
fn unsafe_outside_the_kernels_fails() {
    finds(
        "crates/tensor/src/shape.rs",
        "fn first(x: &[u8]) -> u8 {\n    // SAFETY: not empty.\n    unsafe { *x.as_ptr() }\n}\n",
        "crates/tensor/src/shape.rs:3: ",
        "unsafe outside",
    );
}

#[test]
fn a_golden_file_that_differs_from_its_checksum_fails() {
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    finds(
        "crates/testkit/fixtures/MANIFEST",
        &format!("{sum}  lost.json\n"),
        "crates/testkit/fixtures/MANIFEST:1: ",
        "lost.json: missing",
    );
}

#[test]
fn an_operation_without_an_example_fails() {
    finds(
        "crates/nn/src/loss.rs",
        "/// The mean distance.\n///\n/// Shape: any two to `[]`.\npub fn l1_loss() {}\n",
        "crates/nn/src/loss.rs:4: ",
        "`l1_loss` lacks an example",
    );
}

#[test]
fn a_root_that_is_not_there_is_a_wrong_argument() {
    let output = tidy(Path::new("no/such/folder"));
    assert_eq!(output.status.code(), Some(2));
}
