//! `cargo xtask bench digits`: how long it takes from the start of a process to a network that reads digits.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use hammerhead::tensor::num_threads;

use super::case::median;
use super::cpu::DIGITS_CNN;
use super::peer::Peer;
use crate::failure::Failure;
use crate::mnist::network::Network as Recipe;
use crate::mnist::train::TRAINED;
use crate::root;
use crate::say::say;

/// Digits that the network should get right of 10,000.
const WANTED: u64 = 9_900;
/// Pictures of an epoch.
const PICTURES: f64 = 60_000.0;

/// Measure whole runs of `mnist --model small`, each in a process of its own.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Runs, with the seeds 1, 2 and so on
    #[arg(long, value_name = "N", default_value_t = 10)]
    seeds: u64,
    /// The Python whose PyTorch is asked what an epoch of the larger convolutional network takes it
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench digits
  cargo xtask bench digits --seeds 3 --python ~/torch/bin/python

The clock runs from the start of the process to the end of training. The test digits are looked at once, after it.";

/// Measures and prints as it goes.
pub fn run(args: &Args) -> Result<(), Failure> {
    let workspace = root::workspace()?;
    let more = [num_threads().to_string(), "wall".to_owned()];
    let mut peer = Peer::start(&workspace, &args.python, "torch_cpu.py", 1.0, &more);
    say(peer.describe());
    say(format_args!(
        "\n{:>6} {:>10} {:>8} {:>24}",
        "seed", "trained in", "right", "an epoch of the peer's"
    ));
    let (mut ours, mut theirs, mut reached) = (Vec::new(), Vec::new(), 0);
    for seed in 1..=args.seeds {
        let run = trained(&workspace, seed)?;
        ours.push(run.seconds);
        reached += u64::from(run.right >= WANTED);
        let epoch = peer.ask(&DIGITS_CNN.request(true)).and_then(Result::ok);
        let epoch = epoch.map(|step| step.seconds * PICTURES / DIGITS_CNN.shape[0] as f64);
        theirs.extend(epoch);
        let epoch = epoch.map(|seconds| format!("{seconds:.1} s"));
        say(format_args!(
            "{seed:>6} {:>8.2} s {:>8} {:>24}",
            run.seconds,
            run.right,
            epoch.unwrap_or_default()
        ));
    }
    let Some(seconds) = median(&mut ours) else {
        return Err(Failure::input("--seeds: at least 1"));
    };
    say(format_args!(
        "\n{reached} of {} seeds reached {:.1} %; median {seconds:.2} s",
        args.seeds,
        WANTED as f64 / 100.0
    ));
    if let Some(epoch) = median(&mut theirs) {
        say(format_args!(
            "{:.2} of what an epoch of 1-32-64 convolutions and 9216-128-10 takes the peer ({epoch:.1} s)",
            seconds / epoch
        ));
    }
    Ok(())
}

/// What came of a process.
struct Run {
    seconds: f64,
    right: u64,
}

/// Starts a process that trains, and listens.
fn trained(workspace: &Path, seed: u64) -> Result<Run, Failure> {
    let failed =
        |why: &dyn std::fmt::Display| Failure::check(format!("mnist --seed {seed}: {why}"));
    let program = std::env::current_exe().map_err(|e| failed(&e))?;
    let out = tempfile::tempdir().map_err(|e| failed(&e))?;
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(["mnist", "--model", Recipe::Small.name()])
        .args(["--seed", &seed.to_string(), "--out"])
        .arg(out.path())
        .current_dir(workspace)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| failed(&e))?;
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let (mut seconds, mut last) = (None, String::new());
    for line in lines.map_while(Result::ok) {
        if line.starts_with(TRAINED) {
            seconds = Some(start.elapsed().as_secs_f64());
        }
        last = line;
    }
    let status = child.wait().map_err(|e| failed(&e))?;
    let right = last
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once('/')?.0.parse().ok());
    match (seconds, right) {
        (Some(seconds), Some(right)) if status.success() => Ok(Run { seconds, right }),
        _ => Err(failed(&format_args!("it ended with {status}: {last}"))),
    }
}
