//! Samples of optimisers' updates and of what makes values from nothing.

use hammerhead_tensor::prim::{Distribution, Prim, Random, Update};
use hammerhead_tensor::{DType, Scalar};

use super::{Input, Sample, Values};

pub(super) fn samples(dtype: DType) -> Vec<Sample> {
    let mut samples = Vec::new();
    for shape in [&[3][..], &[5, 37], &[301, 257]] {
        samples.push(Sample::new(
            Prim::Fill(shape.into(), dtype, Scalar::Float(1.5)),
            Vec::new(),
        ));
        for distribution in [
            Distribution::Uniform {
                low: -1.0,
                high: 2.0,
            },
            Distribution::Normal {
                mean: 0.5,
                std: 2.0,
            },
        ] {
            let random = Random {
                distribution,
                seed: 7,
                stream: 1,
                position: 6,
            };
            samples.push(Sample::new(
                Prim::Random(shape.into(), dtype, random),
                Vec::new(),
            ));
        }
        for (update, states) in updates() {
            // States are sums of squares where they are under a root.
            let mut targets = vec![Input::any(shape)];
            targets.extend((0..states).map(|_| Input::positive(shape)));
            let sample = |decided: &[Input]| Sample {
                prim: Prim::Update(update),
                inputs: [&[Input::any(shape)], decided].concat(),
                targets: targets.clone(),
            };
            samples.push(sample(&[]));
            for (go, step) in [(true, 1), (true, 7), (true, 4000), (false, 2)] {
                let (go, step) = (Values::Always(go), Values::Number(step));
                samples.push(sample(&[Input::single(go), Input::single(step)]));
            }
        }
    }
    samples
}

/// Updates with the number of their states.
fn updates() -> Vec<(Update, usize)> {
    let sgd = |momentum, dampening, nesterov, first| Update::Sgd {
        lr: 0.1,
        momentum,
        dampening,
        weight_decay: 0.01,
        nesterov,
        first,
    };
    let adam = |decoupled, amsgrad| Update::Adam {
        lr: 0.05,
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        weight_decay: 0.1,
        decoupled,
        amsgrad,
        step: 3,
    };
    // A small share of the new mean keeps the centred variance above zero.
    let rms = |momentum, centered| Update::RmsProp {
        lr: 0.02,
        alpha: 0.3,
        epsilon: 1e-8,
        weight_decay: 0.01,
        momentum,
        centered,
    };
    vec![
        (sgd(0.0, 0.0, false, false), 0),
        (sgd(0.9, 0.0, false, true), 1),
        (sgd(0.9, 0.3, false, false), 1),
        (sgd(0.9, 0.0, true, false), 1),
        (adam(false, false), 2),
        (adam(true, false), 2),
        (adam(false, true), 3),
        (rms(0.0, false), 1),
        (rms(0.9, false), 2),
        (
            Update::Adagrad {
                lr: 0.1,
                lr_decay: 0.2,
                epsilon: 1e-10,
                weight_decay: 0.01,
                step: 3,
            },
            1,
        ),
    ]
}
