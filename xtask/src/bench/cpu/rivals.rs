//! Who is measured beside us, and how each is started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::peer::Peer;
use crate::bench::programs::{NATIVE, Program};

/// Somebody who does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Rival {
    Pytorch,
    Onnxruntime,
    Openvino,
    Candle,
    Burn,
    /// Ourselves, compiled for this very processor
    Native,
    /// Ourselves on one thread: what more of them gain, in turn with each other
    Alone,
}

/// Ourselves, compiled for the processor at hand.
const OURSELVES: Program = Program {
    package: "xtask",
    folder: "",
    target: "target/native",
    flags: NATIVE,
    stripped: false,
};

/// What a rival is to know.
pub struct Terms<'a> {
    pub workspace: &'a Path,
    /// The Python that has those written in it.
    pub python: &'a str,
    pub threads: usize,
    /// Seconds of a round.
    pub patience: f64,
    /// What the time is told by, and what else the scripts understand.
    pub words: Vec<String>,
}

impl Rival {
    /// Starts it, built before if it is a program.
    pub fn start(self, terms: &Terms) -> Peer {
        let build = |program: Program| program.build_aloud(terms.workspace);
        match self {
            Self::Pytorch => terms.script("torch_cpu.py"),
            Self::Onnxruntime => terms.engine("onnxruntime"),
            Self::Openvino => terms.engine("openvino"),
            Self::Candle => terms.tuned("candle", build(Program::peer("peer-candle"))),
            Self::Burn => terms.tuned("burn", build(Program::peer("peer-burn"))),
            Self::Native => terms.answering("native", build(OURSELVES)),
            Self::Alone => terms.alone().ourselves(),
        }
    }
}

/// What those who look for speed give a program that allocates every result anew: memory that the C library keeps
/// instead of giving it back to the system at once.
const KEEPS_MEMORY: &str = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184";

impl Terms<'_> {
    /// The same for one thread.
    fn alone(&self) -> Self {
        Self {
            threads: 1,
            words: self.words.clone(),
            ..*self
        }
    }

    fn arguments(&self) -> Vec<String> {
        let threads = [self.threads.to_string()].into_iter();
        threads.chain(self.words.iter().cloned()).collect()
    }

    fn script(&self, name: &str) -> Peer {
        let more = self.arguments();
        Peer::start(self.workspace, self.python, name, self.patience, &more)
    }

    /// An engine that only looks through networks: one script starts any.
    fn engine(&self, name: &str) -> Peer {
        let mut more = self.arguments();
        more.push(name.to_owned());
        Peer::start(
            self.workspace,
            self.python,
            "engines_cpu.py",
            self.patience,
            &more,
        )
    }

    fn tuned(&self, name: &str, path: Result<PathBuf, String>) -> Peer {
        let mut command = match path {
            Ok(path) => Command::new(path),
            Err(why) => return Peer::Absent(why),
        };
        command.env("RAYON_NUM_THREADS", self.threads.to_string());
        command.env("GLIBC_TUNABLES", KEEPS_MEMORY);
        Peer::program(&mut command, name, self.patience, &self.arguments())
    }

    /// One of our own programs.
    fn answering(&self, name: &str, path: Result<PathBuf, String>) -> Peer {
        let mut command = match path {
            Ok(path) => Command::new(path),
            Err(why) => return Peer::Absent(why),
        };
        command.args(["bench", "answer"]);
        Peer::program(&mut command, name, self.patience, &self.arguments())
    }

    /// Ourselves in a process apart, as this program was built.
    pub fn ourselves(&self) -> Peer {
        let path = env::current_exe().map_err(|why| format!("ourselves: {why}"));
        self.answering("ourselves", path)
    }
}
