//! The loop: its limits, its learning rates, and what stops it.

mod small;

use hammerhead_learner::{Callback, Error, Flow, Learner, Result};
use hammerhead_learner::{Checkpoints, DataLoaders, Policy, ReduceOnPlateau};
use hammerhead_nn::{Dropout, Linear, ModuleExt, Sequential, loss};
use hammerhead_optim::{
    Optimizer, Sgd,
    schedule::{Plateau, from_fn},
};
use small::{learner, learner_with, loader};

/// Stops a fit after some steps.
struct StepLimit(usize);

impl Callback for StepLimit {
    fn after_batch(&mut self, learner: &mut Learner) -> Result<Flow> {
        Ok(if learner.step() >= self.0 {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }
}

#[test]
fn any_number_of_epochs_may_be_asked_for() {
    let mut learner = learner(loader(8), None).callback(StepLimit(3));
    learner.fit(usize::MAX, 0.1).unwrap();
    assert_eq!(learner.recorder.losses.len(), 3);
}

/// The bias in a group that learns at a third of the weight's rate.
fn slow_bias(optimizer: Optimizer<Sgd>) -> Optimizer<Sgd> {
    optimizer.group("bias", |_| Sgd::new(0.1 / 3.0))
}

#[test]
fn groups_keep_the_proportion_of_their_learning_rates() {
    let mut learner = learner_with(loader(8), None, slow_bias);
    for lr in [0.1, 0.07, 0.0, 0.2] {
        learner.fit(1, lr).unwrap();
        assert_eq!(learner.optimizer.lrs(), [lr, lr * (0.1 / 3.0 / 0.1)]);
    }
    learner.optimizer.set_lrs(&[0.0, 0.5]);
    learner.fit(1, 0.1).unwrap();
    assert_eq!(
        learner.optimizer.lrs(),
        [0.0, 0.1],
        "a frozen group stays so"
    );
    learner.lr_find(5).unwrap();
    assert_eq!(learner.optimizer.lrs(), [0.0, 0.1]);
}

#[test]
fn groups_go_on_bit_equal_after_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let policy = || Policy::new(from_fn(|step| 0.1 / (step as f64 + 1.7)));
    let weights = |learner: &Learner| -> Vec<f32> {
        let parameters = learner.optimizer.parameters();
        parameters.iter().map(|p| p.item() as f32).collect()
    };
    let make = || learner_with(loader(20), None, slow_bias);
    let mut whole = make();
    whole.fit_policy(2, &policy()).unwrap();
    let mut first = make()
        .callback(Checkpoints::new(&path).every_batches(1))
        .callback(FailAt(7));
    first.fit_policy(2, &policy()).unwrap_err();
    let mut second = make();
    second.restore_checkpoint(&path).unwrap();
    second.continue_fit(&policy()).unwrap();
    assert_eq!(weights(&second), weights(&whole));
    assert_eq!(second.optimizer.lrs(), whole.optimizer.lrs());
}

/// Ends a run as a kill does.
struct FailAt(usize);

impl Callback for FailAt {
    fn after_backward(&mut self, learner: &mut Learner) -> Result<()> {
        if learner.step() == self.0 {
            return Err(Error::Callback("killed".into()));
        }
        Ok(())
    }
}

#[test]
fn the_learning_rate_finder_leaves_the_random_numbers_alone() {
    let draws = |find: bool| {
        let model = Sequential::new()
            .push(Linear::new(1, 1))
            .push(Dropout::new(0.5));
        let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
        let (train, valid) = (loader(8), None);
        let data = DataLoaders { train, valid };
        let mut learner = Learner::new(data, model, optimizer, |p, t| loss::mse_loss(p, t));
        hammerhead_tensor::manual_seed(3);
        if find {
            learner.lr_find(5).unwrap();
        }
        hammerhead_tensor::Tensor::rand([3]).to_vec::<f32>()
    };
    assert_eq!(draws(true), draws(false));
}

#[test]
fn the_recorder_has_the_rates_that_steps_were_made_with() {
    let plateau = Plateau::new(1.0).patience(0).factor(0.5);
    // At a rate of 0 nothing gets better.
    let mut learner = learner(loader(4), Some(loader(4))).callback(ReduceOnPlateau::new(plateau));
    learner.fit(3, 1e-12).unwrap();
    assert_eq!(learner.recorder.lrs, [1e-12, 1e-12, 0.5e-12]);
}

#[test]
fn validation_without_items_has_no_loss() {
    let mut learner = learner(loader(4), Some(loader(0)));
    learner.fit(1, 0.1).unwrap();
    assert_eq!(learner.recorder.epochs[0].valid_loss, None);
}

#[test]
fn a_validation_loss_that_is_not_finite_ends_the_fit() {
    let mut learner = learner(loader(4), Some(loader(4)));
    let error = learner.fit(1, 1e300).unwrap_err();
    assert!(
        matches!(error, Error::ValidNotFinite { epoch: 0, .. }),
        "{error}"
    );
    assert!(learner.recorder.epochs.is_empty());
}
