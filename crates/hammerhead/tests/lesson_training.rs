//! The lesson's loss, mini-batches and training: rows L1 to L22, N1, N3, N4 and N9, and the trajectories
//! that were recomputed with the real digits.

use std::cell::RefCell;
use std::rc::Rc;

use hammerhead::datasets::ThreesAndSevens;
use hammerhead::learner::metrics::{batch_mean, item_mean};
use hammerhead::nn::models::simple_net;
use hammerhead::nn::{ModuleExt, loss::mnist_loss};
use hammerhead::optim::schedule::{OneCycle, Schedule};
use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

struct Book {
    train_x: Tensor,
    train_y: Tensor,
    valid_x: Tensor,
    valid_y: Tensor,
}

fn book() -> Book {
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
fn seeded() -> TorchGenerator {
    let mut generator = TorchGenerator::new(42);
    with_generator(&mut generator, || {
        Tensor::randn([20]);
        Tensor::randn([3]);
    });
    generator
}

fn init_params(generator: &mut TorchGenerator, shape: &[usize]) -> Tensor {
    with_generator(generator, || Tensor::randn(shape)).requires_grad_()
}

fn loader(x: &Tensor, y: &Tensor) -> DataLoader<(Tensor, Tensor)> {
    DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(256)
}

fn batch_accuracy(predictions: &Tensor, targets: &Tensor) -> Tensor {
    predictions
        .sigmoid()
        .gt(0.5)
        .eq(targets.eq(1))
        .float()
        .mean()
}

/// The unweighted mean over the batches, rounded to four places.
fn validate_epoch(model: &dyn Fn(&Tensor) -> Tensor, valid: &DataLoader<(Tensor, Tensor)>) -> f64 {
    let accuracies: Vec<Tensor> = valid
        .epoch(0)
        .map(|batch| batch.unwrap())
        .map(|(x, y)| no_grad(|| batch_accuracy(&model(&x), &y)))
        .collect();
    (stack(&accuracies, 0).mean().item() * 1e4).round() / 1e4
}

fn train_epoch(
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

#[test]
fn rows_l1_to_l3_the_training_set() {
    let book = book();
    assert_eq!(
        (book.train_x.shape(), book.train_y.shape()),
        (&[12396, 784][..], &[12396, 1][..])
    );
    let stacked = MnistSample::load().unwrap().train.threes();
    let flat = stacked.view([-1, 28 * 28]);
    assert!(flat.shares_memory(&stacked));
    let panic = std::panic::catch_unwind(|| stacked.transpose(1, 2).view([-1, 784])).unwrap_err();
    assert!(
        panic.downcast_ref::<String>().unwrap().contains("reshape"),
        "the message names reshape"
    );
    let dataset = MnistSample::load().unwrap().train.dataset();
    let (x, y) = dataset.get(0).unwrap();
    assert_eq!(
        (x.shape(), y.to_string()),
        (&[784][..], "tensor([1])".to_string())
    );
}

#[test]
fn rows_l4_to_l7_a_linear_model_and_its_accuracy() {
    let book = book();
    let mut generator = seeded();
    let weights = init_params(&mut generator, &[784, 1]);
    let bias = init_params(&mut generator, &[1]);
    let first = (book.train_x.i(0) * weights.t()).sum() + &bias;
    assert_eq!(format!("{:.4}", first.item()), "20.2336");
    let predictions = book.train_x.matmul(&weights) + &bias;
    let shown = |part: Tensor| {
        part.flat()
            .to_vec::<f32>()
            .iter()
            .map(|x| format!("{x:.4}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(predictions.i(..3)), ["20.2336", "17.0644", "15.2384"]);
    assert_eq!(
        shown(predictions.i(-3..)),
        ["18.3804", "23.8567", "28.6816"]
    );
    let accuracy = |predictions: &Tensor| {
        predictions
            .gt(0.0)
            .float()
            .eq(&book.train_y)
            .float()
            .mean()
            .item()
    };
    assert_eq!(accuracy(&predictions) as f32, 0.4912068545818329f64 as f32);
    no_grad(|| {
        weights.i(0).mul_(1.0001);
    });
    let nudged = book.train_x.matmul(&weights) + &bias;
    assert_eq!(accuracy(&nudged) as f32, 0.4912068545818329f64 as f32);
}

#[test]
fn rows_l8_to_l11_the_loss() {
    let (targets, predictions) = (tensor([1, 0, 1]), tensor([0.9, 0.4, 0.2]));
    let distance = |p: &Tensor| targets.eq(1).select_from(1.0 - p, p);
    assert_eq!(
        distance(&predictions).to_string(),
        "tensor([0.1000, 0.4000, 0.8000])"
    );
    assert_eq!(
        format!("{:.4}", distance(&predictions).mean().item()),
        "0.4333"
    );
    assert_eq!(
        format!("{:.4}", distance(&tensor([0.9, 0.4, 0.8])).mean().item()),
        "0.2333"
    );
    let x = Tensor::linspace(-4.0, 4.0, 9);
    let by_hand = 1.0 / (1.0 + (-&x).exp());
    let worst = (x.sigmoid() - by_hand).abs().max().item();
    assert!(worst < 1e-6);
    let with_sigmoid = mnist_loss(&predictions, &targets).item();
    assert!((with_sigmoid - distance(&predictions.sigmoid()).mean().item()).abs() < 1e-7);
}

#[test]
fn rows_l12_and_l13_batches() {
    let loader = DataLoader::new((0..15i64).collect::<Vec<_>>())
        .batch_size(5)
        .shuffle(Shuffle::Seeded(1));
    let batches: Vec<Vec<i64>> = loader
        .epoch(0)
        .map(|batch| batch.unwrap().to_vec())
        .collect();
    assert_eq!(batches.len(), 3);
    let mut all = batches.concat();
    all.sort_unstable();
    assert_eq!(all, (0..15).collect::<Vec<i64>>());
    let letters: Vec<(i64, char)> = (0..).zip('a'..='z').collect();
    let loader = DataLoader::new(letters).batch_size(6);
    assert_eq!(loader.len(), 5);
    let (numbers, letters) = loader.epoch(0).last().unwrap().unwrap();
    assert_eq!(numbers.to_vec::<i64>(), [24, 25]);
    assert_eq!(letters, ['y', 'z']);
}

#[test]
fn row_l14_a_batch_of_256() {
    let book = book();
    let loader = loader(&book.train_x, &book.train_y);
    assert_eq!(loader.len(), 49);
    let (x, y) = loader.epoch(0).next().unwrap().unwrap();
    assert_eq!((x.shape(), y.shape()), (&[256, 784][..], &[256, 1][..]));
    let (x, _) = loader.epoch(0).last().unwrap().unwrap();
    assert_eq!(x.size(0), 108);
}

#[test]
fn rows_l15_and_l16_gradients_of_a_small_batch_add_up() {
    let book = book();
    let mut generator = seeded();
    // Making two loaders and taking a first batch of each draws nothing but a base seed per iteration.
    let weights = init_params(&mut generator, &[784, 1]);
    let bias = init_params(&mut generator, &[1]);
    let batch = book.train_x.i(..4);
    let calc_grad =
        || mnist_loss(&(batch.matmul(&weights) + &bias), &book.train_y.i(..4)).backward();
    calc_grad();
    assert_eq!(weights.grad().unwrap().shape(), [784, 1]);
    let once = (
        weights.grad().unwrap().mean().item(),
        bias.grad().unwrap().item(),
    );
    calc_grad();
    let twice = (
        weights.grad().unwrap().mean().item(),
        bias.grad().unwrap().item(),
    );
    assert!((twice.0 - 2.0 * once.0).abs() < 1e-9 && (twice.1 - 2.0 * once.1).abs() < 1e-9);
    weights.grad().unwrap().zero_();
    assert_eq!(weights.grad().unwrap().abs().sum().item(), 0.0);
}

#[test]
fn row_l15_the_first_prediction_after_a_base_seed() {
    let book = book();
    let mut generator = seeded();
    init_params(&mut generator, &[784, 1]);
    init_params(&mut generator, &[1]);
    // Before it starts over, the book goes through two small loaders (rows L12 and L13), and every
    // iteration of a loader draws a base seed.
    let numbers = DataLoader::new((0..15i64).collect::<Vec<_>>()).batch_size(5);
    let letters = DataLoader::new((0..26i64).collect::<Vec<_>>()).batch_size(6);
    for loader in [&numbers, &letters] {
        assert!(loader.iter_with(&mut generator).all(|batch| batch.is_ok()));
    }
    let weights = init_params(&mut generator, &[784, 1]);
    let bias = init_params(&mut generator, &[1]);
    let first = book.train_x.i(..1).matmul(&weights) + &bias;
    assert_eq!(format!("{:.4}", first.item()), "-2.1876");
}

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
