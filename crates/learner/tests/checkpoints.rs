//! Checkpoints: everything comes back, and nothing changes when something does not fit.

mod small;

use hammerhead_learner::{Callback, Checkpoints, EarlyStopping, Recorder, RunState};
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

/// A callback whose state can't be taken over.
struct Stubborn;

impl Callback for Stubborn {
    fn name(&self) -> &'static str {
        "stubborn"
    }

    fn state(&self) -> Option<serde_json::Value> {
        Some(serde_json::Value::Null)
    }

    fn restore(&mut self, _: &serde_json::Value) -> Result<(), String> {
        Err("stubborn: never".into())
    }
}

#[test]
fn nothing_changes_when_a_callback_cannot_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (path, after) = (folder.path().join("run"), folder.path().join("after"));
    let make = || {
        learner(loader(8), Some(loader(8)))
            .callback(EarlyStopping::new(3))
            .callback(Stubborn)
    };
    let mut first = make().callback(Checkpoints::new(&path));
    first.fit(2, 0.05).unwrap();

    let mut second = make();
    second.fit(1, 0.01).unwrap();
    let note = serde_json::Value::Null;
    second
        .save_checkpoint(folder.path().join("before"), &note)
        .unwrap();
    let error = second.restore_checkpoint(&path).unwrap_err().to_string();
    assert!(error.ends_with("stubborn: never"), "{error}");
    second.save_checkpoint(&after, &note).unwrap();
    let values = |name: &str| {
        let (mut state, notes) = hammerhead_nn::load_file(folder.path().join(name)).unwrap();
        state.sort_by(|a, b| a.0.cmp(&b.0));
        let bytes: Vec<Vec<u8>> = state
            .iter()
            .map(|(_, x)| x.try_to_bytes().unwrap())
            .collect();
        (bytes, notes["hammerhead.run"].clone())
    };
    assert_eq!(values("after"), values("before"));
}
