//! `cargo xtask test`: everything that proves the workspace right, in one command.

mod golden;
mod learning;
mod matrix;
mod pages;
mod tally;

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use clap::{Subcommand, ValueEnum};

use crate::drivers::{Environment, installed};
use crate::failure::Failure;
use crate::notebooks::{self, Trouble};
use crate::step::{Outcome, Step, cargo, has_subcommand, stream, watch};
use crate::{browser, lesson, root, shaders, tidy};
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
  cargo xtask test                             everything on this machine's driver
  cargo xtask test all                         and every page, and on every driver, with every size of subgroups,
                                               validated
  cargo xtask test --only fmt,clippy           two of the checks
  cargo xtask test golden                      the golden values, N of M cases per file
  cargo xtask test golden --fixtures DIR       another folder of the same format

A failing check does not stop the later ones: one run names everything that is wrong. The output ends
with what could not run and why, the test runner's own summary, and the sum over all tests and checks.";

#[derive(Subcommand)]
enum Part {
    /// Every check, those of other drivers included; over half an hour
    All,
    Golden(golden::Args),
}

/// All but `https`, whose dependencies need a C compiler. This program's own manifest asks for the same, so
/// that neither it nor any crate below it is built a second time for the tests.
pub const FEATURES: &str =
    "hammerhead/gpu,hammerhead/image,hammerhead/download,hammerhead/plot,hammerhead/linalg";

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
    /// One page in a real browser
    Browser,
    /// The usual training run, and its answers to 200 digits drawn as strokes
    Drawings,
    /// The lesson with its long trainings: every row, every output
    Lesson,
    /// The pages, in a real browser
    Pages,
    /// The lesson's notebooks, executed by their kernel
    Notebooks,
    /// The tests of Vulkan with subgroups of every size, and the same bits in all of them
    Widths,
    /// The tests of Vulkan on a second driver
    Swiftshader,
    /// The tests of Vulkan with products of half precision on cooperative matrices
    Matrices,
    /// The tests of Vulkan under the validation layers
    Validation,
}

/// Runs one part, or every check and the closing summary.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Some(Part::Golden(args)) = &args.part {
        return golden::run(args);
    }
    let workspace = root::workspace()?;
    let chosen = |check: &Check| {
        let all = matches!(args.part, Some(Part::All));
        args.only.contains(check) || (args.only.is_empty() && (all || !check.of_matrix()))
    };
    let steps: Vec<Step> = Check::value_variants()
        .iter()
        .filter(|check| chosen(check))
        .map(|check| check.run(&workspace))
        .collect();
    close(&steps)
}

impl Check {
    /// Whether only `all` runs it.
    fn of_matrix(self) -> bool {
        matches!(
            self,
            Self::Drawings
                | Self::Lesson
                | Self::Pages
                | Self::Notebooks
                | Self::Widths
                | Self::Swiftshader
                | Self::Matrices
                | Self::Validation
        )
    }

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
            Self::Tests => Step::run("tests", |found| run_tests(workspace, &Suite::HOST, found)),
            Self::Gpu => Step::run("gpu", |found| match installed::ready("") {
                Ok(()) => run_tests(workspace, &Suite::VULKAN, found),
                Err(why) => matrix::missing(why),
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
            Self::Browser => Step::run("browser", |_| match browser::ready() {
                Ok(()) => pages::smoke(),
                Err(why) => matrix::missing(why),
            }),
            Self::Drawings => Step::run("drawings", |_| learning::drawings(workspace)),
            Self::Lesson => Step::run("lesson", |_| match lesson::run(&lesson::Args::default()) {
                Ok(()) => Outcome::Passed,
                Err(why) => Outcome::Failed(why.to_string()),
            }),
            Self::Pages => Step::run("pages", |_| match browser::ready() {
                Ok(()) => pages::check(workspace),
                Err(why) => matrix::missing(why),
            }),
            Self::Notebooks => Step::run("notebooks", |_| match notebooks::check(workspace) {
                Ok(()) => Outcome::Passed,
                Err(Trouble::Missing(why)) => matrix::missing(why),
                Err(Trouble::Wrong(why)) => Outcome::Failed(why),
            }),
            Self::Widths => Step::run("widths", |found| matrix::widths(workspace, found)),
            Self::Swiftshader => {
                Step::run("swiftshader", |found| matrix::swiftshader(workspace, found))
            }
            Self::Matrices => Step::run("matrices", |found| matrix::matrices(workspace, found)),
            Self::Validation => {
                Step::run("validation", |found| matrix::validation(workspace, found))
            }
        }
    }
}

/// Tests that run together.
struct Suite<'a> {
    /// Which, as nextest says it.
    filter: &'a str,
    /// Which, as cargo says it: the arguments of one call after the other.
    targets: &'a [&'a [&'a str]],
    /// What the tests see.
    environment: Environment,
    /// Lines of output that make the suite fail.
    wrong: Option<fn(&str) -> bool>,
}

impl Suite<'static> {
    /// All tests that need no driver.
    const HOST: Self = Self {
        filter: "not (package(hammerhead-gpu) or binary(on_vulkan))",
        targets: &[
            &[
                "--workspace",
                "--exclude",
                GPU,
                "--exclude",
                "xtask",
                "--features",
                FEATURES,
                "--lib",
                "--bins",
                "--tests",
            ],
            &[
                "-p", "xtask", "--bins", "--test", "golden", "--test", "lean", "--test", "demo",
                "--test", "mnist_*", "--test", "tidy",
            ],
        ],
        environment: Environment::new(),
        wrong: None,
    };
    /// All tests that need one.
    const VULKAN: Self = Self {
        filter: "package(hammerhead-gpu) or binary(on_vulkan)",
        targets: &[
            &["-p", GPU, "--lib", "--bins", "--tests"],
            &["-p", "xtask", "--test", "on_vulkan"],
        ],
        environment: Environment::new(),
        wrong: None,
    };

    /// The tests of the GPU's crate, on a driver that the environment says.
    fn gpu(environment: Environment) -> Self {
        Self {
            filter: "package(hammerhead-gpu)",
            targets: &[&["-p", GPU, "--lib", "--bins", "--tests"]],
            environment,
            wrong: None,
        }
    }
}

/// Runs tests with nextest and a filter, or without it on a choice of targets.
fn run_tests(workspace: &Path, suite: &Suite<'_>, found: &mut Vec<String>) -> Outcome {
    let wrong = suite.wrong.unwrap_or(|_| false);
    let variables = || suite.environment.iter().map(|(name, value)| (*name, value));
    if has_subcommand("nextest") {
        let mut command = cargo_in(workspace);
        command
            .args(["nextest", "run", "--release", "--workspace"])
            .args(["--no-fail-fast", "--features", FEATURES, "-E", suite.filter])
            .envs(variables());
        if suite.wrong.is_some() {
            // What passes may have printed it.
            command.args(["--success-output", "immediate"]);
        }
        return watch(&mut command, found, wrong);
    }
    println!("cargo-nextest is not installed: cargo test runs them instead");
    let outcomes = suite.targets.iter().map(|targets| {
        let mut command = cargo_in(workspace);
        command
            .args(["test", "--release", "--no-fail-fast"])
            .args(*targets)
            .envs(variables());
        watch(&mut command, found, wrong)
    });
    // Every call is made, whatever came of those before.
    let outcomes: Vec<Outcome> = outcomes.collect();
    let failed = outcomes
        .into_iter()
        .find(|outcome| *outcome != Outcome::Passed);
    failed.unwrap_or(Outcome::Passed)
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
