//! Training in 16 bits: as good as in 32, through overflows and across checkpoints.

mod late;

use hammerhead_datasets::{DataLoader, TensorDataset};
use hammerhead_learner::{
    Callback, Checkpoints, DataLoaders, Error, Flow, Learner, Policy, Precision, Result,
};
use hammerhead_nn::{
    BatchNorm1d, Linear, ModuleExt, ModuleState, ReLU, Sequential, load_file, loss,
};
use hammerhead_optim::{Adam, GradScaler, Optimizer, clip_grad_norm};
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{Cpu, DType, Tensor, manual_seed};
use late::Late;

/// Points in batches of 8, whose greatest coordinate is their class; `change` may spoil some.
fn data(change: impl Fn(&Tensor)) -> DataLoaders {
    manual_seed(5);
    let points = |count: usize| {
        let x = Tensor::randn([count, 3]);
        let y = x.argmax_dim(1);
        (x, y)
    };
    let loader = |(x, y)| DataLoader::new(TensorDataset::new(x, y)).batch_size(8);
    let (train, valid) = (points(320), points(160));
    change(&train.0);
    DataLoaders::new(loader(train), loader(valid))
}

fn learner(device: &DeviceRef, data: DataLoaders, precision: Precision) -> Learner {
    manual_seed(6);
    let mut model = Sequential::new()
        .push(Linear::new(3, 16))
        .push(ReLU::new())
        .push(Linear::new(16, 3));
    model.to(device).unwrap();
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(0.01));
    Learner::new(data, model, optimizer, loss::cross_entropy)
        .device(device)
        .precision(precision)
}

fn state(learner: &Learner) -> Vec<(String, Vec<u8>)> {
    let states = [learner.model.state_dict(), learner.optimizer.state_dict()].concat();
    let bytes = |(name, x): (String, Tensor)| (name, x.try_to_bytes().unwrap());
    states.into_iter().map(bytes).collect()
}

fn scale(learner: &Learner) -> f64 {
    learner.scaler().unwrap().current_scale()
}

#[test]
fn sixteen_bits_learn_what_32_do() {
    let fit = |precision| {
        manual_seed(6);
        let model = Sequential::new()
            .push(Linear::new(3, 16))
            .push(BatchNorm1d::new(16))
            .push(ReLU::new())
            .push(Linear::new(16, 3));
        let optimizer = Optimizer::new(model.named_parameters(), Adam::new(0.01));
        let mut learner =
            Learner::new(data(|_| ()), model, optimizer, loss::cross_entropy).precision(precision);
        learner.fit(10, 0.01).unwrap();
        for (name, x) in [learner.model.state_dict(), learner.optimizer.state_dict()].concat() {
            assert!(!matches!(x.dtype(), DType::F16 | DType::BF16), "{name}");
        }
        let (predictions, _) = learner
            .predict(learner.data.valid.as_ref().unwrap())
            .unwrap();
        assert_eq!(predictions.dtype(), DType::F32);
        learner.recorder
    };
    let exact = fit(Precision::F32);
    let last = |recorder: &hammerhead_learner::Recorder| {
        let row = recorder.epochs.last().unwrap();
        (row.train_loss, row.valid_loss.unwrap())
    };
    assert!(last(&exact).1 < 0.2, "{:?}", last(&exact));
    // One rounding to 16 bits is 2^-11 or 2^-8.
    for (precision, margin) in [(Precision::F16, 0.01), (Precision::BF16, 0.04)] {
        let rounded = fit(precision);
        assert_ne!(rounded.losses, exact.losses);
        let ((a, b), (c, d)) = (last(&rounded), last(&exact));
        assert!(
            (a - c).abs() < margin && (b - d).abs() < margin,
            "{precision:?}: {a} {b}, {c} {d}"
        );
    }
}

/// Notes model and optimiser after each of the first steps, and the scale.
#[derive(Default)]
struct Notes(std::rc::Rc<std::cell::RefCell<Vec<Note>>>);

type Note = (Vec<(String, Vec<u8>)>, f64);

impl Callback for Notes {
    fn after_batch(&mut self, learner: &mut Learner) -> Result<Flow> {
        self.0.borrow_mut().push((state(learner), scale(learner)));
        Ok(Flow::Continue)
    }
}

#[test]
fn a_scale_too_large_falls_until_gradients_fit() {
    let notes = Notes::default();
    let seen = notes.0.clone();
    let mut first = learner(&Cpu::device(), data(|_| ()), Precision::F16)
        .grad_scaler(GradScaler::new().init_scale(2f64.powi(24)))
        .callback(notes);
    let start = state(&first);
    first.fit(3, 0.01).unwrap();
    let notes = seen.take();
    let skipped = notes
        .iter()
        .take_while(|(_, scale)| *scale < 2f64.powi(24))
        .count();
    assert!(skipped > 3);
    let made = notes
        .windows(2)
        .filter(|pair| pair[0].1 == pair[1].1)
        .count();
    assert!(made > 100, "{made}");
    // While the scale falls at once, nothing else changes but the rate of the group.
    let parameters = |state: &[(String, Vec<u8>)]| {
        let kept = state.iter().filter(|(name, _)| !name.starts_with("group."));
        kept.cloned().collect::<Vec<_>>()
    };
    assert_eq!(notes[0].1, 2f64.powi(23));
    assert_eq!(notes[1].1, 2f64.powi(22));
    assert_eq!(parameters(&notes[1].0), parameters(&start));
    let losses = &first.recorder.losses;
    assert!(losses.iter().all(|loss| loss.is_finite()));
    assert!(first.recorder.epochs[2].valid_loss.unwrap() < 0.5);
}

#[test]
fn activations_beyond_16_bits_leave_out_their_step() {
    let spoil = |x: &Tensor| {
        x.narrow(0, 8 * 7, 8).mul_(1e30);
    };
    let fit = |device: &DeviceRef| {
        let mut learner = learner(device, data(spoil), Precision::F16);
        learner.fit(3, 0.01).unwrap();
        learner
    };
    let (late, device) = Late::device();
    let (here, there) = (fit(&Cpu::device()), fit(&device));
    // Two reads an epoch: the losses of training and of validation.
    assert_eq!(late.reads(), 3 * 2);
    let losses = &here.recorder.losses;
    let beyond: Vec<usize> = (0..losses.len())
        .filter(|&i| !losses[i].is_finite())
        .collect();
    assert_eq!(beyond, [7, 47, 87]);
    assert_eq!(scale(&here), 65536.0 / 8.0);
    assert!(here.train_loss() < 0.7);
    assert_eq!(state(&here), state(&there));
    let bits = |losses: &[f64]| losses.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(losses), bits(&there.recorder.losses));
    assert_eq!(scale(&there), scale(&here));
}

#[test]
fn sixteen_losses_in_a_row_beyond_numbers_end_the_fit() {
    let spoil = |x: &Tensor| {
        x.narrow(0, 8 * 10, 8 * 16).mul_(1e30);
    };
    let fail = |device: &DeviceRef| {
        let mut learner = learner(device, data(spoil), Precision::F16);
        let error = learner.fit(1, 0.01).unwrap_err();
        assert!(
            matches!(&error, Error::NotFinite { epoch: 0, batch: 25, layer: Some(layer), .. } if layer == "0"),
            "{error}"
        );
        assert_eq!((learner.step(), learner.recorder.losses.len()), (25, 25));
        learner
    };
    let (_, device) = Late::device();
    // The batches after the row are fine, but no step is made on them.
    assert_eq!(state(&fail(&device)), state(&fail(&Cpu::device())));

    let fewer = |x: &Tensor| {
        x.narrow(0, 8 * 10, 8 * 15).mul_(1e30);
    };
    learner(&device, data(fewer), Precision::F16)
        .fit(1, 0.01)
        .unwrap();
}

/// Ends a run as a kill does.
struct FailAt(usize);

impl Callback for FailAt {
    fn after_backward(&mut self, learner: &mut Learner) -> Result<()> {
        clip_grad_norm(&learner.optimizer.parameters(), 1.0);
        if learner.step() == self.0 {
            return Err(Error::Callback("killed".into()));
        }
        Ok(())
    }
}

#[test]
fn a_resumed_run_ends_bit_equal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let spoil = |x: &Tensor| {
        x.narrow(0, 8 * 12, 8).mul_(1e30);
    };
    let (_, device) = Late::device();
    for device in [Cpu::device(), device] {
        for (precision, killed) in [
            (Precision::F16, 14),
            (Precision::F16, 57),
            (Precision::BF16, 57),
        ] {
            let make = |fail: usize| {
                // Only 16 bits without the range of 32 survive what is spoilt.
                let half = precision == Precision::F16;
                let data = if half { data(spoil) } else { data(|_| ()) };
                let learner = learner(&device, data, precision).callback(FailAt(fail));
                if half {
                    learner.grad_scaler(GradScaler::new().growth_interval(9))
                } else {
                    learner
                }
            };
            let mut whole = make(usize::MAX);
            whole.fit(2, 0.01).unwrap();
            let checkpoints = Checkpoints::new(&path).every_batches(5);
            make(killed).callback(checkpoints).fit(2, 0.01).unwrap_err();
            let mut resumed = make(usize::MAX);
            resumed.restore_checkpoint(&path).unwrap();
            resumed.continue_fit(&Policy::constant(0.01)).unwrap();
            assert_eq!(state(&resumed), state(&whole));
            let scales =
                [&resumed, &whole].map(|learner| learner.scaler().map(GradScaler::current_scale));
            assert_eq!(scales[0], scales[1]);
            let bits = |learner: &Learner| -> Vec<u64> {
                let losses = &learner.recorder.losses;
                losses.iter().map(|x| x.to_bits()).collect()
            };
            assert_eq!(bits(&resumed), bits(&whole));
        }
    }
}

#[test]
fn a_checkpoint_of_another_precision_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let cpu = Cpu::device();
    let mut half = learner(&cpu, data(|_| ()), Precision::F16).callback(Checkpoints::new(&path));
    half.fit(1, 0.01).unwrap();
    let (tensors, _) = load_file(&path).unwrap();
    assert!(tensors.iter().any(|(name, _)| name == "scaler.scale"));
    assert!(
        tensors
            .iter()
            .any(|(name, x)| name == "model.0.weight" && x.dtype() == DType::F32)
    );
    let mut full = learner(&cpu, data(|_| ()), Precision::F32);
    let before = state(&full);
    let error = full.restore_checkpoint(&path).unwrap_err().to_string();
    assert!(
        error.ends_with("the run computed in f16, this learner computes in f32; help: Learner::precision sets it"),
        "{error}"
    );
    assert_eq!(state(&full), before);
    let mut bare = learner(&cpu, data(|_| ()), Precision::BF16);
    assert!(bare.restore_checkpoint(&path).is_err());
}

#[test]
fn the_learning_rate_finder_leaves_the_scaler_alone() {
    let cpu = Cpu::device();
    let scaler = GradScaler::new().init_scale(2f64.powi(40));
    let mut learner = learner(&cpu, data(|_| ()), Precision::F16).grad_scaler(scaler);
    let before = state(&learner);
    let found = learner.lr_find(60).unwrap();
    assert!(found.losses.len() > 20);
    assert_eq!(state(&learner), before);
    assert_eq!(scale(&learner), 2f64.powi(40));
}
