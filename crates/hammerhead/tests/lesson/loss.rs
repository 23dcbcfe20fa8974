//! The training set, the loss and mini-batches: rows L1 to L16.

use crate::book::*;
use hammerhead::nn::loss::mnist_loss;
use hammerhead::prelude::*;

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
