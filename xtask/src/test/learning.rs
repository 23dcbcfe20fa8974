//! The end-to-end test: this program trains on the real digits as a user would run it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::step::Outcome;

/// What is trained: a tenth of the digits, once.
const ARGUMENTS: [&str; 7] = [
    "mnist", "--model", "cnn", "--limit", "6000", "--epochs", "1",
];
/// The share of the test digits a working network gets right after that; chance is 0.1.
const FLOOR: f64 = 0.93;

/// Trains into a temporary folder and judges the last line and the files.
pub fn check(workspace: &Path) -> Outcome {
    match train(workspace) {
        Ok(accuracy) if accuracy >= FLOOR => Outcome::Passed,
        Ok(accuracy) => Outcome::Failed(format!("accuracy {accuracy}, at least {FLOOR} expected")),
        Err(why) => Outcome::Failed(why),
    }
}

fn train(workspace: &Path) -> Result<f64, String> {
    let program = std::env::current_exe().map_err(|e| format!("this program's file: {e}"))?;
    let out = tempfile::tempdir().map_err(|e| format!("a temporary folder: {e}"))?;
    let output = Command::new(program)
        .args(ARGUMENTS)
        .arg("--out")
        .arg(out.path())
        .current_dir(workspace)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot be started: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    if !output.status.success() {
        return Err(output.status.to_string());
    }
    for file in ["model.safetensors", "history.json"] {
        if !out.path().join(file).is_file() {
            return Err(format!("left no {file}"));
        }
    }
    let last = text.lines().last().unwrap_or_default();
    accuracy(last).ok_or_else(|| format!("the last line is `{last}`"))
}

/// The share in `test accuracy 99.12 % (9912/10000), 5 epochs, 61.0 s`.
fn accuracy(line: &str) -> Option<f64> {
    let (percent, counts) = line.strip_prefix("test accuracy ")?.split_once(" % (")?;
    let (right, rest) = counts.split_once('/')?;
    let (all, _) = rest.split_once("), ")?;
    let share = right.parse::<f64>().ok()? / all.parse::<f64>().ok()?;
    // Both say the same, or one of them is wrong.
    (percent == format!("{:.2}", 100.0 * share)).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_read_and_its_two_numbers_must_agree() {
        assert_eq!(
            accuracy("test accuracy 99.12 % (9912/10000), 5 epochs, 61.0 s"),
            Some(0.9912)
        );
        assert_eq!(
            accuracy("test accuracy 99.13 % (9912/10000), 5 epochs, 61.0 s"),
            None
        );
        assert_eq!(accuracy("epoch 1"), None);
    }
}
