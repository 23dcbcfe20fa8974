//! Groups of parameters that learn at different rates under one schedule.

use hammerhead_optim::Step;

/// Each group's share of the scheduled rate.
///
/// A schedule gives the rate of the first group that learns; the others keep the proportion in which the
/// optimiser was made, as every group of PyTorch's schedulers keeps a base rate of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shares(pub(crate) Vec<f64>);

impl Shares {
    /// Takes over the optimiser's proportions, unless they still are these but for rounding: a fit after
    /// another, or after a schedule that ended at 0, goes on with the very same shares.
    pub(crate) fn renew(&mut self, optimizer: &dyn Step) {
        let rates = optimizer.lrs();
        let first = rates.get(self.leading()).copied().unwrap_or(0.0);
        let kept = |(rate, share): (&f64, &f64)| (rate - first * share).abs() <= 1e-12 * rate.abs();
        if rates.len() == self.0.len() && rates.iter().zip(&self.0).all(kept) {
            return;
        }
        let base = rates.iter().copied().find(|&rate| rate != 0.0);
        self.0 = rates
            .iter()
            .map(|rate| base.map_or(1.0, |base| rate / base))
            .collect();
    }

    /// The first group that learns.
    fn leading(&self) -> usize {
        self.0.iter().position(|&share| share != 0.0).unwrap_or(0)
    }

    /// Sets every group's rate.
    pub(crate) fn set(&self, optimizer: &mut dyn Step, lr: f64) {
        let rates: Vec<f64> = self.0.iter().map(|share| lr * share).collect();
        optimizer.set_lrs(&rates);
    }

    /// The rate that the leading group steps at.
    pub(crate) fn rate(&self, optimizer: &dyn Step) -> f64 {
        optimizer
            .lrs()
            .get(self.leading())
            .copied()
            .unwrap_or(f64::NAN)
    }
}
