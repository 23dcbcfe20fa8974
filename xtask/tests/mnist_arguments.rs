//! `cargo xtask mnist` refuses what it cannot use: exit code 2, one message, nothing written.

use std::fs;
use std::process::{Command, Output};

fn mnist(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("mnist")
        .args(arguments)
        .output()
        .unwrap()
}

#[track_caller]
fn refused(arguments: &[&str], message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut all = vec!["--out", out.to_str().unwrap()];
    all.extend(arguments);
    let output = mnist(&all);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.starts_with("error: ") && stderr.contains(message),
        "{stderr}"
    );
    assert_eq!(stderr.matches("error").count(), 1, "{stderr}");
    assert!(!out.exists(), "nothing may be written");
}

#[test]
fn numbers_out_of_range_are_refused() {
    refused(
        &["--batch-size", "0"],
        "'--batch-size <N>': must be at least 1",
    );
    refused(&["--threads", "0"], "'--threads <N>': must be at least 1");
    refused(&["--epochs", "0"], "'--epochs <N>': must be at least 1");
    for (option, most) in [("--epochs", 10_000), ("--threads", 1024)] {
        for number in [most + 1, u64::MAX] {
            refused(
                &[option, &number.to_string()],
                &format!("'{option} <N>': must be at most {most}"),
            );
        }
    }
    refused(&["--limit", "0"], "'--limit <N>': must be at least 1");
    refused(&["--limit", "many"], "'--limit <N>'");
    for rate in ["nan", "-0.1", "0", "inf"] {
        refused(&["--lr", rate], "'--lr <X>': must be finite and above 0");
    }
    refused(&["--lr", "fast"], "'--lr <X>'");
}

#[test]
fn a_last_batch_that_batch_norm_cannot_take_is_refused() {
    let resnet = ["--model", "resnet18", "--epochs", "1"];
    for more in [["--limit", "65"], ["--limit", "1"], ["--batch-size", "1"]] {
        refused(
            &[&resnet[..], &more[..]].concat(),
            "would hold one image, and this network's batch norm needs two",
        );
    }
}

#[test]
fn a_run_that_diverged_fails_and_leaves_no_model() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let short = ["--model", "mlp", "--limit", "64", "--epochs", "1"];
    let output = mnist(&[&short[..], &["--lr", "1e300", "--out", out]].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("the validation loss is"), "{stderr}");
    assert!(!folder.path().join("model.safetensors").exists());
}

#[test]
fn unknown_models_are_refused_with_the_known_ones() {
    refused(&["--model", "vgg"], "[possible values: cnn, mlp, resnet18]");
}

#[test]
fn unknown_precisions_are_refused_with_the_known_ones() {
    refused(&["--precision", "f8"], "[possible values: f32, f16, bf16]");
}

#[test]
fn folders_that_are_not_there_are_refused() {
    refused(
        &["--data", "no/such/folder"],
        "--data no/such/folder: no such folder",
    );
    refused(
        &["--resume", "no/such/folder"],
        "--resume no/such/folder: no such folder",
    );
}

#[test]
fn an_unwritable_output_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let out = file.join("run");
    let output = mnist(&["--out", out.to_str().unwrap()]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.starts_with("error: --out ") && stderr.contains("not writable"),
        "{stderr}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "in the way");
}
