//! Checkpoints: everything comes back, and nothing changes when something does not fit.

mod small;

use hammerhead_learner::{Checkpoints, Recorder, RunState};
use hammerhead_tensor::Tensor;
use small::{learner, loader};

#[test]
fn numbers_that_json_does_not_have_come_back() {
    let mut recorder = Recorder::default();
    for value in [0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0] {
        recorder.losses.push(value);
    }
    let text = serde_json::to_string(&recorder).unwrap();
    let back: Recorder = serde_json::from_str(&text).unwrap();
    let bits = |numbers: &[f64]| -> Vec<u64> { numbers.iter().map(|x| x.to_bits()).collect() };
    assert_eq!(bits(&back.losses), bits(&recorder.losses));
    assert!(serde_json::from_str::<Recorder>(&text.replace("NaN", "none")).is_err());
}

#[test]
fn a_metric_that_is_nan_leaves_a_checkpoint_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let make = || {
        let nan = hammerhead_learner::metrics::batch_mean("nan", |p: &Tensor, _: &Tensor| {
            (p * f64::NAN).sum()
        });
        learner(loader(8), Some(loader(8))).metric(nan)
    };
    let mut first = make().callback(Checkpoints::new(&path));
    first.fit(1, 0.1).unwrap();
    RunState::read(&path).unwrap();
    let mut second = make();
    second.restore_checkpoint(&path).unwrap();
    assert!(second.recorder.epochs[0].metrics[0].is_nan());
}

#[test]
fn an_epoch_without_batches_leaves_a_checkpoint_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let mut first = learner(loader(0), None).callback(Checkpoints::new(&path));
    first.fit(1, 0.1).unwrap();
    let mut second = learner(loader(0), None);
    second.restore_checkpoint(&path).unwrap();
    assert!(second.recorder.epochs[0].train_loss.is_nan());
}
