//! `cargo xtask bench gpu`: what a Vulkan device and its driver make of our shaders.
//!
//! | file | measures |
//! |---|---|
//! | `operations` | products, convolutions, element-wise work, reductions, norms |
//! | `transfers` | two operations with their data going there and back, beside ncnn |
//! | `networks` | training steps and inference |
//! | `recording` | what it costs the host to record work |
//!
//! Where a peer is installed it measures the same shapes in turn with us, round by round.

mod networks;
mod operations;
mod recording;
mod scale;
mod transfers;

use std::path::PathBuf;

use hammerhead::gpu::Vulkan;
use hammerhead::tensor::with_device;

use serde_json::json;

use self::scale::Scale;
use super::case::{Beside, Case};
use super::peer::Peer;
use super::report::{self, Report};
use crate::failure::Failure;
use crate::root;

/// Measure a Vulkan device: operations, training steps, and the cost of recording.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Number or part of the name of the device; HAMMERHEAD_DEVICE or the best one without it
    #[arg(long, value_name = "N|NAME")]
    device: Option<String>,
    /// Tiny sizes, once each, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Write the numbers to a file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The Python whose PyTorch and ncnn are measured beside ours, if it has them
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
    /// Only what has this text in its name (`matmul f16`, `conv`, `recording`)
    filter: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench gpu                        everything, on the best device
  cargo xtask bench gpu --device 1 matmul      matrix products on the device with number 1
  cargo xtask bench gpu --json numbers.json    keep the numbers

Sizes fit the device: a driver in software is done in about two minutes. Times are medians of rounds.";

/// Measures and prints as it goes.
pub fn run(args: &Args) -> Result<(), Failure> {
    let gpu = match &args.device {
        Some(which) => Vulkan::named(which),
        None => Vulkan::new(),
    }
    .map_err(Failure::input)?;
    let scale = Scale::of(&gpu, args.quick);
    let workspace = root::workspace()?;
    let rounds = scale.rounds();
    let start = |script| Peer::start(&workspace, &args.python, script, rounds.patience, &[]);
    let (mut torch, mut ncnn) = (start("torch_cuda.py"), start("ncnn_vulkan.py"));
    let wanted = |name: &str| {
        let filter = args.filter.as_deref();
        filter.is_none_or(|text| name.contains(text))
    };
    let info = gpu.info();
    let title = format!(
        "vulkan:{}  {} ({}), {}",
        info.index, info.name, info.kind, info.driver
    );
    let device = json!({ "name": info.name, "kind": info.kind, "driver": info.driver });
    let mut report = Report::open(device, &title, [&torch, &ncnn]);
    let measure = |case: Case, peer: &mut Peer| {
        let finish = || gpu.sync();
        let beside = Beside {
            peers: std::slice::from_mut(peer),
            finish: &finish,
            limit: &|_| None,
        };
        case.measure(rounds, beside)
    };
    with_device(&gpu, || {
        let ours = operations::cases(scale).into_iter();
        let cases = ours.chain(networks::cases(scale));
        for case in cases.filter(|case| wanted(&case.name)) {
            report.add(measure(case, &mut torch));
        }
        let cases = transfers::cases(&gpu, scale).into_iter();
        for case in cases.filter(|case| wanted(&case.name)) {
            report.add(measure(case, &mut ncnn));
        }
        report.facts(recording::facts(&gpu, scale, wanted));
    });
    match &args.json {
        Some(file) => report::save(file, &report.to_json()),
        None => Ok(()),
    }
}
