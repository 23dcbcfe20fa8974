//! Networks, to train and to look through.

use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData, activation};
use serde_json::Value;

use crate::asked::{Run, Ways, number, word};
use crate::models::{Cnn, Mlp, Network, ResNet18};
use crate::run;

pub fn network(request: &Value) -> Result<Ways, String> {
    let plan = Plan::of(request)?;
    let (channels, classes, device) = (plan.channels, plan.classes, &plan.device);
    let run = match word(request, "network") {
        "simple" => plan.run(Mlp::new(30, 1, device), distance),
        "mlp" => plan.run(Mlp::new(256, classes, device), cross_entropy),
        "cnn" => plan.run(Cnn::new(channels, classes, device), cross_entropy),
        "resnet18" => plan.run(ResNet18::new(channels, classes, device), cross_entropy),
        other => return Err(format!("it does not know {other}")),
    };
    Ok(vec![("", run)])
}

/// Of scores and targets.
type Loss = fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>;

/// What is asked for.
struct Plan {
    channels: usize,
    size: usize,
    batch: usize,
    classes: usize,
    momentum: f64,
    training: bool,
    device: Device,
}

impl Plan {
    fn of(request: &Value) -> Result<Self, String> {
        let training = request["training"] == true;
        Ok(Self {
            channels: number(request, "channels")?,
            size: number(request, "size")?,
            batch: number(request, "batch")?,
            classes: number(request, "classes")?,
            momentum: request["momentum"].as_f64().unwrap_or_default(),
            training,
            device: match training {
                true => Device::flex().autodiff(),
                false => Device::flex(),
            },
        })
    }

    fn run<M: Network>(&self, model: M, loss: Loss) -> Run {
        let shape = [self.batch, self.channels, self.size, self.size];
        let x = Tensor::<4>::random(shape, Distribution::Normal(0.0, 1.0), &self.device);
        if !self.training {
            return run(move || model.forward(x.clone()));
        }
        let classes = self.classes as i32;
        let target: Vec<i32> = (0..self.batch as i32).map(|i| i % classes).collect();
        let target = TensorData::new(target, [self.batch]);
        let target = Tensor::<1, Int>::from_data(target, &self.device);
        let mut rule = SgdConfig::new();
        if self.momentum > 0.0 {
            let momentum = MomentumConfig::new().with_momentum(self.momentum);
            rule = rule.with_momentum(Some(momentum));
        }
        let mut rule = rule.init();
        let mut model = Some(model);
        run(move || {
            let before = model.take().expect("it was put back");
            let gradients = loss(before.forward(x.clone()), target.clone()).backward();
            let gradients = GradientsParams::from_grads(gradients, &before);
            model = Some(rule.step(0.01, before, gradients));
        })
    }
}

fn cross_entropy(predictions: Tensor<2>, target: Tensor<1, Int>) -> Tensor<1> {
    let loss = CrossEntropyLossConfig::new().init(&predictions.device());
    loss.forward(predictions, target)
}

/// How far predictions between 0 and 1 are from the one of the two sides that is right.
fn distance(predictions: Tensor<2>, target: Tensor<1, Int>) -> Tensor<1> {
    let predictions = activation::sigmoid(predictions);
    let right = target.unsqueeze_dim::<2>(1).equal_elem(1);
    let other = predictions.clone().neg().add_scalar(1.0);
    predictions.mask_where(right, other).mean()
}
