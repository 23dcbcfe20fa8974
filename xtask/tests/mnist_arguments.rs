//! `cargo xtask mnist` refuses what it cannot use: exit code 2, one message, nothing written.

use std::fs;
use std::process::{Command, Output};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("mnist").args(arguments);
    command
}

fn mnist(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

#[track_caller]
fn refused(arguments: &[&str], message: &str) {
    refused_with(&[], arguments, message);
}

/// With variables of the environment.
#[track_caller]
fn refused_with(variables: &[(&str, &str)], arguments: &[&str], message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut all = vec!["--out", out.to_str().unwrap()];
    all.extend(arguments);
    let output = command(&all)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
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
    refused(
        &["--model", "vgg"],
        "[possible values: cnn, mlp, small, resnet18]",
    );
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

#[test]
fn devices_that_are_none_are_refused() {
    for device in ["tpu", "vulkan7", ""] {
        refused(
            &["--device", device],
            "it must be cpu, vulkan, vulkan:N or vulkan:NAME",
        );
    }
}

#[test]
fn vulkan_without_a_driver_is_refused_with_what_to_install() {
    let none = [
        ("VK_DRIVER_FILES", "/nonexistent"),
        ("VK_ICD_FILENAMES", "/nonexistent"),
    ];
    for device in ["vulkan", "vulkan:0", "vulkan:llvmpipe"] {
        refused_with(&none, &["--device", device], "install a Vulkan driver: ");
    }
}

/// The system's linker looks into a folder of ours first, where the loader is an empty file.
#[cfg(target_os = "linux")]
#[test]
fn vulkan_without_a_loader_is_refused_with_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["libvulkan.so.1", "libvulkan.so"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let path = [("LD_LIBRARY_PATH", folder.path().to_str().unwrap())];
    refused_with(
        &path,
        &["--device", "vulkan"],
        "--device vulkan: vulkan: no loader on this machine",
    );
    refused_with(
        &path,
        &["--device", "vulkan:1"],
        "install a Vulkan driver: ",
    );
}
