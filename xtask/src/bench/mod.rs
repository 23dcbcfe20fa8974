//! `cargo xtask bench`: the criterion benches, measured or run once each, and runs beside peers: [`cpu`] and [`gpu`]
//! for speed, [`digits`] for the way from nothing to a network that reads, [`memory`], [`mod@start`] and [`build`] for
//! what else a program costs; [`growth`] sees what size does to ours.
//!
//! `case` is something to measure, `network` one of the larger ones, `peer` whoever measures the same, `programs`
//! what is built for that, `answer` ourselves as a peer, `report` what comes of it, `disturbance` what others do
//! meanwhile.

mod answer;
mod build;
mod case;
mod clock;
mod cpu;
mod digits;
mod disturbance;
mod gpu;
mod growth;
mod memory;
mod network;
mod peer;
mod programs;
mod report;
mod start;

use std::process::Command;

use crate::failure::Failure;
use crate::root;
use crate::step::cargo;

/// Run the criterion benches in `benches/`, or measure a CPU or a GPU beside peers.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    of: Option<Of>,
    /// Run each bench once without measuring, to see that all of them work
    #[arg(long)]
    quick: bool,
    /// Only benches whose name contains this text (`group/function/size`)
    filter: Option<String>,
}

#[derive(clap::Subcommand)]
enum Of {
    Cpu(cpu::Args),
    Gpu(gpu::Args),
    Digits(digits::Args),
    Memory(memory::Args),
    Start(start::Args),
    Build(build::Args),
    Growth(growth::Args),
    #[command(hide = true)]
    Answer(answer::Args),
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                    measure everything (minutes)
  cargo xtask bench conv               only names that contain `conv`
  cargo xtask bench --quick            each bench once
  cargo xtask bench cpu                measure the processor, beside PyTorch
  cargo xtask bench gpu                measure a Vulkan device
  cargo xtask bench digits             from the start of a process to 99 % of the digits
  cargo xtask bench memory             what training holds in memory at most
  cargo xtask bench start              from a program's start to its first training step
  cargo xtask bench build              from nothing to a program, and its size
  cargo xtask bench growth             what an operation costs, from small to large

Reports are kept in target/criterion; a second run prints the change against the first.";

/// Runs the benches and passes their output through.
pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.of {
        Some(Of::Cpu(args)) => return cpu::run(args),
        Some(Of::Gpu(args)) => return gpu::run(args),
        Some(Of::Digits(args)) => return digits::run(args),
        Some(Of::Memory(args)) => return memory::run(args),
        Some(Of::Start(args)) => return start::run(args),
        Some(Of::Build(args)) => return build::run(args),
        Some(Of::Growth(args)) => return growth::run(args),
        Some(Of::Answer(args)) => return answer::run(args),
        None => {}
    }
    let status = command(args)
        .current_dir(root::workspace()?)
        .status()
        .map_err(|e| Failure::check(format!("cargo cannot be started: {e}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::check(format!("cargo bench ended with {status}")))
    }
}

fn command(args: &Args) -> Command {
    let mut command = cargo();
    command.args([
        "bench",
        "--package",
        "hammerhead-benches",
        "--benches",
        "--",
    ]);
    if args.quick {
        command.arg("--test");
    }
    command.args(&args.filter);
    command
}
