//! Training without a learner: rows L17, L18, L20 and L21.

use crate::book::*;
use hammerhead::nn::loss::mnist_loss;
use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

#[test]
fn row_l17_training_a_linear_model_by_hand() {
    let book = book();
    let mut generator = seeded();
    init_params(&mut generator, &[784, 1]);
    init_params(&mut generator, &[1]);
    let weights = init_params(&mut generator, &[784, 1]);
    let bias = init_params(&mut generator, &[1]);
    let (train, valid) = (
        loader(&book.train_x, &book.train_y),
        loader(&book.valid_x, &book.valid_y),
    );
    let model = |x: &Tensor| x.matmul(&weights) + &bias;
    let parameters = [weights.clone(), bias.clone()];
    let mut path = vec![validate_epoch(&model, &valid)];
    for _ in 0..21 {
        train_epoch(&model, 1.0, &parameters, &train);
        path.push(validate_epoch(&model, &valid));
    }
    let expected = [
        0.4771, 0.6601, 0.8588, 0.9199, 0.9389, 0.9497, 0.9575, 0.9619, 0.9658, 0.9668, 0.9682,
        0.9697, 0.9702, 0.9707, 0.9716, 0.9721, 0.9716, 0.9716, 0.9721, 0.9721, 0.9721, 0.9726,
    ];
    assert_eq!(path, expected);
}

#[test]
fn row_l18_linear_starts_as_pytorchs() {
    let layer = with_generator(&mut TorchGenerator::new(42), || Linear::new(784, 1));
    let parameters = layer.parameters();
    assert_eq!(
        (parameters[0].shape(), parameters[1].shape()),
        (&[1, 784][..], &[1][..])
    );
    let bound = 1.0 / 784f64.sqrt();
    assert!(
        parameters
            .iter()
            .all(|p| p.detach().abs().max().item() <= bound)
    );
}

/// The book's own optimizer.
struct BasicOptim {
    params: Vec<Tensor>,
    lr: f64,
}

impl BasicOptim {
    fn step(&self) {
        for p in &self.params {
            p.detach().sub_(&(p.grad().unwrap() * self.lr));
        }
    }

    fn zero_grad(&self) {
        for p in &self.params {
            p.zero_grad();
        }
    }
}

/// The unweighted accuracy after each of twenty epochs from PyTorch's start for seed 42; `update` makes a
/// step and clears the gradients.
fn twenty_epochs(optimizer: impl Fn(&Linear) -> Box<dyn FnMut()>) -> Vec<f64> {
    let book = book();
    let layer = with_generator(&mut TorchGenerator::new(42), || Linear::new(784, 1));
    let mut update = optimizer(&layer);
    let (train, valid) = (
        loader(&book.train_x, &book.train_y),
        loader(&book.valid_x, &book.valid_y),
    );
    let model = |x: &Tensor| layer.forward(x.clone(), Mode::Train);
    let mut path = Vec::new();
    for _ in 0..20 {
        for batch in train.epoch(0) {
            let (x, y) = batch.unwrap();
            mnist_loss(&model(&x), &y).backward();
            update();
        }
        path.push(validate_epoch(&model, &valid));
    }
    path
}

fn with_basic_optim(layer: &Linear) -> Box<dyn FnMut()> {
    let params = layer.parameters().into_iter().map(Tensor::from).collect();
    let optimizer = BasicOptim { params, lr: 1.0 };
    Box::new(move || {
        optimizer.step();
        optimizer.zero_grad();
    })
}

fn with_sgd(layer: &Linear) -> Box<dyn FnMut()> {
    let mut optimizer = Optimizer::new(layer.named_parameters(), Sgd::new(1.0));
    Box::new(move || {
        optimizer.step();
        optimizer.zero_grad();
    })
}

/// Printed in the book from another place in the random sequence, so only the ends are compared.
fn assert_ends_as_the_book(path: &[f64]) {
    assert_eq!(path[0], 0.4932, "everything is called a three at first");
    let last = path[19];
    assert!((last - 0.9785).abs() <= 0.003, "{last} after {path:?}");
}

#[test]
fn row_l20_linear_with_the_books_own_optimizer() {
    assert_ends_as_the_book(&twenty_epochs(with_basic_optim));
}

#[test]
fn row_l21_sgd_is_the_books_own_optimizer() {
    let path = twenty_epochs(with_sgd);
    assert_ends_as_the_book(&path);
    assert_eq!(path, twenty_epochs(with_basic_optim));
}
