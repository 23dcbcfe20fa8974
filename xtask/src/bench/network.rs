//! Networks of the usual sizes, to train and to look through.

use hammerhead::nn::models::{ResNetArgs, mlp, mnist_cnn, resnet18, simple_net};
use hammerhead::prelude::{Autograd, Mode, Module, ModuleExt, Optimizer, Sgd, Step, loss, no_grad};
use hammerhead::tensor::{DType, Tensor, with_autocast};
use serde_json::{Value, json};

use super::case::{Case, Work};

/// A network and its batch.
#[derive(Clone, Copy)]
pub struct Network {
    /// `simple` (784-30-1), `mlp` (784-256-10), `cnn` or `resnet18`.
    pub name: &'static str,
    /// Pictures, channels, height and width.
    pub shape: [usize; 4],
    pub classes: usize,
    pub momentum: f64,
}

impl Network {
    /// A step of training, or a look.
    pub fn case(self, training: bool) -> Case {
        let [batch, channels, height, width] = self.shape;
        let what = if training { "training" } else { "inference" };
        Case::new(
            format!("{what} {} {batch}x{channels}x{height}x{width}", self.name),
            Work::Samples(batch as f64),
            self.request(training),
            move || {
                let mut step = self.step();
                move || step(training)
            },
        )
    }

    /// A look in mixed precision.
    pub fn narrow_case(self) -> Case {
        let [batch, channels, height, width] = self.shape;
        let mut request = self.request(false);
        request["kind"] = json!("network in bf16");
        Case::new(
            format!(
                "inference in bf16 {} {batch}x{channels}x{height}x{width}",
                self.name
            ),
            Work::Samples(batch as f64),
            request,
            move || {
                let mut step = self.step();
                move || with_autocast(DType::BF16, || step(false))
            },
        )
    }

    /// What a peer is asked for.
    pub fn request(self, training: bool) -> Value {
        let [batch, channels, size, _] = self.shape;
        json!({
            "kind": "network", "network": self.name, "channels": channels, "size": size, "batch": batch,
            "classes": self.classes, "momentum": self.momentum, "training": training,
        })
    }

    /// The network with its data: one step of training, or one look.
    pub fn step(self) -> impl FnMut(bool) {
        let [batch, in_chans, ..] = self.shape;
        let network: Box<dyn Module> = match self.name {
            "simple" => Box::new(simple_net(784, 30, 1)),
            "mlp" => Box::new(mlp(&[784, 256, self.classes])),
            "cnn" => Box::new(mnist_cnn(self.classes)),
            _ => Box::new(resnet18(ResNetArgs {
                in_chans,
                num_classes: self.classes,
                ..ResNetArgs::default()
            })),
        };
        let x = match self.name {
            "simple" => Tensor::randn(self.shape).flatten(1, -1),
            _ => Tensor::randn(self.shape),
        };
        let classes = self.classes as i64;
        let target = Tensor::from_vec((0..batch as i64).map(|i| i % classes).collect(), [batch]);
        let sides = Tensor::from_vec((0..batch as i64).map(|i| i % 2).collect(), [batch, 1]);
        let rule = Sgd::new(0.01).momentum(self.momentum);
        let mut optimizer = Optimizer::new(network.named_parameters(), rule);
        move |training| {
            if !training {
                no_grad(|| drop(network.forward(x.clone(), Mode::Eval)));
                return;
            }
            optimizer.zero_grad();
            let predictions = network.forward(x.clone(), Mode::Train);
            let loss = match self.name {
                "simple" => distance(&predictions, &sides),
                _ => loss::cross_entropy(&predictions, &target),
            };
            loss.backward();
            optimizer.step();
        }
    }
}

/// How far predictions between 0 and 1 are from the one of the two sides that is right.
fn distance(predictions: &Tensor, sides: &Tensor) -> Tensor {
    let predictions = predictions.sigmoid();
    let distance = sides.eq(1).select_from(1.0 - &predictions, &predictions);
    distance.mean()
}
