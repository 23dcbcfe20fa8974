//! `cargo xtask test`: everything that proves the workspace right, in one command.

mod driver;
mod golden;
mod learning;
mod pages;
mod tally;

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use clap::{Subcommand, ValueEnum};

use crate::failure::Failure;
use crate::step::{Outcome, Step, cargo, has_subcommand, stream};
use crate::{browser, root, shaders, tidy};
use tally::Tally;

/// Check formatting, lints, documentation and rules, then run every test.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    part: Option<Part>,
    /// Run these checks only, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CHECK")]
    only: Vec<Check>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test                             everything
  cargo xtask test --only fmt,clippy           two of the checks
  cargo xtask test golden                      the golden values, N of M cases per file
  cargo xtask test golden --fixtures DIR       another folder of the same format

A failing check does not stop the later ones: one run names everything that is wrong. The output ends
with what could not run and why, the test runner's own summary, and the sum over all tests and checks.";

#[derive(Subcommand)]
enum Part {
    Golden(golden::Args),
}

/// All but `https`, whose dependencies need a C compiler. This program's own manifest asks for the same, so
/// that neither it nor any crate below it is built a second time for the tests.
const FEATURES: &str = "hammerhead/gpu,hammerhead/image,hammerhead/download,hammerhead/plot";

/// The package whose tests need a driver.
const GPU: &str = "hammerhead-gpu";

/// The checks, in the order they run: the quick ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Check {
    /// rustfmt
    Fmt,
    /// The project's own rules
    Tidy,
    /// The GPU's committed programs against their sources
    Shaders,
    /// clippy with warnings denied
    Clippy,
    /// The crates with optional parts, without them
    Bare,
    /// rustdoc with warnings denied
    Rustdoc,
    /// Unit, property, golden and lesson tests
    Tests,
    /// The tests of Vulkan, on whatever driver there is
    Gpu,
    /// The examples in the documentation
    Doctests,
    /// A short real training run on the digits, from the command line to the files it leaves
    Learning,
    /// The pages, in a real browser
    Pages,
}

/// Runs one part, or every check and the closing summary.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Some(Part::Golden(args)) = &args.part {
        return golden::run(args);
    }
    let workspace = root::workspace()?;
    let steps: Vec<Step> = Check::value_variants()
        .iter()
        .filter(|check| args.only.is_empty() || args.only.contains(check))
        .map(|check| check.run(&workspace))
        .collect();
    close(&steps)
}

impl Check {
    fn run(self, workspace: &Path) -> Step {
        match self {
            Self::Fmt => Step::run("fmt", |found| {
                if !has_subcommand("fmt") {
                    return Outcome::Skipped("rustfmt is not installed".into());
                }
                stream(cargo_in(workspace).args(["fmt", "--all", "--check"]), found)
            }),
            Self::Tidy => Step::run("tidy", |_| match tidy::check(workspace) {
                Ok(()) => Outcome::Passed,
                Err(why) => Outcome::Failed(why.to_string()),
            }),
            Self::Shaders => Step::run("shaders", |_| match shaders::check(workspace) {
                Ok(problems) if problems.is_empty() => Outcome::Passed,
                Ok(problems) => Outcome::Failed(problems.join("; ")),
                Err(why) => Outcome::Failed(why.to_string()),
            }),
            Self::Clippy => Step::run("clippy", |found| {
                if !has_subcommand("clippy") {
                    return Outcome::Skipped("clippy is not installed".into());
                }
                let scope = ["clippy", "--release", "--workspace", "--all-targets"];
                let rules = ["--features", FEATURES, "--", "-D", "warnings"];
                stream(cargo_in(workspace).args(scope).args(rules), found)
            }),
            Self::Bare => Step::run("bare", |found| {
                let scope = ["check", "--release", "--no-default-features"];
                let bare = ["-p", "hammerhead-tensor", "-p", "hammerhead-plot"];
                stream(cargo_in(workspace).args(scope).args(bare), found)
            }),
            Self::Rustdoc => Step::run("rustdoc", |found| {
                let scope = [
                    "doc",
                    "--release",
                    "--workspace",
                    "--no-deps",
                    "--features",
                    FEATURES,
                ];
                stream(
                    cargo_in(workspace)
                        .args(scope)
                        .env("RUSTDOCFLAGS", "-D warnings"),
                    found,
                )
            }),
            Self::Tests => Step::run("tests", |found| {
                let others = ["--workspace", "--exclude", GPU, "--features", FEATURES];
                run_tests(workspace, "not package(hammerhead-gpu)", &others, found)
            }),
            Self::Gpu => Step::run("gpu", |found| match driver::ready() {
                Ok(()) => run_tests(workspace, "package(hammerhead-gpu)", &["-p", GPU], found),
                Err(why) if std::env::var_os("CI").is_some() => Outcome::Failed(why),
                Err(why) => Outcome::Skipped(why),
            }),
            Self::Doctests => Step::run("doctests", |found| {
                let scope = [
                    "test",
                    "--release",
                    "--workspace",
                    "--no-fail-fast",
                    "--doc",
                    "--features",
                    FEATURES,
                ];
                stream(cargo_in(workspace).args(scope), found)
            }),
            Self::Learning => Step::run("learning", |_| learning::check(workspace)),
            Self::Pages => Step::run("pages", |_| match browser::ready() {
                Ok(()) => pages::check(),
                Err(why) if std::env::var_os("CI").is_some() => Outcome::Failed(why),
                Err(why) => Outcome::Skipped(why),
            }),
        }
    }
}

/// Runs tests with nextest and a filter, or without it on a choice of packages.
fn run_tests(
    workspace: &Path,
    filter: &str,
    packages: &[&str],
    found: &mut Vec<String>,
) -> Outcome {
    let mut command = cargo_in(workspace);
    if has_subcommand("nextest") {
        command
            .args(["nextest", "run", "--release", "--workspace"])
            .args(["--no-fail-fast", "--features", FEATURES, "-E", filter]);
    } else {
        println!("cargo-nextest is not installed: cargo test runs them instead");
        command
            .args(["test", "--release", "--no-fail-fast"])
            .args(["--lib", "--bins", "--tests"])
            .args(packages);
    }
    stream(&mut command, found)
}

fn cargo_in(workspace: &Path) -> Command {
    let mut command = cargo();
    command.current_dir(workspace);
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

/// Prints the table, what did not run, the runners' summaries and the sum, in this order.
fn close(steps: &[Step]) -> Result<(), Failure> {
    println!("== summary");
    for step in steps {
        println!("{step}");
    }
    for step in steps {
        if let Outcome::Skipped(why) = &step.outcome {
            println!("could not run {}: {why}", step.name);
        }
    }
    let mut tally = Tally::default();
    for step in steps {
        let tests: Tally = step.summaries.iter().map(|line| Tally::parse(line)).sum();
        for line in step
            .summaries
            .iter()
            .filter(|line| !Tally::parse(line).is_empty())
        {
            println!("{}: {line}", step.name);
        }
        tally += if tests.is_empty() {
            Tally::of_check(&step.outcome)
        } else {
            tests
        };
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if steps
        .iter()
        .any(|step| matches!(step.outcome, Outcome::Failed(_)))
    {
        return Err(Failure::Reported);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::FEATURES;

    #[test]
    fn this_program_is_built_with_the_features_of_the_tests() {
        let manifest: toml::Table = include_str!("../Cargo.toml").parse().unwrap();
        let facade = &manifest["dependencies"]["hammerhead"]["features"];
        let asked: Vec<String> = facade
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| format!("hammerhead/{}", feature.as_str().unwrap()))
            .collect();
        assert_eq!(asked.join(","), FEATURES);
    }
}
