//! Others who measure the same: a Python script of `benches/peers` that is asked for one time after another.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A script that answers, or why there is none.
pub enum Peer {
    Running {
        name: String,
        child: Child,
        to: ChildStdin,
        from: BufReader<ChildStdout>,
    },
    Absent(String),
}

/// What a peer says of one run.
pub struct Answer {
    pub seconds: f64,
    /// Which of its ways it went, if it has several.
    pub way: Option<String>,
}

impl Peer {
    /// Starts a script with the seconds of a round and what else it is to know. It says in its first
    /// line what it is, or what it lacks.
    pub fn start(
        workspace: &Path,
        python: &str,
        script: &str,
        patience: f64,
        more: &[String],
    ) -> Self {
        Self::running(workspace, python, script, patience, more)
            .unwrap_or_else(|why| Self::Absent(format!("{script}: {why}")))
    }

    fn running(
        workspace: &Path,
        python: &str,
        script: &str,
        patience: f64,
        more: &[String],
    ) -> Result<Self, String> {
        let mut child = Command::new(python)
            .arg(workspace.join("benches/peers").join(script))
            .arg(patience.to_string())
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|why| format!("{python}: {why}"))?;
        let to = child.stdin.take().ok_or("no way to ask it")?;
        let mut from = BufReader::new(child.stdout.take().ok_or("no way to hear it")?);
        let first = answer(&mut from).ok_or("it ended at once")?;
        let text = |key: &str| first[key].as_str().map(str::to_owned);
        match (text("name"), text("missing")) {
            (Some(name), _) => Ok(Self::Running {
                name,
                child,
                to,
                from,
            }),
            (None, Some(missing)) => Err(missing),
            (None, None) => Err(format!("it said {first}")),
        }
    }

    /// What it is, or why it is not there.
    pub fn describe(&self) -> String {
        match self {
            Self::Running { name, .. } => format!("beside {name}"),
            Self::Absent(why) => format!("not beside {why}"),
        }
    }

    /// Its process.
    pub fn process(&self) -> Option<u32> {
        match self {
            Self::Running { child, .. } => Some(child.id()),
            Self::Absent(_) => None,
        }
    }

    /// How long one run takes it; nothing if it can't.
    pub fn ask(&mut self, request: &Value) -> Option<Answer> {
        let Self::Running { to, from, .. } = self else {
            return None;
        };
        writeln!(to, "{request}").ok()?;
        let answer = answer(from)?;
        Some(Answer {
            seconds: answer["seconds"].as_f64()?,
            way: answer["way"].as_str().map(str::to_owned),
        })
    }
}

fn answer(from: &mut impl BufRead) -> Option<Value> {
    let mut line = String::new();
    from.read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Self::Running { child, to, .. } = self {
            // It ends when told to; if it can't hear, it is gone already.
            let _ = writeln!(to, "{}", json!({ "end": true }));
            let _ = child.wait();
        }
    }
}
