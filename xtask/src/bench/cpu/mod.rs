//! `cargo xtask bench cpu`: how fast the processor trains, looks and computes, beside peers on the same machine.
//!
//! | file | measures |
//! |---|---|
//! | `networks` | training steps and inference |
//! | `operations` | products, functions, sums, norms, convolutions |
//! | `limits` | what the machine does at most |
//! | `rivals` | those beside us: how each is started |
//! | `scaling` | what more threads give |
//!
//! We, the peers and the machine's limit take turns, round by round, so that what else the machine does meets all
//! alike.

mod limits;
mod networks;
mod operations;
mod rivals;
mod scaling;

use std::path::{Path, PathBuf};

use hammerhead::tensor::with_threads;
use serde_json::{Value, json};

use self::limits::Limits;
pub use self::networks::DIGITS_CNN;
pub use self::rivals::{Rival, Terms};
use super::case::{Beside, Case, Rounds};
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
    #[arg(long, value_name = "PEER,PEER", value_delimiter = ',')]
    vs: Vec<Rival>,
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
    /// The Python that has PyTorch and the engines
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
    /// Only what has one of these texts in its name (`matmul`, `training`, `16 M`)
    filters: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench cpu                              everything, alone
  cargo xtask bench cpu --vs pytorch                 beside PyTorch, on 1 and on 2 threads
  cargo xtask bench cpu --vs pytorch --threads 2 conv softmax
  cargo xtask bench cpu --vs onnxruntime,openvino inference
  cargo xtask bench cpu --vs alone --threads 2 training               what the second thread gains
  cargo xtask bench cpu --vs pytorch,candle,burn     the two in Rust are built first, some minutes
  cargo xtask bench cpu --vs pytorch --threads 1 --processor-time     beside builds, say

Times are medians of rounds in which we, the peers and the machine's limit take turns; ~ marks those in which
other programs took more than a seventh of a core. A peer is measured
in whichever of its ways is fastest for the case: memory format, kind of optimiser, compiled or not.
candle and burn are built for this very processor, with their matrix product's kernels for AVX-512, and keep
the memory that they free.";

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
        let report = with_threads(threads, || on(args, &workspace, threads, rounds));
        all.push((threads, report));
        say("");
    }
    for pair in all.windows(2) {
        let [(few, first), (many, second)] = pair else {
            unreachable!("windows are of two");
        };
        scaling::print((*few, first), (*many, second));
    }
    match &args.json {
        Some(file) => report::save(
            file,
            &Value::from_iter(all.iter().map(|(_, report)| report.to_json())),
        ),
        None => Ok(()),
    }
}

/// All there is to measure; `quick` is tiny.
pub fn cases(quick: bool) -> impl Iterator<Item = Case> {
    let networks = networks::cases(quick).into_iter();
    networks.chain(operations::cases(quick))
}

/// Measures on so many threads.
fn on(args: &Args, workspace: &Path, threads: usize, rounds: Rounds) -> Report {
    let mut words = vec![rounds.clock.name().to_owned()];
    words.extend(args.compile.then(|| "compile".to_owned()));
    let terms = Terms {
        workspace,
        python: &args.python,
        threads,
        patience: rounds.patience,
        words,
    };
    let mut peers: Vec<Peer> = args.vs.iter().map(|rival| rival.start(&terms)).collect();
    let limits = Limits::new(threads, args.quick, rounds.clock);
    let device = json!({ "name": "cpu", "threads": threads });
    let mut report = Report::open(device, &format!("cpu, {threads} threads"), &peers);
    for case in cases(args.quick) {
        let named = |text: &String| case.name.contains(text);
        if args.filters.is_empty() || args.filters.iter().any(named) {
            let beside = Beside {
                peers: &mut peers,
                finish: &|| {},
                limit: &|work| limits.of(work),
            };
            report.add(case.measure(rounds, beside));
        }
    }
    report
}
