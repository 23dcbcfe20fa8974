//! A layer with parameters, a setting and a printout of its own, inside a model of one's own.
//! `cargo run --release --example custom_layer`

use hammerhead::prelude::*;

/// A linear layer whose output is scaled to a given length, with a learned factor for each unit.
struct Normed {
    weight: Parameter,
    factor: Parameter,
    length: f64,
}

module!(Normed { parameters: weight, factor; settings: length });

impl Normed {
    fn new(input: usize, output: usize, length: f64) -> Self {
        let bound = 1.0 / (input as f64).sqrt();
        Self {
            weight: Parameter::new(Tensor::uniform([output, input], -bound, bound, DType::F32)),
            factor: Parameter::new(Tensor::ones([output])),
            length,
        }
    }
}

impl Module for Normed {
    fn forward(&self, x: Tensor, _: Mode) -> Tensor {
        let x = x.matmul(&self.weight.t());
        let norm = (x.pow(2).sum_keepdim(-1) + 1e-6).sqrt();
        x / norm * self.length * self.factor.tensor()
    }

    fn extra_repr(&self) -> String {
        format!(
            "{} -> {}, length={}",
            self.weight.size(1),
            self.weight.size(0),
            self.length
        )
    }
}

struct Net {
    features: Normed,
    classes: Linear,
}

module!(Net {
    modules: features,
    classes
});

impl Module for Net {
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let x = call!(self.features.forward(x.flatten(1, -1), mode)).relu();
        call!(self.classes.forward(x, mode))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    manual_seed(42);
    let model = Net {
        features: Normed::new(784, 100, 10.0),
        classes: Linear::new(100, 10),
    };
    println!("{model}");
    for (name, parameter) in model.named_parameters() {
        println!("{name}: {:?}", parameter.shape());
    }
    let digits = Mnist::load()?;
    let data = DataLoaders::new(
        DataLoader::new(digits.train.limit(10_000))
            .batch_size(64)
            .shuffle(Shuffle::Seeded(42)),
        DataLoader::new(digits.test).batch_size(500),
    );
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(1e-3));
    let mut learner = Learner::new(data, model, optimizer, loss::cross_entropy)
        .metric(Accuracy::new())
        .callback(ProgressBar::new());
    learner.fit_one_cycle(2, 4e-3)?;
    Ok(())
}
