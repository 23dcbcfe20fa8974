//! The learner: rows L19, L22, N4 and N9, and the trajectories that were recomputed with the real digits.

use std::cell::RefCell;
use std::rc::Rc;

use crate::book::*;
use hammerhead::learner::metrics::{batch_mean, item_mean};
use hammerhead::nn::models::simple_net;
use hammerhead::nn::{ModuleExt, loss::mnist_loss};
use hammerhead::optim::schedule::{OneCycle, Schedule};
use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

/// fastai's table after each epoch: validation loss and accuracy, weighted by items.
fn fit(learner: &mut Learner, epochs: usize, lr: f64) -> Vec<(String, String)> {
    learner.fit(epochs, lr).unwrap();
    let row = |value: f64| format!("{value}");
    let rounded = |value: f64| row((value * 1e6).round() / 1e6);
    learner
        .recorder
        .epochs
        .iter()
        .map(|e| (rounded(e.valid_loss.unwrap()), rounded(e.metrics[0])))
        .collect()
}

fn learner(book: &Book, model: impl Module, lr: f64) -> Learner {
    let data = DataLoaders::new(
        loader(&book.train_x, &book.train_y),
        loader(&book.valid_x, &book.valid_y),
    );
    let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(lr));
    Learner::new(data, model, optimizer, mnist_loss)
        .metric(item_mean("batch_accuracy", batch_accuracy))
}

#[test]
fn rows_l19_to_l22_and_n4_the_learner_gives_the_books_table() {
    let book = book();
    let mut generator = TorchGenerator::new(42);
    let linear = with_generator(&mut generator, || Linear::new(784, 1));
    let table = fit(&mut learner(&book, linear, 1.0), 20, 1.0);
    let accuracies: Vec<&str> = table
        .iter()
        .map(|(_, accuracy)| accuracy.as_str())
        .collect();
    let expected = [
        "0.495584", "0.663886", "0.854269", "0.916094", "0.936212", "0.949951", "0.95633",
        "0.963199", "0.966143", "0.967125", "0.970069", "0.972031", "0.973503", "0.974975",
        "0.975957", "0.976938", "0.977429", "0.97792", "0.97792", "0.97841",
    ];
    assert_eq!(accuracies, expected);

    let net = with_generator(&mut generator, || simple_net(784, 30, 1));
    assert_eq!(net.num_parameters(), 23_581);
    let table = fit(&mut learner(&book, net, 0.1), 40, 0.1);
    let at = |epoch: usize| (table[epoch].0.as_str(), table[epoch].1.as_str());
    assert_eq!(at(0), ("0.414786", "0.504907"));
    assert_eq!(at(9), ("0.035868", "0.970559"));
    assert_eq!(at(19), ("0.026072", "0.97792"));
    assert_eq!(at(29), ("0.022556", "0.982336"));
    assert_eq!(at(39), ("0.020764", "0.983317"));
}

#[test]
fn row_l22_calling_everything_a_three_averages_to_two_numbers() {
    let book = book();
    let all_threes = Rc::new(RefCell::new(0));
    let valid = loader(&book.valid_x, &book.valid_y);
    let calls = all_threes.clone();
    let model = move |x: &Tensor| {
        *calls.borrow_mut() += 1;
        Tensor::ones([x.size(0), 1])
    };
    assert_eq!(validate_epoch(&model, &valid), 0.4932);
    assert_eq!(*all_threes.borrow(), 8);
    let mut items = item_mean("accuracy", batch_accuracy);
    let mut batches = batch_mean("accuracy", batch_accuracy);
    for batch in valid.epoch(0) {
        let (x, y) = batch.unwrap();
        let predictions = Tensor::ones([x.size(0), 1]);
        metrics::Metric::update(&mut items, &predictions, &y);
        metrics::Metric::update(&mut batches, &predictions, &y);
    }
    assert_eq!(format!("{:.6}", metrics::Metric::value(&items)), "0.495584");
    assert_eq!(format!("{:.4}", metrics::Metric::value(&batches)), "0.4932");
}

#[test]
fn rows_n1_and_n3_a_net_by_hand_is_the_sequential_one() {
    let net = with_generator(&mut TorchGenerator::new(7), || simple_net(784, 30, 1));
    let parameters: Vec<Tensor> = net.parameters().into_iter().map(Tensor::from).collect();
    let [w1, b1, w2, b2] = parameters.as_slice() else {
        panic!("four parameters")
    };
    let simple = |x: &Tensor| {
        let res = x.matmul(&w1.t()) + b1;
        let res = res.maximum(&tensor(0.0));
        res.matmul(&w2.t()) + b2
    };
    let x = Tensor::rand([5, 784]);
    let worst = (simple(&x) - net.forward(x.clone(), Mode::Eval))
        .abs()
        .max()
        .item();
    assert!(worst < 1e-5, "{worst}");
    assert_eq!(
        net.to_string(),
        "Sequential(\n  (0): Linear(in_features=784, out_features=30, bias=True)\n  (1): ReLU()\n  (2): \
         Linear(in_features=30, out_features=1, bias=True)\n)"
    );
    assert_eq!(tensor([-1.0, 2.0]).relu().to_vec::<f32>(), [0.0, 2.0]);
}

#[test]
fn row_n9_one_cycle() {
    let cycle = OneCycle::fastai(0.1, 100);
    let (rate, momentum) = (cycle.rate(), cycle.momentum());
    assert!((rate.at(0) - 0.1 / 25.0).abs() < 1e-12);
    assert!((rate.at(25) - 0.1).abs() < 1e-12);
    assert!((rate.at(100) - 0.1 / 1e5).abs() < 1e-12);
    let beta = [0, 25, 100].map(|step| momentum.at(step));
    assert!(
        (beta[0] - 0.95).abs() < 1e-12
            && (beta[1] - 0.85).abs() < 1e-12
            && (beta[2] - 0.95).abs() < 1e-12
    );
}
