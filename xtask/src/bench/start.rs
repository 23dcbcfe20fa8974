//! `cargo xtask bench start`: from a program's start to the end of its first training step, beside peers.

use std::process::{Command, Stdio};
use std::time::Instant;

use super::build::SMALLEST;
use super::case::median;
use crate::failure::Failure;
use crate::root;
use crate::say::say;

/// Measure the time from a process's start to its end, after one training step of a small network.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Numbers of threads, one after the other
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// How often each is started
    #[arg(long, value_name = "N", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The Python that has PyTorch
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
    /// Only PyTorch and the programs that have this text in their name
    filter: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench start                 ours, PyTorch's, candle's and burn's, which are built first
  cargo xtask bench start hammerhead      ours and PyTorch's

The programs are those of `cargo xtask bench build`: 784-30-10, a batch of 64, one step of SGD, the loss printed. Times
are medians of rounds in which all take turns, with their files in memory.";

/// Measures and prints.
pub fn run(args: &Args) -> Result<(), Failure> {
    let workspace = root::workspace()?;
    let wanted = args.filter.as_deref().unwrap_or_default();
    let programs = SMALLEST.iter().filter(|each| each.name.contains(wanted));
    let mut built = Vec::new();
    for each in programs {
        let path = each
            .program
            .build_aloud(&workspace)
            .map_err(Failure::check)?;
        built.push((each.name, path));
    }
    for &threads in &args.threads {
        let mut python = Command::new(&args.python);
        python.arg(workspace.join("benches/peers/torch_mlp.py"));
        python.arg(threads.to_string());
        let ours = built.iter().map(|(name, path)| {
            let mut command = Command::new(path);
            command.env("RAYON_NUM_THREADS", threads.to_string());
            Runner::new(name, command)
        });
        let mut runners: Vec<Runner> = [Runner::new("PyTorch", python)]
            .into_iter()
            .chain(ours)
            .collect();
        // Before the first round their files are read into memory.
        for _ in 0..=args.rounds {
            runners.iter_mut().for_each(Runner::run);
        }
        say(format_args!(
            "{threads} threads: from start to end, with one training step"
        ));
        print(&runners);
    }
    Ok(())
}

/// Somebody who is started again and again.
struct Runner {
    name: &'static str,
    command: Command,
    /// How long it ran each time, or why it did not.
    times: Result<Vec<f64>, String>,
}

impl Runner {
    fn new(name: &'static str, mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Self {
            name,
            command,
            times: Ok(Vec::new()),
        }
    }

    fn run(&mut self) {
        let Ok(times) = &mut self.times else {
            return;
        };
        let start = Instant::now();
        let output = self.command.output();
        times.push(start.elapsed().as_secs_f64());
        match output {
            Ok(output) if output.status.success() => {}
            Ok(output) => self.times = Err(format!("it ended with {}", output.status)),
            Err(why) => self.times = Err(format!("it cannot be started: {why}")),
        }
    }

    fn middle(&self) -> Option<f64> {
        median(&mut self.times.as_ref().ok()?.get(1..)?.to_vec())
    }
}

/// A line each, and ours and the others' as parts of PyTorch's.
fn print(runners: &[Runner]) {
    let reference = runners.first().and_then(Runner::middle);
    for runner in runners {
        let name = runner.name;
        let line = match (runner.middle(), &runner.times, reference) {
            (_, Err(why), _) => format!("  {name:<12} {why}"),
            (Some(taken), _, Some(theirs)) if taken != theirs => {
                let times = theirs / taken;
                format!("  {name:<12} {:>9.1} ms   1/{times:.0}", 1e3 * taken)
            }
            (Some(taken), ..) => format!("  {name:<12} {:>9.1} ms", 1e3 * taken),
            (None, ..) => format!("  {name:<12} never"),
        };
        say(line);
    }
}
