//! The book's threes and sevens, and the functions it trains with.

use hammerhead::datasets::ThreesAndSevens;
use hammerhead::nn::loss::mnist_loss;
use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

/// Pixels and labels of both parts.
pub struct Book {
    pub train_x: Tensor,
    pub train_y: Tensor,
    pub valid_x: Tensor,
    pub valid_y: Tensor,
}

pub fn book() -> Book {
    let digits = MnistSample::load().unwrap();
    let part = |part: &ThreesAndSevens| (part.inputs(), part.targets());
    let ((train_x, train_y), (valid_x, valid_y)) = (part(&digits.train), part(&digits.valid));
    Book {
        train_x,
        train_y,
        valid_x,
        valid_y,
    }
}

/// The generator after the draws that the book makes before its parameters.
pub fn seeded() -> TorchGenerator {
    let mut generator = TorchGenerator::new(42);
    with_generator(&mut generator, || {
        Tensor::randn([20]);
        Tensor::randn([3]);
    });
    generator
}

pub fn init_params(generator: &mut TorchGenerator, shape: &[usize]) -> Tensor {
    with_generator(generator, || Tensor::randn(shape)).requires_grad_()
}

pub fn loader(x: &Tensor, y: &Tensor) -> DataLoader<(Tensor, Tensor)> {
    DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(256)
}

pub fn batch_accuracy(predictions: &Tensor, targets: &Tensor) -> Tensor {
    predictions
        .sigmoid()
        .gt(0.5)
        .eq(targets.eq(1))
        .float()
        .mean()
}

/// The unweighted mean over the batches, rounded to four places.
pub fn validate_epoch(
    model: &dyn Fn(&Tensor) -> Tensor,
    valid: &DataLoader<(Tensor, Tensor)>,
) -> f64 {
    let accuracies: Vec<Tensor> = valid
        .epoch(0)
        .map(|batch| batch.unwrap())
        .map(|(x, y)| no_grad(|| batch_accuracy(&model(&x), &y)))
        .collect();
    (stack(&accuracies, 0).mean().item() * 1e4).round() / 1e4
}

pub fn train_epoch(
    model: &dyn Fn(&Tensor) -> Tensor,
    lr: f64,
    parameters: &[Tensor],
    train: &DataLoader<(Tensor, Tensor)>,
) {
    for batch in train.epoch(0) {
        let (x, y) = batch.unwrap();
        mnist_loss(&model(&x), &y).backward();
        for parameter in parameters {
            no_grad(|| parameter.sub_(&(parameter.grad().unwrap() * lr)));
            parameter.grad().unwrap().zero_();
        }
    }
}
