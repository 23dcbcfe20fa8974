//! The end-to-end tests: this program trains on the real digits as a user would run it, and what it has learnt is
//! asked for digits that somebody draws.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::demo::{Net, drawn};
use crate::step::Outcome;

/// What is trained in a moment: a tenth of the digits, once.
const SHORT: [&str; 7] = [
    "mnist", "--model", "cnn", "--limit", "6000", "--epochs", "1",
];
/// The share of the test digits a working network gets right after that; chance is 0.1.
const FLOOR: f64 = 0.93;

/// What is trained in minutes: the usual run, which judges its accuracy itself.
const USUAL: [&str; 2] = ["mnist", "--verify"];

/// The share of the digits drawn as strokes that either gets right.
const DRAWN: f64 = 0.95;

/// Trains into a temporary folder and judges the last line, the files and the answers.
pub fn check(workspace: &Path) -> Outcome {
    judged(workspace, &SHORT, FLOOR)
}

/// Trains as usual and judges the answers to 200 digits drawn as strokes.
pub fn drawings(workspace: &Path) -> Outcome {
    judged(workspace, &USUAL, 0.0)
}

fn judged(workspace: &Path, arguments: &[&str], floor: f64) -> Outcome {
    match train(workspace, arguments) {
        Ok(Shares { test, .. }) if test < floor => {
            Outcome::Failed(format!("accuracy {test}, at least {floor} expected"))
        }
        Ok(Shares { drawn, .. }) if drawn < DRAWN => Outcome::Failed(format!(
            "{drawn} of the digits drawn as strokes right, at least {DRAWN} expected"
        )),
        Ok(_) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// What a network gets right.
struct Shares {
    test: f64,
    drawn: f64,
}

fn train(workspace: &Path, arguments: &[&str]) -> Result<Shares, String> {
    let program = std::env::current_exe().map_err(|e| format!("this program's file: {e}"))?;
    let out = tempfile::tempdir().map_err(|e| format!("a temporary folder: {e}"))?;
    let output = Command::new(program)
        .args(arguments)
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
    for file in ["model.safetensors", "history.json", "report.html"] {
        if !out.path().join(file).is_file() {
            return Err(format!("left no {file}"));
        }
    }
    let last = text.lines().last().unwrap_or_default();
    let test = accuracy(last).ok_or_else(|| format!("the last line is `{last}`"))?;
    let net = Net::read(&out.path().join("model.safetensors")).map_err(|e| e.to_string())?;
    let (right, all) = drawn::measure(&net);
    Ok(Shares {
        test,
        drawn: right as f64 / all as f64,
    })
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
