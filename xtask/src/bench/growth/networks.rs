//! Networks of any width, and the count of their operations.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use hammerhead::nn::models::{BasicBlock, mlp};
use hammerhead::nn::{AdaptiveAvgPool2d, listen};
use hammerhead::prelude::*;

/// What a network is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 784-256-10.
    Mlp,
    /// Two convolutions of 32 and 64 channels, and two layers.
    Cnn,
    /// Four stages of 64 to 512 channels.
    ResNet18,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mlp => "mlp",
            Self::Cnn => "cnn",
            Self::ResNet18 => "resnet18",
        })
    }
}

/// A network and its batch.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    pub kind: Kind,
    /// So many times the usual channels.
    pub width: usize,
    /// Pictures, channels, height and width.
    pub shape: [usize; 4],
}

const CLASSES: usize = 10;

impl Network {
    fn build(&self) -> Box<dyn Module> {
        let (width, channels) = (self.width, self.shape[1]);
        match self.kind {
            Kind::Mlp => Box::new(mlp(&[784, 256 * width, CLASSES])),
            Kind::Cnn => Box::new(
                Sequential::new()
                    .push(Conv2d::new(channels, 32 * width, 3))
                    .push(ReLU::inplace())
                    .push(Conv2d::new(32 * width, 64 * width, 3))
                    .push(ReLU::inplace())
                    .push(MaxPool2d::new(2))
                    .push(Flatten::default())
                    .push(Linear::new(9216 * width, 128 * width))
                    .push(ReLU::inplace())
                    .push(Linear::new(128 * width, CLASSES)),
            ),
            Kind::ResNet18 => Box::new(resnet18(channels, width)),
        }
    }

    /// One step of training or one look, again and again.
    pub fn step(self, training: bool) -> impl FnMut() {
        let network = self.build();
        let x = Tensor::randn(self.shape);
        let batch = self.shape[0] as i64;
        let target = (0..batch).map(|i| i % CLASSES as i64).collect();
        let target = Tensor::from_vec(target, [self.shape[0]]);
        let rule = Sgd::new(0.01).momentum(0.9);
        let mut optimizer = Optimizer::new(network.named_parameters(), rule);
        move || {
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

    /// Operations of one step of training or of one look, in products and convolutions.
    pub fn flops(&self, training: bool) -> f64 {
        let [batch, one @ ..] = self.shape;
        let counted = Rc::new(RefCell::new(Vec::new()));
        let log = counted.clone();
        let listening = listen(move |call| {
            let own = call.module.named_parameters().into_iter();
            if let Some((_, weight)) = own.into_iter().find(|(name, _)| name == "weight")
                && weight.rank() > 1
            {
                let positions = call.output.numel() / call.output.shape()[1];
                log.borrow_mut().push((weight.numel() * positions) as f64);
            }
        });
        let network = self.build();
        let x = Tensor::zeros([1].into_iter().chain(one).collect::<Vec<_>>());
        no_grad(|| drop(network.forward(x, Mode::Eval)));
        drop(listening);
        let counted = counted.borrow();
        let forward: f64 = counted.iter().sum();
        // The way back is twice the way there, but that nobody asks for the picture's gradient.
        let all = match training {
            true => 3.0 * forward - counted.first().copied().unwrap_or_default(),
            false => forward,
        };
        2.0 * all * batch as f64
    }
}

fn resnet18(channels: usize, width: usize) -> Sequential {
    let mut input = 64 * width;
    let stem = Conv2d::builder(channels, input, 7).stride(2).padding(3);
    let mut layers = Sequential::new()
        .push(stem.bias(false).build())
        .push(BatchNorm2d::new(input))
        .push(ReLU::inplace())
        .push(MaxPool2d::new(3).stride(2).padding(1));
    for (output, stride) in [(64, 1), (128, 2), (256, 2), (512, 2)] {
        let output = output * width;
        layers = layers.push(BasicBlock::new(input, output, stride));
        layers = layers.push(BasicBlock::new(output, output, 1));
        input = output;
    }
    layers
        .push(AdaptiveAvgPool2d::new(1))
        .push(Flatten::default())
        .push(Linear::new(input, CLASSES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_counted_as_by_hand() {
        let mlp = Network {
            kind: Kind::Mlp,
            width: 2,
            shape: [3, 1, 28, 28],
        };
        let (first, second) = (784.0 * 512.0, 512.0 * 10.0);
        assert_eq!(mlp.flops(false), 2.0 * 3.0 * (first + second));
        assert_eq!(mlp.flops(true), 2.0 * 3.0 * (2.0 * first + 3.0 * second));
        let resnet18 = Network {
            kind: Kind::ResNet18,
            width: 1,
            shape: [1, 3, 224, 224],
        };
        // 1.814 G multiply-adds are what is known of it, with 1000 classes instead of 10.
        let without_classes = 1.814e9 - 512.0 * 990.0;
        let off = resnet18.flops(false) / 2.0 / without_classes;
        assert!((off - 1.0).abs() < 1e-3, "{off}");
    }
}
