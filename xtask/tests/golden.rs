//! `cargo xtask test golden` on folders of the same format: misses, unknown names, unusable files.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CASE: &str = r#"{"cases": [{"name": "halved", "scheduler": "SCHEDULER",
    "args": {"step_size": 2, ARGUMENT}, "optimizer_args": {"lr": 0.1}, "lr": [0.1, 0.1, LAST]}]}"#;

fn golden(folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(["test", "golden", "--fixtures"])
        .arg(folder)
        .output()
        .unwrap()
}

#[track_caller]
fn expect(json: &str, code: i32, text: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schedules.json"), json).unwrap();
    let output = golden(folder.path());
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{printed}");
    assert!(printed.contains(text), "{printed}");
}

fn case(scheduler: &str, argument: &str, last: &str) -> String {
    let text = CASE
        .replace("SCHEDULER", scheduler)
        .replace("ARGUMENT", argument);
    text.replace("LAST", last)
}

#[test]
fn a_case_that_holds_is_counted() {
    expect(
        &case("StepLR", "\"gamma\": 0.5", "0.05"),
        0,
        "schedules.json: 1 of 1 cases",
    );
}

#[test]
fn a_miss_is_named_and_fails() {
    let miss = case("StepLR", "\"gamma\": 0.5", "0.051");
    expect(
        &miss,
        1,
        "schedules.json: halved: lr at step 2: 5e-2 against 5.1e-2",
    );
    expect(&miss, 1, "schedules.json: 0 of 1 cases");
}

#[test]
fn unknown_names_are_misses_not_skips() {
    expect(
        &case("CyclicLR", "\"gamma\": 0.5", "0.05"),
        1,
        "unknown scheduler CyclicLR",
    );
    expect(
        &case("StepLR", "\"gamma\": 0.5, \"odd\": 1", "0.05"),
        1,
        "unknown argument odd",
    );
}

#[test]
fn what_cannot_be_read_is_a_wrong_input() {
    expect("{\"cases\": [", 2, "schedules.json: EOF while parsing");
    expect("{\"cases\": []}", 2, "holds no golden case");
    assert_eq!(golden(Path::new("no/such/folder")).status.code(), Some(2));
}
