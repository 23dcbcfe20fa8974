//! A run that is killed at any moment and resumed ends bit-equal to one that was never killed, and leaves
//! no file half-written.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hammerhead::learner::RunState;

fn mnist(out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("mnist")
        .args(more)
        .arg("--out")
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

const RUN: [&str; 8] = [
    "--model", "mlp", "--epochs", "3", "--limit", "20000", "--seed", "7",
];

/// Every file under its final name is whole.
fn check_files(out: &Path) {
    for name in ["checkpoint.safetensors", "model.safetensors"] {
        let path = out.join(name);
        if path.exists() {
            hammerhead::nn::load_file(&path)
                .unwrap_or_else(|error| panic!("half-written: {error}"));
        }
    }
    if let Ok(text) = fs::read_to_string(out.join("history.json")) {
        serde_json::from_str::<serde_json::Value>(&text).expect("history.json is whole");
    }
}

#[test]
fn a_run_killed_ten_times_ends_as_one_never_killed() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let start = Instant::now();
    assert!(mnist(&whole, &RUN).status().unwrap().success());
    let duration = start.elapsed();
    let expected = fs::read(whole.join("model.safetensors")).unwrap();

    let mut killed = 0;
    for moment in 0..10 {
        let out = folder.path().join(format!("killed{moment}"));
        let mut child = mnist(&out, &RUN).spawn().unwrap();
        // From before the first checkpoint to nearly the end; a busy machine may take long to get there.
        while moment > 0 && !out.join("checkpoint.safetensors").exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended unexpectedly");
            sleep(Duration::from_millis(1));
        }
        sleep(duration.mul_f64(0.08 * moment as f64));
        child.kill().unwrap();
        child.wait().unwrap();
        check_files(&out);
        if !out.join("checkpoint.safetensors").exists() {
            continue; // Killed before training began: there is nothing to resume.
        }
        killed += 1;
        let resume = out.to_str().unwrap();
        assert!(
            mnist(&out, &["--resume", resume])
                .status()
                .unwrap()
                .success(),
            "moment {moment}"
        );
        assert!(
            fs::read(out.join("model.safetensors")).unwrap() == expected,
            "moment {moment}: the models differ"
        );
    }
    assert!(
        killed >= 9,
        "only {killed} runs were killed after they began"
    );
}

#[test]
fn a_run_that_was_stopped_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let checkpoint = out.join("checkpoint.safetensors");
    let mut child = mnist(&out, &RUN).spawn().unwrap();
    let begun = || RunState::read(&checkpoint).is_ok_and(|state| state.position() != (0, 0));
    while !begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended unexpectedly");
        sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = fs::read(&checkpoint).unwrap();
    let output = mnist(&out, &RUN).stderr(Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for part in ["error: --out ", "was stopped at epoch", "--resume "] {
        assert!(stderr.contains(part), "{stderr}");
    }
    assert!(fs::read(&checkpoint).unwrap() == before);
}

#[test]
fn a_run_in_16_bits_that_is_killed_ends_as_one_never_killed() {
    let folder = tempfile::tempdir().unwrap();
    for precision in ["f16", "bf16"] {
        let (whole, out) = (
            folder.path().join(precision),
            folder.path().join(format!("{precision} killed")),
        );
        let run = [
            "--model",
            "mlp",
            "--epochs",
            "2",
            "--limit",
            "16000",
            "--seed",
            "7",
            "--precision",
            precision,
        ];
        assert!(mnist(&whole, &run).status().unwrap().success());
        let checkpoint = out.join("checkpoint.safetensors");
        let mut child = mnist(&out, &run).spawn().unwrap();
        let begun = || RunState::read(&checkpoint).is_ok_and(|state| state.position() != (0, 0));
        while !begun() {
            assert!(child.try_wait().unwrap().is_none(), "it ended unexpectedly");
            sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let resume = out.to_str().unwrap();
        let other = mnist(&out, &["--resume", resume, "--precision", "f32"])
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&other.stderr);
        assert_eq!(other.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.starts_with("error: --precision differs from the run"),
            "{stderr}"
        );
        assert!(
            mnist(&out, &["--resume", resume])
                .status()
                .unwrap()
                .success()
        );
        let model = |out: &Path| fs::read(out.join("model.safetensors")).unwrap();
        assert!(
            model(&out) == model(&whole),
            "{precision}: the models differ"
        );
        let history = fs::read(out.join("history.json")).unwrap();
        let history: serde_json::Value = serde_json::from_slice(&history).unwrap();
        assert_eq!(history["precision"], precision);
    }
}

#[test]
fn a_finished_run_is_left_as_it_is_when_resumed_and_may_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let short = ["--model", "mlp", "--epochs", "2", "--limit", "640"];
    let text = |more: &[&str]| {
        let output = mnist(&out, more).stdout(Stdio::piped()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let last = |text: &str| text.lines().last().unwrap().to_owned();
    let first = text(&short);
    let history = fs::read(out.join("history.json")).unwrap();
    let again = text(&["--resume", out.to_str().unwrap()]);
    assert!(again.contains("is finished"), "{again}");
    assert_eq!(last(&again), last(&first));
    assert!(fs::read(out.join("history.json")).unwrap() == history);

    // Killed after its last checkpoint, before its files: they are written now, with the times of then.
    fs::remove_file(out.join("history.json")).unwrap();
    text(&["--resume", out.to_str().unwrap()]);
    let seconds = |bytes: &[u8]| {
        let history: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let epochs = history["epochs"].as_array().unwrap().clone();
        let sum: f64 = epochs
            .iter()
            .map(|row| row["seconds"].as_f64().unwrap())
            .sum();
        (sum, history["final"]["seconds"].as_f64().unwrap())
    };
    let (written, total) = seconds(&fs::read(out.join("history.json")).unwrap());
    assert_eq!((written, total), (seconds(&history).0, written));
    text(&short);
}

#[test]
fn a_reader_that_goes_away_does_not_end_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let short = ["--model", "mlp", "--epochs", "1", "--limit", "64"];
    let mut child = mnist(&out, &short)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    assert!(out.join("history.json").exists());
}

#[test]
fn the_model_does_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let model = |threads: &str| {
        let out = folder.path().join(threads);
        let arguments = [
            "--epochs",
            "1",
            "--limit",
            "640",
            "--seed",
            "7",
            "--threads",
            threads,
        ];
        assert!(mnist(&out, &arguments).status().unwrap().success());
        fs::read(out.join("model.safetensors")).unwrap()
    };
    assert!(
        model("1") == model("2"),
        "the models of 1 and 2 threads differ"
    );
}
