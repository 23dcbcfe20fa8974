//! The project's own commands, run as `cargo xtask COMMAND`.
//!
//! One file per command: [`mod@mnist`] trains on the digits, [`mod@test`] proves the whole workspace,
//! [`tidy`] checks the rules no compiler knows, [`mod@bench`] measures, [`fixtures`] verifies the golden
//! values, [`shaders`] builds the GPU's programs, [`devices`]
//! lists what there is to compute on, [`mod@demo`] serves a page to draw digits on, [`lesson`] runs the lesson,
//! [`sliders`] writes its page of sliders, [`book`] builds the book, [`notebooks`] makes notebooks of its pages and
//! [`gallery`] draws one of every kind of picture. A command returns a [`failure::Failure`], which alone decides the exit
//! code.

mod bench;
mod book;
mod browser;
mod demo;
mod devices;
mod drivers;
mod failure;
mod fixtures;
mod gallery;
mod lesson;
mod mnist;
mod notebooks;
mod root;
mod say;
mod shaders;
mod sliders;
mod step;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Train, prove and measure Hammerhead.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask mnist                 train a convolutional net on the digits to over 99 %
  cargo xtask demo                  draw digits and see what a network makes of them
  cargo xtask test                  check formatting, lints, docs, rules and run every test
  cargo xtask bench --quick matmul  run each matrix-product benchmark once

Exit codes: 0 done, 1 a check failed, 2 a wrong argument or unusable input.";

#[derive(Subcommand)]
enum Command {
    Mnist(mnist::Args),
    Demo(demo::Args),
    Test(test::Args),
    Tidy(tidy::Args),
    Bench(bench::Args),
    Fixtures(fixtures::Args),
    Shaders(shaders::Args),
    Devices(devices::Args),
    Sliders(sliders::Args),
    Gallery(gallery::Args),
    Lesson(lesson::Args),
    Book(book::Args),
    Notebooks(notebooks::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Mnist(args) => mnist::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Tidy(args) => tidy::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Fixtures(args) => fixtures::run(&args),
        Command::Shaders(args) => shaders::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Sliders(args) => sliders::run(&args),
        Command::Gallery(args) => gallery::run(&args),
        Command::Lesson(args) => lesson::run(&args),
        Command::Book(args) => book::run(&args),
        Command::Notebooks(args) => notebooks::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
