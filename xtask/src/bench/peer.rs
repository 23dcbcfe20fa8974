//! Others who measure the same: a program of `benches/peers` that is asked for one time after another.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A program that answers, or why there is none.
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
#[derive(Clone, Debug)]
pub struct Answer {
    pub seconds: f64,
    /// Which of its ways it went, if it has several.
    pub way: Option<String>,
}

impl Peer {
    /// Starts a script with the seconds of a round and what else it is to know.
    pub fn start(
        workspace: &Path,
        python: &str,
        script: &str,
        patience: f64,
        more: &[String],
    ) -> Self {
        let mut command = Command::new(python);
        command.arg(workspace.join("benches/peers").join(script));
        Self::program(&mut command, script, patience, more)
    }

    /// Starts a program likewise. It says in its first line what it is, or what it lacks.
    pub fn program(command: &mut Command, name: &str, patience: f64, more: &[String]) -> Self {
        Self::running(command.arg(patience.to_string()).args(more))
            .unwrap_or_else(|why| Self::Absent(format!("{name}: {why}")))
    }

    fn running(command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|why| format!("{}: {why}", command.get_program().display()))?;
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

    /// The first word of its name: `PyTorch`, `candle`.
    pub fn short(&self) -> &str {
        match self {
            Self::Running { name, .. } => name.split(' ').next().unwrap_or(name),
            Self::Absent(_) => "nobody",
        }
    }

    /// Its process.
    pub fn process(&self) -> Option<u32> {
        match self {
            Self::Running { child, .. } => Some(child.id()),
            Self::Absent(_) => None,
        }
    }

    /// How long one run takes it, or why it can't do it; nothing of one that is not there.
    pub fn ask(&mut self, request: &Value) -> Option<Result<Answer, String>> {
        let Self::Running { to, from, .. } = self else {
            return None;
        };
        writeln!(to, "{request}").ok()?;
        let answer = answer(from)?;
        let text = |key: &str| answer[key].as_str().map(str::to_owned);
        Some(match answer["seconds"].as_f64() {
            Some(seconds) => Ok(Answer {
                seconds,
                way: text("way").filter(|way| !way.is_empty()),
            }),
            None => Err(text("missing").unwrap_or_else(|| "it does not say why".to_owned())),
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
