//! `cargo xtask bench cpu`: how fast the processor trains, looks and computes, beside peers on the same machine.
//!
//! | file | measures |
//! |---|---|
//! | `networks` | training steps and inference |
//! | `operations` | products, functions, sums, norms, convolutions |
//! | `limits` | what the machine does at most |
//!
//! We, the peer and the machine's limit take turns, round by round, so that what else the machine does meets all
//! three alike.

mod limits;
mod networks;
mod operations;

use std::path::{Path, PathBuf};

use hammerhead::tensor::with_threads;
use serde_json::{Value, json};

use self::limits::Limits;
use super::case::{Beside, Rounds};
use super::clock::Clock;
use super::peer::Peer;
use super::report::{self, Report};
use crate::failure::Failure;
use crate::root;
use crate::say::say;

/// Measure the processor: training steps, inference and single operations.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Who is measured beside us, in turn with us
    #[arg(long, value_name = "PEER")]
    vs: Option<Rival>,
    /// Numbers of threads, one after the other
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// Tiny sizes, once each, to see that everything works
    #[arg(long)]
    quick: bool,
    /// On one thread, count the processor's time instead of the clock's: where others run too
    #[arg(long, conflicts_with = "quick")]
    processor_time: bool,
    /// Let the peer compile its networks too, which takes it a minute each
    #[arg(long)]
    compile: bool,
    /// Write the numbers to a file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The Python that has the peer
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
    /// Only what has this text in its name (`matmul`, `training`, `16 M`)
    filter: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench cpu                              everything, alone
  cargo xtask bench cpu --vs pytorch                 beside PyTorch, on 1 and on 2 threads
  cargo xtask bench cpu --vs pytorch --threads 2 conv
  cargo xtask bench cpu --vs pytorch --threads 1 --processor-time     beside builds, say

Times are medians of rounds in which we, the peer and the machine's limit take turns; ~ marks those in which
other programs took more than a seventh of a core. The peer is measured
in whichever of its ways is fastest for the case: memory format, kind of optimiser, compiled or not.";

/// Somebody who does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Rival {
    Pytorch,
}

impl Rival {
    fn script(self) -> &'static str {
        match self {
            Self::Pytorch => "torch_cpu.py",
        }
    }
}

/// Measures and prints as it goes.
pub fn run(args: &Args) -> Result<(), Failure> {
    let workspace = root::workspace()?;
    let rounds = Rounds {
        count: if args.quick { 1 } else { 7 },
        patience: if args.quick { 0.0 } else { 0.1 },
        clock: match args.processor_time {
            true => Clock::of_thread().ok_or_else(|| {
                Failure::check("--processor-time: this system does not tell a thread's time")
            })?,
            false => Clock::Wall,
        },
    };
    if args.processor_time && args.threads != [1] {
        return Err(Failure::input("--processor-time: only with --threads 1"));
    }
    let mut all = Vec::new();
    for &threads in &args.threads {
        if threads == 0 {
            return Err(Failure::input("--threads: a kernel needs at least 1"));
        }
        all.push(with_threads(threads, || {
            on(args, &workspace, threads, rounds)
        }));
        say("");
    }
    match &args.json {
        Some(file) => report::save(file, &Value::from(all)),
        None => Ok(()),
    }
}

/// Measures on so many threads.
fn on(args: &Args, workspace: &Path, threads: usize, rounds: Rounds) -> Value {
    let mut peer = match args.vs {
        Some(rival) => {
            let mut more = vec![threads.to_string(), rounds.clock.name().to_owned()];
            more.extend(args.compile.then(|| "compile".to_owned()));
            Peer::start(
                workspace,
                &args.python,
                rival.script(),
                rounds.patience,
                &more,
            )
        }
        None => Peer::Absent("any peer; --vs names one".to_owned()),
    };
    let limits = Limits::new(threads, args.quick, rounds.clock);
    let device = json!({ "name": "cpu", "threads": threads });
    let mut report = Report::open(device, &format!("cpu, {threads} threads"), [&peer]);
    let cases = networks::cases(args.quick).into_iter();
    for case in cases.chain(operations::cases(args.quick)) {
        let wanted = args.filter.as_deref();
        if wanted.is_none_or(|text| case.name.contains(text)) {
            let beside = Beside {
                peer: &mut peer,
                finish: &|| {},
                limit: &|work| limits.of(work),
            };
            report.add(case.measure(rounds, beside));
        }
    }
    report.to_json()
}
