//! `cargo xtask mnist --device vulkan`. These tests need a driver, which is why they are a file of their own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use hammerhead::learner::RunState;

fn mnist(arguments: &[&str], out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("mnist")
        .args(arguments)
        .arg("--out")
        .arg(out)
        .stdout(Stdio::null());
    command
}

#[test]
fn devices_that_are_not_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let refused = |device: &str, variable: &str, message: &str| {
        let output = mnist(&["--device", device], &out)
            .env("HAMMERHEAD_DEVICE", variable)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let start = format!("error: --device {device}: vulkan: {message}; there is 0: ");
        assert!(stderr.starts_with(&start), "{stderr}");
        assert!(!out.exists(), "nothing may be written");
    };
    refused("vulkan:77", "", "no device has the number 77");
    refused(
        "vulkan:no such card",
        "",
        "no device is called `no such card`",
    );
    refused("vulkan", "77", "no device has the number 77");
    refused(
        "vulkan",
        "no such card",
        "no device is called `no such card`",
    );
}

#[test]
fn a_run_killed_on_the_device_ends_as_one_never_killed() {
    let run = [
        "--device", "vulkan", "--model", "mlp", "--epochs", "2", "--limit", "6400", "--seed", "7",
    ];
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    assert!(mnist(&run, &whole).status().unwrap().success());

    let mut child = mnist(&run, &killed).spawn().unwrap();
    let checkpoint = killed.join("checkpoint.safetensors");
    let begun = || RunState::read(&checkpoint).is_ok_and(|state| state.position() != (0, 0));
    while !begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended unexpectedly");
        sleep(Duration::from_millis(1));
    }
    // In the middle of work that the device has.
    child.kill().unwrap();
    assert!(
        !child.wait().unwrap().success(),
        "it ended before it was killed"
    );

    let resume = ["--resume", killed.to_str().unwrap()];
    let output = mnist(&resume, &killed).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let model = |out: &Path| fs::read(out.join("model.safetensors")).unwrap();
    assert!(model(&whole) == model(&killed), "the models differ");
}
