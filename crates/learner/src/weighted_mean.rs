//! Means over batches.

use hammerhead_tensor::Tensor;

use crate::Result;
use crate::unread::Unread;

/// The mean of numbers that weigh differently, added up on the host in the order they came.
#[derive(Debug, Default)]
pub(crate) struct WeightedMean {
    total: f64,
    weight: f64,
    unread: Unread,
    /// Of the numbers not read yet.
    weights: Vec<f64>,
}

impl WeightedMean {
    /// Takes in one more number.
    ///
    /// # Errors
    /// If the device that owes numbers is lost.
    #[track_caller]
    pub(crate) fn push(&mut self, number: &Tensor, weight: f64) -> Result<()> {
        self.unread.push(number);
        self.weights.push(weight);
        self.weight += weight;
        if self.unread.is_full() {
            self.total = self.sum()?;
            self.unread = Unread::default();
            self.weights.clear();
        }
        Ok(())
    }

    fn sum(&self) -> Result<f64> {
        let unread = self.unread.values()?;
        let weighted = unread.iter().zip(&self.weights);
        let total = weighted.fold(self.total, |total, (number, weight)| {
            total + number * weight
        });
        Ok(total)
    }

    /// The sum of the weights.
    pub(crate) fn weight(&self) -> f64 {
        self.weight
    }

    /// The mean; NaN without weight. Waits for the device.
    ///
    /// # Errors
    /// As [`WeightedMean::push`].
    pub(crate) fn mean(&self) -> Result<f64> {
        Ok(self.sum()? / self.weight)
    }
}
