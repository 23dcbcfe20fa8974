//! Damaged input: exit code 2, one message that names the file, nothing half-written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use hammerhead::nn::{load_file, save_file};

fn mnist(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("mnist")
        .args(arguments)
        .output()
        .unwrap()
}

/// Refused with one message that contains all of these.
#[track_caller]
fn refused(output: &Output, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

fn idx(shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape
        .iter()
        .for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// A folder with a few small digits under the original names.
fn digits(folder: &Path) {
    let pixels: Vec<u8> = (0..20 * 784).map(|i| (i % 251) as u8).collect();
    let labels: Vec<u8> = (0..20).map(|i| i % 10).collect();
    for part in ["train", "t10k"] {
        fs::write(
            folder.join(format!("{part}-images-idx3-ubyte")),
            idx(&[20, 28, 28], &pixels),
        )
        .unwrap();
        fs::write(
            folder.join(format!("{part}-labels-idx1-ubyte")),
            idx(&[20], &labels),
        )
        .unwrap();
    }
}

#[test]
fn damaged_digits() {
    let folder = tempfile::tempdir().unwrap();
    let images = "train-images-idx3-ubyte";
    let labels = "t10k-labels-idx1-ubyte";
    type Damage = fn(&mut Vec<u8>);
    let cases: [(&str, Damage); 5] = [
        (images, |bytes| bytes.truncate(1000)),
        (images, |bytes| bytes[2] ^= 4),
        (images, |bytes| bytes.clear()),
        (labels, |bytes| bytes[8 + 3] = 10),
        (labels, |bytes| bytes[7] -= 1),
    ];
    for (index, (name, damage)) in cases.into_iter().enumerate() {
        let data = folder.path().join(format!("data{index}"));
        fs::create_dir(&data).unwrap();
        digits(&data);
        let mut bytes = fs::read(data.join(name)).unwrap();
        damage(&mut bytes);
        fs::write(data.join(name), bytes).unwrap();
        let out = folder.path().join(format!("out{index}"));
        let output = mnist(&[
            "--data",
            data.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ]);
        refused(&output, &[name]);
        assert!(!out.join("model.safetensors").exists());
    }
}

#[test]
fn no_digits_at_all() {
    let folder = tempfile::tempdir().unwrap();
    digits(folder.path());
    let empty = |name: &str, shape: &[u32]| {
        fs::write(folder.path().join(name), idx(shape, &[])).unwrap();
    };
    empty("train-images-idx3-ubyte", &[0, 28, 28]);
    empty("train-labels-idx1-ubyte", &[0]);
    let out = folder.path().join("out");
    let (data, run) = (folder.path().to_str().unwrap(), out.to_str().unwrap());
    refused(&mnist(&["--data", data, "--out", run]), &["--data: "]);
    assert!(!out.exists());
}

#[test]
fn whole_digits_of_ones_own_train() {
    let folder = tempfile::tempdir().unwrap();
    digits(folder.path());
    let out = folder.path().join("out");
    let data = folder.path().to_str().unwrap();
    let output = mnist(&[
        "--model",
        "mlp",
        "--epochs",
        "1",
        "--data",
        data,
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.lines().last().unwrap().starts_with("test accuracy "),
        "{text}"
    );
}

#[test]
fn digits_that_the_run_did_not_begin_with() {
    let folder = tempfile::tempdir().unwrap();
    let (run, data) = (folder.path().join("run"), folder.path().join("data"));
    fs::create_dir(&data).unwrap();
    digits(&data);
    // A relative path, which must lead there from anywhere later.
    let begun = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args([
            "mnist", "--model", "mlp", "--epochs", "1", "--data", "data", "--out", "run",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        begun.status.success(),
        "{}",
        String::from_utf8_lossy(&begun.stderr)
    );
    let resume = |more: &[&str]| mnist(&[&["--resume", run.to_str().unwrap()], more].concat());
    assert!(resume(&[]).status.success());

    let others = folder.path().join("others");
    fs::create_dir(&others).unwrap();
    digits(&others);
    let path = others.join("train-labels-idx1-ubyte");
    let mut labels = fs::read(&path).unwrap();
    labels[8] = 9;
    fs::write(&path, labels).unwrap();
    let before = fs::read(run.join("checkpoint.safetensors")).unwrap();
    refused(
        &resume(&["--data", others.to_str().unwrap()]),
        &["--data: the run began on 20 images"],
    );
    assert!(fs::read(run.join("checkpoint.safetensors")).unwrap() == before);
}

#[test]
fn damaged_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let path = run.join("checkpoint.safetensors");
    let arguments = [
        "--model",
        "mlp",
        "--epochs",
        "1",
        "--limit",
        "64",
        "--out",
        run.to_str().unwrap(),
    ];
    assert!(mnist(&arguments).status.success());
    let whole = fs::read(&path).unwrap();
    let resume = || mnist(&["--resume", run.to_str().unwrap()]);

    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    refused(&resume(), &["checkpoint.safetensors", "truncated"]);

    // In the header, in the notes and in the values.
    for at in [20, 300, whole.len() / 2, whole.len() - 5] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&path, &flipped).unwrap();
        refused(&resume(), &["checkpoint.safetensors"]);
    }

    fs::write(&path, &whole).unwrap();
    let (mut state, notes) = load_file(&path).unwrap();
    state.retain(|(name, _)| name != "model.out.weight");
    let notes: Vec<_> = notes.into_iter().collect();
    save_file(&path, &state, &notes).unwrap();
    refused(&resume(), &["checkpoint.safetensors"]);

    fs::write(&path, &whole).unwrap();
    let other = mnist(&["--resume", run.to_str().unwrap(), "--model", "cnn"]);
    refused(&other, &["--model"]);
    assert!(resume().status.success());
}

#[test]
fn a_folder_without_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    refused(
        &mnist(&["--resume", folder.path().to_str().unwrap()]),
        &["checkpoint.safetensors"],
    );
}

#[test]
fn an_output_folder_that_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    refused(
        &mnist(&["--limit", "64", "--out", file.to_str().unwrap()]),
        &["--out", "file"],
    );
}
