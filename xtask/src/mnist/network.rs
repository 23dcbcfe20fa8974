//! The networks and how each is trained.

use clap::ValueEnum;
use hammerhead::nn::Module;
use hammerhead::nn::models::{ModelArgs, create_model, mnist_cnn_small};
use serde::{Deserialize, Serialize};

/// The networks this command can train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// 3x3 convolutions 1-32-64, max-pool 2, linear 9216-128-10
    Cnn,
    /// Linear 784-256-10
    Mlp,
    /// 5x5/2 and 3x3 convolutions 1-16-24-48 with batch norm: 99 % in seconds
    Small,
    /// timm's resnet18 with one input channel
    Resnet18,
}

impl Network {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Network::Cnn => "cnn",
            Network::Mlp => "mlp",
            Network::Small => "small",
            Network::Resnet18 => "resnet18",
        }
    }

    /// A freshly initialised network for digits.
    pub fn build(self) -> Box<dyn Module> {
        let registered = match self {
            Network::Cnn => "mnist_cnn",
            Network::Mlp => "mlp",
            Network::Small => return Box::new(mnist_cnn_small(10)),
            Network::Resnet18 => "resnet18",
        };
        let args = ModelArgs {
            in_chans: Some(1),
            num_classes: Some(10),
        };
        create_model(registered, args).expect("the network is registered")
    }

    /// Whether it normalizes over the images of a batch, which a single image can't be.
    pub fn needs_pairs(self) -> bool {
        matches!(self, Network::Small | Network::Resnet18)
    }

    /// Whether the test digits are looked at after each epoch, or once when training has ended.
    pub fn looks_each_epoch(self) -> bool {
        self != Network::Small
    }

    /// Epochs unless said otherwise.
    pub fn epochs(self) -> usize {
        match self {
            Network::Cnn | Network::Mlp => 5,
            Network::Small => 2,
            Network::Resnet18 => 1,
        }
    }

    /// Adam's peak learning rate unless said otherwise.
    pub fn lr(self) -> f64 {
        match self {
            Network::Cnn => 2e-3,
            Network::Mlp => 4e-3,
            Network::Small => 1e-2,
            Network::Resnet18 => 3e-3,
        }
    }

    /// How much of a digit's target is spread over all ten. In few epochs it is worth a fifth of the small network's mistakes.
    pub fn label_smoothing(self) -> f64 {
        match self {
            Network::Small => 0.1,
            Network::Cnn | Network::Mlp | Network::Resnet18 => 0.0,
        }
    }

    /// The accuracy that training with the defaults never misses.
    pub fn floor(self) -> f64 {
        match self {
            Network::Cnn => 0.989,
            Network::Mlp => 0.978,
            Network::Small => 0.99,
            Network::Resnet18 => 0.988,
        }
    }
}
