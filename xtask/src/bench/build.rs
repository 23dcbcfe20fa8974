//! `cargo xtask bench build`: from nothing to a program that trains a small network: time, crates and size.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

use super::programs::Program;
use crate::failure::Failure;
use crate::root;
use crate::say::say;
use crate::step::cargo;

/// Build a small program with each library from nothing, and measure how long that takes and what comes of it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only those that have this text in their name (`hammerhead`, `candle`, `burn`)
    filter: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench build                 ours, candle's and burn's, some minutes each
  cargo xtask bench build hammerhead      ours

The programs train 784-30-10 for one step; they are built as a release without names, on all cores, by the libraries'
default features. Counted are the crates that have to be compiled, ours or theirs and below.";

/// A program of the smallest kind.
pub struct Smallest {
    pub name: &'static str,
    pub program: Program,
}

/// What is built and started.
pub const SMALLEST: [Smallest; 3] = [
    smallest(
        "hammerhead",
        "mlp-hammerhead",
        "",
        "target/built/hammerhead",
    ),
    smallest(
        "candle",
        "mlp-candle",
        "benches/peers",
        "target/built/candle",
    ),
    smallest("burn", "mlp-burn", "benches/peers", "target/built/burn"),
];

const fn smallest(
    name: &'static str,
    package: &'static str,
    folder: &'static str,
    target: &'static str,
) -> Smallest {
    let program = Program {
        package,
        folder,
        target,
        flags: "",
        stripped: true,
    };
    Smallest { name, program }
}

/// Builds and prints.
pub fn run(args: &Args) -> Result<(), Failure> {
    let workspace = root::workspace()?;
    say(format_args!(
        "{:<12} {:>10} {:>8} {:>10}",
        "", "build", "crates", "program"
    ));
    let wanted = args.filter.as_deref().unwrap_or_default();
    for each in SMALLEST.iter().filter(|each| each.name.contains(wanted)) {
        // What was downloaded is not part of it.
        let crates = crates(&each.program, &workspace).map_err(Failure::check)?;
        remove(&each.program.target(&workspace)).map_err(Failure::check)?;
        let start = Instant::now();
        let path = each.program.build(&workspace).map_err(Failure::check)?;
        let taken = start.elapsed().as_secs_f64();
        let size = fs::metadata(&path)
            .map_err(|why| Failure::check(format!("{}: {why}", path.display())))?
            .len();
        say(format_args!(
            "{:<12} {taken:>8.1} s {crates:>8} {:>7.1} MB",
            each.name,
            size as f64 / 1e6
        ));
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(why) if why.kind() != ErrorKind::NotFound => {
            Err(format!("{}: {why}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Crates below the program, with those that only the build needs.
fn crates(program: &Program, workspace: &Path) -> Result<usize, String> {
    let output = cargo()
        .args(["tree", "--package", program.package])
        .args(["--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}"])
        .current_dir(workspace.join(program.folder))
        .output()
        .map_err(|why| format!("cargo tree cannot be started: {why}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(count(&String::from_utf8_lossy(&output.stdout)))
}

/// Names and versions in a tree's lines, without the first, which is the program.
fn count(tree: &str) -> usize {
    let crates = tree.lines().skip(1).filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    crates.collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_whatever_cargo_says_beside_its_name() {
        let tree = "mlp v0.0.0 (/x)\na v1.0.0\nb v2.0.0 (proc-macro)\na v1.0.0 (*)\n\na v1.1.0\n";
        assert_eq!(count(tree), 3);
    }
}
