//! `cargo xtask bench memory`: the most memory that a process holds which trains a network, from its start on.

use std::fmt;
use std::fs;

use serde_json::Value;

use super::cpu::{self, Rival, Terms};
use super::peer::Peer;
use crate::failure::Failure;
use crate::root;
use crate::say::say;

/// Measure the peak of a whole process's resident memory while it trains resnet18, beside peers.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Who is measured beside us
    #[arg(long, value_name = "PEER,PEER", value_delimiter = ',')]
    vs: Vec<Rival>,
    /// Numbers of threads, one after the other
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// The Python that has PyTorch
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
    /// What is done: the first whose name has this text, of all that `bench cpu` measures
    #[arg(default_value = "training resnet18 16x3x224x224")]
    case: String,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench memory                           ours, on 1 and on 2 threads
  cargo xtask bench memory --vs pytorch,burn         beside PyTorch and burn

Counted is what the system says that a process held in memory at most, its program and libraries included, after some
runs. Whoever has several memory formats is measured in the one that holds least.";

/// Measures and prints as it goes.
pub fn run(args: &Args) -> Result<(), Failure> {
    let workspace = root::workspace()?;
    let case = cpu::cases(false).find(|case| case.name.contains(&args.case));
    let case = case.ok_or_else(|| Failure::input(format!("nothing is named {}", args.case)))?;
    for &threads in &args.threads {
        let terms = Terms {
            workspace: &workspace,
            python: &args.python,
            threads,
            patience: 0.0,
            words: vec!["wall".to_owned()],
        };
        say(format_args!(
            "{}, {threads} threads: peak resident memory",
            case.name
        ));
        let ours = least(&|| terms.ourselves(), case.request());
        say(&ours);
        for rival in &args.vs {
            let theirs = least(&|| rival.start(&terms), case.request());
            match (ours.mib, theirs.mib) {
                (Some(ours), Some(mib)) => {
                    say(format_args!("{theirs}, ours is {:.2} of it", ours / mib));
                }
                _ => say(&theirs),
            }
        }
    }
    Ok(())
}

/// Ways that hold different amounts.
const WAYS: [&str; 2] = ["contiguous, fused", "channels last, fused"];

/// What somebody held at most.
struct Peak {
    who: String,
    mib: Option<f64>,
    /// The way, or why there is no peak.
    remark: String,
}

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mib {
            Some(mib) => write!(f, "{:<36} {mib:>6.0} MiB {}", self.who, self.remark),
            None => write!(f, "{}: {}", self.who, self.remark),
        }
    }
}

/// The least of the ways' peaks, each in a process of its own.
fn least(start: &dyn Fn() -> Peer, request: &Value) -> Peak {
    let first = peak(start(), request, WAYS[0]);
    // Who has no ways says none.
    if first.remark != WAYS[0] {
        return first;
    }
    let second = peak(start(), request, WAYS[1]);
    match (first.mib, second.mib) {
        (Some(held), Some(other)) if other < held => second,
        _ => first,
    }
}

fn peak(mut peer: Peer, request: &Value, way: &str) -> Peak {
    let mut request = request.clone();
    request["way"] = way.into();
    let answer = peer.ask(&request);
    let held = peer.process().map(peak_of);
    let (mib, remark) = match (answer, held) {
        (Some(Ok(answer)), Some(Ok(mib))) => (Some(mib), answer.way.unwrap_or_default()),
        (Some(Err(why)), _) | (_, Some(Err(why))) => (None, why),
        _ => (None, "it is not there or ended".to_owned()),
    };
    Peak {
        who: peer.describe(),
        mib,
        remark,
    }
}

/// MiB that a process held at most.
fn peak_of(process: u32) -> Result<f64, String> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))
        .map_err(|why| format!("this system does not say what a process holds: {why}"))?;
    let kib = high_water(&status).ok_or("this system does not say what a process held at most")?;
    Ok(kib / 1024.0)
}

fn high_water(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_what_the_system_says() {
        let status = "Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 7 kB\n";
        assert_eq!(high_water(status), Some(2048.0));
        assert_eq!(high_water("Name:\tx\n"), None);
    }
}
