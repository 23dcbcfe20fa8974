//! Nets trained for a moment on the real digits, for the pictures that show how training went.

use std::time::Instant;

use hammerhead::learner::LrFind;
use hammerhead::plot::Model;
use hammerhead::prelude::*;

use crate::failure::Failure;

/// Digits that are trained on.
const DIGITS: usize = 6000;

/// What a run leaves to be drawn.
pub struct Run {
    pub rates: LrFind,
    /// The training loss of each step.
    pub losses: Vec<f64>,
    /// By epoch: training loss, validation loss, accuracy.
    pub train: Vec<f64>,
    pub valid: Vec<f64>,
    pub accuracy: Vec<f64>,
    /// Of each test digit: its label, what it was taken for, its loss.
    pub labels: Vec<i64>,
    pub predictions: Vec<i64>,
    pub item_losses: Vec<f64>,
    /// The probabilities of one digit.
    pub probabilities: Vec<f64>,
    /// The first layer's weights, a picture for each unit.
    pub weights: Vec<Tensor>,
}

fn learner(digits: &Mnist, sizes: &[usize]) -> Learner {
    manual_seed(42);
    let part = |pictures: &Tensor, labels: &Tensor, n: usize| {
        TensorDataset::new(pictures.i(..n).float() / 255.0, labels.i(..n))
    };
    let train = part(&digits.train.images(), &digits.train.labels(), DIGITS);
    let valid = part(&digits.test.images(), &digits.test.labels(), 10_000);
    let data = DataLoaders::new(
        DataLoader::new(train)
            .batch_size(64)
            .shuffle(Shuffle::Seeded(42)),
        DataLoader::new(valid).batch_size(500),
    );
    let model = models::mlp(sizes);
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(1e-3));
    Learner::new(data, model, optimizer, loss::cross_entropy).metric(Accuracy::new())
}

/// Trains a perceptron for four epochs.
pub fn run(digits: &Mnist) -> Result<Run, Failure> {
    let mut learner = learner(digits, &[784, 64, 10]);
    let rates = learner.lr_find(90).map_err(Failure::check)?;
    learner.fit_one_cycle(4, 3e-3).map_err(Failure::check)?;
    let valid = learner.data.valid.as_ref().expect("it was given");
    let (scores, labels) = learner.predict(valid).map_err(Failure::check)?;
    let logs = scores.log_softmax(1);
    let own = logs.gather(1, &labels.unsqueeze(1)).squeeze(1);
    let epochs = &learner.recorder.epochs;
    let weights = learner.model.parameters()[0].detach();
    Ok(Run {
        rates,
        losses: learner.recorder.losses.clone(),
        train: epochs.iter().map(|row| row.train_loss).collect(),
        valid: epochs.iter().filter_map(|row| row.valid_loss).collect(),
        accuracy: epochs.iter().map(|row| row.metrics[0]).collect(),
        predictions: scores.argmax_dim(1).to_vec(),
        labels: labels.to_vec(),
        item_losses: (-own).double().to_vec(),
        probabilities: logs.i(0).exp().double().to_vec(),
        weights: (0..16)
            .map(|unit| weights.i(unit).reshape([28, 28]))
            .collect(),
    })
}

/// Several nets, each trained for one epoch, with the pictures a second that it tells apart here.
pub fn compared(digits: &Mnist) -> Result<Vec<Model>, Failure> {
    let nets: [(&str, &[usize]); 6] = [
        ("linear", &[784, 10]),
        ("one hidden layer", &[784, 16, 10]),
        ("one hidden layer", &[784, 64, 10]),
        ("one hidden layer", &[784, 512, 10]),
        ("two hidden layers", &[784, 64, 32, 10]),
        ("two hidden layers", &[784, 512, 128, 10]),
    ];
    let measure = |(family, sizes): (&str, &[usize])| {
        let mut learner = learner(digits, sizes);
        learner.fit_one_cycle(1, 4e-3).map_err(Failure::check)?;
        let start = Instant::now();
        let (_, metrics) = learner.validate().map_err(Failure::check)?;
        let speed = 10_000.0 / start.elapsed().as_secs_f64();
        let hidden: Vec<String> = sizes[1..sizes.len() - 1]
            .iter()
            .map(usize::to_string)
            .collect();
        let name = if hidden.is_empty() {
            family.to_owned()
        } else {
            hidden.join("-")
        };
        Ok(Model::new(name, family, speed, metrics[0]))
    };
    nets.into_iter().map(measure).collect()
}
