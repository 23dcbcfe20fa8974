//! `cargo xtask mnist`: train a model on the real digits and say how many it gets right.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::failure::Failure;

/// Train a network on the MNIST digits and report its accuracy on the 10,000 test digits.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The network to train
    #[arg(long, value_enum, default_value_t = Model::Cnn)]
    model: Model,
    /// Passes over the training images
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive)]
    epochs: usize,
    /// Train on the first N images only; the test set always stays whole
    #[arg(long, value_name = "N", value_parser = positive)]
    limit: Option<usize>,
    /// Images per step
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive)]
    batch_size: usize,
    /// Peak learning rate of the one-cycle schedule [default: the model's own]
    #[arg(long, value_name = "X", value_parser = learning_rate, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// Seed of the initial parameters and of the order of the images
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Threads to compute with; the result does not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    threads: Option<usize>,
    /// Folder with the four MNIST files [default: the digits built into this program]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder for model.safetensors, history.json and the checkpoints
    #[arg(long, value_name = "DIR", default_value = "runs/mnist")]
    out: PathBuf,
    /// Continue the run whose checkpoints are in this folder
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
    /// Exit with 1 when the accuracy misses the model's floor
    #[arg(long)]
    verify: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask mnist                               the convolutional net, 5 epochs, over 99 %
  cargo xtask mnist --model mlp --lr 0.1          a 784-256-10 perceptron
  cargo xtask mnist --limit 6000 --epochs 1       a taste in seconds
  cargo xtask mnist --resume runs/mnist           go on where a stopped run left off
  cargo xtask mnist --verify                      train and fail below the stated floor

The last line of the output is `test accuracy 99.xx % (NNNN/10000), N epochs, N.N s`.";

/// The networks this command can train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Model {
    /// 3x3 convolutions 1-32-64, max-pool 2, linear 9216-128-10
    Cnn,
    /// Linear 784-256-10
    Mlp,
    /// timm's resnet18 with one input channel
    Resnet18,
}

/// Checks what can be checked before any work, then trains.
pub fn run(args: &Args) -> Result<(), Failure> {
    for (option, folder) in [("--data", &args.data), ("--resume", &args.resume)] {
        if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Failure::input(format!(
                "{option} {}: no such folder",
                folder.display()
            )));
        }
    }
    writable(&args.out)?;
    train(args)
}

fn train(args: &Args) -> Result<(), Failure> {
    let model = args.model.to_possible_value().expect("no model is hidden");
    Err(Failure::check(format!(
        "training {} is not available in this version",
        model.get_name()
    )))
}

/// Creates the output folder and proves that a file can be made in it.
fn writable(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .and_then(|()| tempfile::tempfile_in(folder))
        .map(drop)
        .map_err(|e| Failure::input(format!("--out {}: not writable: {e}", folder.display())))
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(number) => Ok(number),
        Err(e) => Err(format!("{e}")),
    }
}

fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        Ok(_) => Err("must be finite and above 0".into()),
        Err(e) => Err(format!("{e}")),
    }
}
