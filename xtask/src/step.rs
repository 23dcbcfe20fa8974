//! One step of a longer command: run a program, stream what it prints, remember what matters.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran and everything held.
    Passed,
    /// It ran and something did not hold.
    Failed(String),
    /// It could not run here, and why.
    Skipped(String),
}

/// A finished step.
#[derive(Debug)]
pub struct Step {
    /// The name in the closing table.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Wall time.
    pub time: Duration,
    /// Lines of its output that summarise tests, with colours removed.
    pub summaries: Vec<String>,
}

impl Step {
    /// Runs `work` between a heading and a line with its time.
    pub fn run(name: &'static str, work: impl FnOnce(&mut Vec<String>) -> Outcome) -> Self {
        println!("== {name}");
        let start = Instant::now();
        let mut summaries = Vec::new();
        let outcome = work(&mut summaries);
        let step = Self {
            name,
            outcome,
            time: start.elapsed(),
            summaries,
        };
        println!("== {step}\n");
        step
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.time.as_secs_f64();
        match &self.outcome {
            Outcome::Passed => write!(f, "{:<10} ok      {seconds:>7.1} s", self.name),
            Outcome::Failed(why) => write!(f, "{:<10} FAILED  {seconds:>7.1} s  {why}", self.name),
            Outcome::Skipped(why) => write!(f, "{:<10} not run             {why}", self.name),
        }
    }
}

/// The cargo that runs this program, so that the same toolchain does all the work.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Whether a cargo subcommand such as `fmt` or `nextest` is installed.
pub fn has_subcommand(name: &str) -> bool {
    cargo()
        .args([name, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs `command`, passes both its streams through line by line, and keeps the test summaries.
pub fn stream(command: &mut Command, summaries: &mut Vec<String>) -> Outcome {
    watch(command, summaries, |_| false)
}

/// As [`stream`], and fails if it prints a line that is `wrong`.
pub fn watch(
    command: &mut Command,
    summaries: &mut Vec<String>,
    wrong: fn(&str) -> bool,
) -> Outcome {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(e) => return Outcome::Failed(format!("cannot be started: {e}")),
    };
    let kept = Mutex::new(Kept::default());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| pass_on(stdout, std::io::stdout(), &kept, wrong));
        scope.spawn(|| pass_on(stderr, std::io::stderr(), &kept, wrong));
    });
    let kept = kept.into_inner().expect("no reader panicked");
    summaries.extend(kept.summaries);
    match child.wait() {
        Ok(status) if status.success() => match kept.wrong.first() {
            None => Outcome::Passed,
            Some(line) => {
                Outcome::Failed(format!("{} messages, the first: {line}", kept.wrong.len()))
            }
        },
        Ok(status) => Outcome::Failed(status.to_string()),
        Err(e) => Outcome::Failed(e.to_string()),
    }
}

/// Lines worth keeping, with colours removed.
#[derive(Default)]
struct Kept {
    summaries: Vec<String>,
    wrong: Vec<String>,
}

fn pass_on(
    source: Option<impl Read>,
    mut target: impl Write,
    kept: &Mutex<Kept>,
    wrong: fn(&str) -> bool,
) {
    let Some(source) = source else { return };
    for line in BufReader::new(source).split(b'\n').map_while(Result::ok) {
        let text = String::from_utf8_lossy(&line);
        // A closed pipe downstream must not stop the tests, so a failed write is dropped.
        let _ = writeln!(target, "{text}");
        let plain = without_colours(&text);
        let mut kept = kept.lock().expect("no reader panicked");
        if plain.starts_with("test result: ") || plain.starts_with("Summary [") {
            kept.summaries.push(plain);
        } else if wrong(&plain) {
            kept.wrong.push(plain);
        }
    }
}

fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_removed() {
        assert_eq!(
            without_colours("  \u{1b}[32;1mSummary\u{1b}[0m [ 0.1s] "),
            "Summary [ 0.1s]"
        );
    }

    #[test]
    fn summaries_are_kept_from_both_streams_and_the_exit_code_decides() {
        let mut summaries = Vec::new();
        let script = "echo 'test result: ok. 1 passed; 0 failed'; echo noise; \
                      echo '     Summary [ 1s] 2 tests run: 2 passed' >&2; exit 3";
        let outcome = stream(Command::new("sh").args(["-c", script]), &mut summaries);
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        summaries.sort();
        assert_eq!(
            summaries,
            [
                "Summary [ 1s] 2 tests run: 2 passed",
                "test result: ok. 1 passed; 0 failed"
            ]
        );
    }
    #[test]
    fn a_line_that_is_wrong_fails_what_succeeded() {
        let run = |script| {
            let wrong = |line: &str| line.starts_with("Validation Error");
            watch(
                Command::new("sh").args(["-c", script]),
                &mut Vec::new(),
                wrong,
            )
        };
        assert_eq!(run("echo all is well"), Outcome::Passed);
        let Outcome::Failed(why) = run("echo 'Validation Error: [ a race ]' >&2; echo fine") else {
            panic!("it passed");
        };
        assert!(
            why.contains("1 messages") && why.contains("a race"),
            "{why}"
        );
    }
}
