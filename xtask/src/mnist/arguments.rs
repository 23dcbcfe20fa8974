//! What the command takes.

use std::path::PathBuf;

use super::network::Network;
use super::precision::Precision;

/// Train a network on the MNIST digits and report its accuracy on the 10,000 test digits.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The network to train [default: cnn]
    #[arg(long, value_enum)]
    pub(super) model: Option<Network>,
    /// Passes over the training images [default: 5, for small 2, for resnet18 1]
    #[arg(long, value_name = "N", value_parser = epochs)]
    pub(super) epochs: Option<usize>,
    /// Train on the first N images only; the test set always stays whole
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(super) limit: Option<usize>,
    /// Images per step [default: 64]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(super) batch_size: Option<usize>,
    /// Peak learning rate of the one-cycle schedule [default: the model's own]
    #[arg(long, value_name = "X", value_parser = learning_rate, allow_negative_numbers = true)]
    pub(super) lr: Option<f64>,
    /// Seed of the initial parameters and of the order of the images [default: 42]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Threads to compute with; the result does not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) threads: Option<usize>,
    /// Where to compute: cpu, vulkan (the best device), vulkan:N or vulkan:NAME; see `cargo xtask devices`
    /// [default: cpu]
    #[arg(long, value_name = "DEVICE")]
    pub(super) device: Option<String>,
    /// What products and convolutions are computed in; parameters stay in f32 [default: f32]
    #[arg(long, value_enum)]
    pub(super) precision: Option<Precision>,
    /// Folder with the four MNIST files [default: the digits built into this program]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Folder for model.safetensors, history.json, report.html and the checkpoint [default: runs/mnist, or
    /// the folder resumed from]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Continue the run whose checkpoint is in this folder
    #[arg(long, value_name = "DIR")]
    pub(super) resume: Option<PathBuf>,
    /// Exit with 1 when the accuracy misses the model's floor: cnn 98.9 %, mlp 97.8 %, small 99.0 %, resnet18 98.8 %
    #[arg(long)]
    pub(super) verify: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask mnist                               the convolutional net, 5 epochs, over 99 %
  cargo xtask mnist --model small                 over 99 % in seconds
  cargo xtask mnist --model mlp --lr 0.003        a 784-256-10 perceptron
  cargo xtask mnist --limit 6000 --epochs 1       a taste in seconds
  cargo xtask mnist --resume runs/mnist           go on where a stopped run left off
  cargo xtask mnist --device vulkan               the same on a GPU
  cargo xtask mnist --precision f16               in mixed precision
  cargo xtask mnist --verify                      train and fail below the stated floor

The last line of the output is `test accuracy 99.xx % (NNNN/10000), N epochs, N.N s`.";

impl Args {
    /// Where files go.
    pub(super) fn out_folder(&self) -> PathBuf {
        let chosen = self.out.clone().or_else(|| self.resume.clone());
        chosen.unwrap_or_else(|| PathBuf::from("runs/mnist"))
    }
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(number) => Ok(number),
        Err(e) => Err(format!("{e}")),
    }
}

/// So many that no run needs more, so few that the records of all steps fit into memory.
fn epochs(text: &str) -> Result<usize, String> {
    at_most(10_000, text)
}

/// More would only wait for each other, or be more than the system gives.
fn threads(text: &str) -> Result<usize, String> {
    at_most(1024, text)
}

fn at_most(limit: usize, text: &str) -> Result<usize, String> {
    match positive(text)? {
        number if number > limit => Err(format!("must be at most {limit}")),
        number => Ok(number),
    }
}

fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        Ok(_) => Err("must be finite and above 0".into()),
        Err(e) => Err(format!("{e}")),
    }
}
