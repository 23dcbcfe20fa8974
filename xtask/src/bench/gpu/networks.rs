//! Training steps and inference of whole networks.

use hammerhead::nn::models::{ResNetArgs, mlp, mnist_cnn, resnet18};
use hammerhead::prelude::{Autograd, Mode, Module, ModuleExt, Optimizer, Sgd, Step, loss, no_grad};
use hammerhead::tensor::Tensor;
use serde_json::json;

use super::case::{Case, Scale, Work};

/// What there is: a name, channels and size of the pictures.
const NETWORKS: [(&str, usize, usize); 4] = [
    ("mlp", 1, 28),
    ("cnn", 1, 28),
    ("resnet18", 1, 28),
    ("resnet18", 3, 224),
];

pub fn cases(scale: Scale) -> Vec<Case> {
    let batch = scale.pick(4, 64, 64);
    let networks = &NETWORKS[..scale.pick(2, 3, 4)];
    let mut cases = Vec::new();
    for &(network, channels, size) in networks {
        for training in [true, false] {
            let what = if training { "training" } else { "inference" };
            cases.push(Case::new(
                format!("{what} {network} {batch}x{channels}x{size}x{size}"),
                Work::Samples(batch as f64),
                json!({
                    "kind": "network", "network": network, "channels": channels, "size": size,
                    "batch": batch, "training": training,
                }),
                move || {
                    let mut step = step_of(network, [batch, channels, size, size]);
                    move || step(training)
                },
            ));
        }
    }
    cases
}

/// A network with its data: one step of training, or one look.
pub fn step_of(network: &str, shape: [usize; 4]) -> impl FnMut(bool) + use<> {
    let [batch, in_chans, ..] = shape;
    let network: Box<dyn Module> = match network {
        "mlp" => Box::new(mlp(&[784, 256, 10])),
        "cnn" => Box::new(mnist_cnn(10)),
        _ => Box::new(resnet18(ResNetArgs {
            in_chans,
            num_classes: 10,
            ..ResNetArgs::default()
        })),
    };
    let x = Tensor::randn(shape);
    let target = Tensor::from_vec((0..batch as i64).map(|i| i % 10).collect(), [batch]);
    let mut optimizer = Optimizer::new(network.named_parameters(), Sgd::new(0.01));
    move |training| {
        if !training {
            no_grad(|| drop(network.forward(x.clone(), Mode::Eval)));
            return;
        }
        optimizer.zero_grad();
        let predictions = network.forward(x.clone(), Mode::Train);
        loss::cross_entropy(&predictions, &target).backward();
        optimizer.step();
    }
}
