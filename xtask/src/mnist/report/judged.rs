//! What the trained network makes of the test digits.

use hammerhead::datasets::{DataLoader, Dataset as _, ImageSet};
use hammerhead::learner::Learner;
use hammerhead::learner::metrics::ConfusionMatrix;
use hammerhead::tensor::Tensor;

use crate::failure::Failure;
use crate::mnist::train::normalized;

/// Wrong answers that are worth a picture.
const WORST: usize = 12;

/// How often each digit was taken for each, and the digits with the greatest losses.
pub struct Judged {
    pub confusion: ConfusionMatrix,
    pub worst: Vec<Item>,
}

/// One test digit and its answer.
pub struct Item {
    pub index: usize,
    pub label: i64,
    pub prediction: i64,
    pub loss: f64,
    pub picture: Tensor,
}

impl Judged {
    /// Asks a network for every test digit.
    pub fn by(learner: &Learner, test: ImageSet) -> Result<Self, Failure> {
        let loader = DataLoader::new(normalized(test.clone())).batch_size(500);
        let (scores, labels) = learner.predict(&loader).map_err(Failure::check)?;
        let mut confusion = ConfusionMatrix::new(10);
        confusion.add(&scores, &labels);
        let logs = scores.log_softmax(1);
        let own = logs.gather(1, &labels.unsqueeze(1)).squeeze(1);
        let losses: Vec<f32> = (-own).to_vec();
        let predictions: Vec<i64> = scores.argmax_dim(1).to_vec();
        let labels: Vec<i64> = labels.to_vec();
        let mut order: Vec<usize> = (0..test.len()).collect();
        order.sort_by(|&a, &b| losses[b].total_cmp(&losses[a]));
        let shape = [test.height(), test.width()];
        let items = order.into_iter().take(WORST).map(|index| Item {
            index,
            label: labels[index],
            prediction: predictions[index],
            loss: f64::from(losses[index]),
            picture: Tensor::from_slice(test.picture(index), shape),
        });
        Ok(Self {
            confusion,
            worst: items.collect(),
        })
    }
}
