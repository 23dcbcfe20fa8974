//! One training step of 784-30-10 on a batch of 64 with burn, as a user's first program has it.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig, Relu};
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Distribution, Int, Tensor};

#[derive(Module, Debug)]
struct Mlp {
    first: Linear,
    relu: Relu,
    second: Linear,
}

fn main() {
    let device = Device::flex().autodiff();
    let model = Mlp {
        first: LinearConfig::new(784, 30).init(&device),
        relu: Relu::new(),
        second: LinearConfig::new(30, 10).init(&device),
    };
    let mut rule = SgdConfig::new().init();
    let x = Tensor::<2>::random([64, 784], Distribution::Uniform(0.0, 1.0), &device);
    let target = Tensor::<1, Int>::arange(0..64, &device).remainder_scalar(10);
    let scores = model.first.forward(x);
    let scores = model.second.forward(model.relu.forward(scores));
    let loss = CrossEntropyLossConfig::new()
        .init(&device)
        .forward(scores, target);
    let gradients = GradientsParams::from_grads(loss.backward(), &model);
    let _model = rule.step(0.1, model, gradients);
    println!("{}", loss.into_scalar::<f32>());
}
