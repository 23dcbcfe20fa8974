//! A device that works behind the caller: its values are read many at a time, and all comes out as where
//! each is read at once.

mod late;

use hammerhead_autograd::Autograd;
use hammerhead_datasets::{DataLoader, TensorDataset};
use hammerhead_learner::metrics::{
    Accuracy, Average, F1, Precision, Recall, TopK, batch_mean, item_mean,
};
use hammerhead_learner::{Callback, Checkpoints, DataLoaders, Error, Learner, Policy, Result};
use hammerhead_nn::{
    BatchNorm1d, Linear, Mode, Module, ModuleExt, ModuleState, NormOptions, ReLU, Sequential,
    load_file, loss, module,
};
use hammerhead_optim::schedule::from_fn;
use hammerhead_optim::{Adam, Optimizer, Sgd, Step, clip_grad_norm};
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{Cpu, DType, Tensor, manual_seed, one_hot, tensor};
use late::Late;

/// Batches of 4.
const BATCHES: usize = 25;

/// Learns which of three classes points belong to; the point `poison`, if any, is NaN.
fn learner(device: &DeviceRef, poison: Option<usize>) -> Learner {
    manual_seed(5);
    let x = Tensor::randn([4 * BATCHES, 3]);
    let y = x.argmax_dim(1);
    if let Some(place) = poison {
        x.select(0, place as isize).fill_(f64::NAN);
    }
    let loader =
        |x: &Tensor| DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(4);
    let valid = Tensor::randn([4 * BATCHES, 3]);
    let data = DataLoaders::new(loader(&x), loader(&valid));
    let options = NormOptions {
        momentum: None,
        ..NormOptions::default()
    };
    let mut model = Sequential::new()
        .push(Linear::new(3, 8))
        .push(BatchNorm1d::with(8, options))
        .push(ReLU::new())
        .push(Linear::new(8, 3));
    model.to(device).unwrap();
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(0.01));
    Learner::new(data, model, optimizer, loss::cross_entropy)
        .device(device)
        .callback(Clip)
}

struct Clip;

impl Callback for Clip {
    fn after_backward(&mut self, learner: &mut Learner) -> Result<()> {
        clip_grad_norm(&learner.optimizer.parameters(), 1.0);
        Ok(())
    }
}

/// Tensors by name, in bytes.
type Bytes = Vec<(String, Vec<u8>)>;

/// Everything that a fit leaves, in bits: states, numbers, step and batch.
fn left(learner: &Learner) -> (Bytes, Vec<u64>, usize, usize) {
    let states = [learner.model.state_dict(), learner.optimizer.state_dict()].concat();
    let bytes = |(name, x): (String, Tensor)| (name, x.try_to_bytes().unwrap());
    let recorder = &learner.recorder;
    let mut numbers: Vec<f64> = [&recorder.losses[..], &recorder.lrs[..]].concat();
    for row in &recorder.epochs {
        numbers.extend([row.train_loss, row.valid_loss.unwrap()]);
        numbers.extend(&row.metrics);
    }
    numbers.push(learner.train_loss());
    (
        states.into_iter().map(bytes).collect(),
        numbers.into_iter().map(f64::to_bits).collect(),
        learner.step(),
        learner.batch(),
    )
}

#[test]
fn a_fit_reads_a_handful_of_times_and_gives_the_same_bits() {
    let fit = |device: &DeviceRef| {
        let mut learner = learner(device, None)
            .metric(Accuracy::new())
            .metric(TopK::new(2))
            .metric(Precision::new(3, Average::Macro))
            .metric(Recall::new(3, Average::Class(1)))
            .metric(F1::new(3, Average::Macro))
            .metric(item_mean("confidence", |p: &Tensor, _: &Tensor| {
                p.softmax(1).amax_dim(1).mean()
            }))
            .metric(batch_mean("size", |p: &Tensor, _: &Tensor| p.abs().sum()));
        learner.fit_one_cycle(4, 0.05).unwrap();
        learner
    };
    let (late, device) = Late::device();
    let there = fit(&device);
    // A hundred steps and as many batches of validation: per epoch one read of the training losses, one of
    // the validation's, and one for each of the seven metrics.
    assert_eq!(late.reads(), 4 * 9);
    assert_eq!(left(&there), left(&fit(&Cpu::device())));
    assert_eq!(there.recorder.losses.len(), 100);
}

#[test]
fn a_long_epoch_owes_64_losses_at_most() {
    let (late, device) = Late::device();
    let mut learner = learner(&device, None).callback(Seen::default());
    learner.data.valid = None;
    let x = Tensor::randn([600, 3]);
    let y = x.argmax_dim(1);
    learner.data.train = DataLoader::new(TensorDataset::new(x, y)).batch_size(4);
    learner.fit(1, 0.01).unwrap();
    assert_eq!(late.reads(), 3);
    assert_eq!(learner.recorder.losses.len(), 150);

    /// That no more than 64 steps are without a recorded loss.
    #[derive(Default)]
    struct Seen(usize);

    impl Callback for Seen {
        fn after_batch(&mut self, learner: &mut Learner) -> Result<hammerhead_learner::Flow> {
            self.0 += 1;
            assert!(learner.recorder.losses.len() + 64 > self.0);
            assert_eq!(learner.recorder.lrs.len(), self.0);
            Ok(hammerhead_learner::Flow::Continue)
        }
    }
}

#[test]
fn a_loss_that_is_not_finite_ends_the_fit_as_if_it_had_been_read_at_once() {
    // The 13th batch of the epoch.
    let fail = |device: &DeviceRef| {
        let mut learner = learner(device, Some(50));
        let error = learner.fit(3, 0.01).unwrap_err();
        assert!(
            matches!(&error, Error::NotFinite { epoch: 0, batch: 12, layer: Some(layer), .. } if layer == "0"),
            "{error}"
        );
        (learner, error.to_string())
    };
    let (_, device) = Late::device();
    let ((there, late), (here, at_once)) = (fail(&device), fail(&Cpu::device()));
    assert_eq!(late, at_once);
    let (mut there, mut here) = (left(&there), left(&here));
    // Batch norm counts what passes it, also the batches after the one that ended the fit.
    for states in [&mut there.0, &mut here.0] {
        states.retain(|(name, _)| !name.starts_with("1.running") && !name.ends_with("tracked"));
    }
    assert_eq!(there, here);
    assert_eq!((there.2, there.3), (12, 12));
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
fn checkpoints_hold_what_is_owed_and_a_run_goes_on_bit_equal() {
    let folder = tempfile::tempdir().unwrap();
    let policy = || Policy::new(from_fn(|step| 0.1 / (step as f64 + 1.7)));
    let (_, device) = Late::device();
    let path = |name: &str| folder.path().join(name);
    let killed = |device: &DeviceRef, name: &str| {
        let checkpoints = Checkpoints::new(path(name)).every_batches(7);
        let mut learner = learner(device, None)
            .callback(checkpoints)
            .callback(FailAt(40));
        learner.fit_policy(2, &policy()).unwrap_err();
        assert_eq!(
            learner.recorder.losses.len(),
            40,
            "also of a fit that failed"
        );
    };
    killed(&device, "there");
    killed(&Cpu::device(), "here");
    let read = |name: &str| {
        let (mut tensors, notes) = load_file(path(name)).unwrap();
        tensors.sort_by(|a, b| a.0.cmp(&b.0));
        let bytes: Vec<_> = tensors
            .iter()
            .map(|(_, x)| x.try_to_bytes().unwrap())
            .collect();
        let note: serde_json::Value = serde_json::from_str(&notes["hammerhead.run"]).unwrap();
        (
            bytes,
            note["recorder"]["losses"].clone(),
            note["smooth"].clone(),
            note["step"].clone(),
        )
    };
    assert_eq!(read("there"), read("here"));

    let mut whole = learner(&device, None);
    whole.fit_policy(2, &policy()).unwrap();
    let mut resumed = learner(&device, None);
    resumed.restore_checkpoint(path("there")).unwrap();
    resumed.continue_fit(&policy()).unwrap();
    assert_eq!(left(&resumed), left(&whole));
}

#[test]
fn a_checkpoint_asked_for_in_between_holds_what_is_owed() {
    struct Save(std::path::PathBuf);

    impl Callback for Save {
        fn after_batch(&mut self, learner: &mut Learner) -> Result<hammerhead_learner::Flow> {
            if learner.step() == 9 {
                learner.save_checkpoint(&self.0, &serde_json::Value::Null)?;
                assert!(learner.recorder.losses.is_empty(), "nothing was taken over");
            }
            Ok(hammerhead_learner::Flow::Continue)
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let (_, device) = Late::device();
    let mut first = learner(&device, None).callback(Save(path.clone()));
    first.fit(1, 0.01).unwrap();
    let mut second = learner(&device, None);
    second.restore_checkpoint(&path).unwrap();
    assert_eq!(second.recorder.losses, first.recorder.losses[..9]);
    second.continue_fit(&Policy::constant(0.01)).unwrap();
    assert_eq!(left(&second), left(&first));
}

#[test]
fn the_learning_rate_finder_finds_the_same_with_few_reads() {
    let (late, device) = Late::device();
    let mut there = learner(&device, None);
    let before = late.reads();
    let found = there.lr_find(100).unwrap();
    let reads = late.reads() - before;
    let mut here = learner(&Cpu::device(), None);
    assert_eq!(found, here.lr_find(100).unwrap());
    assert_eq!(left(&there), left(&here));
    // The states that are put back afterwards are copies on the device.
    assert!(reads <= 6, "{reads}");
}

#[test]
fn the_learning_rate_finder_in_the_middle_of_a_fit_keeps_its_losses() {
    struct Look;

    impl Callback for Look {
        fn after_batch(&mut self, learner: &mut Learner) -> Result<hammerhead_learner::Flow> {
            if learner.batch() == 7 {
                learner.lr_find(3)?;
            }
            Ok(hammerhead_learner::Flow::Continue)
        }
    }

    let fit = |device: &DeviceRef| {
        let mut learner = learner(device, None).callback(Look);
        learner.fit(1, 0.01).unwrap();
        learner
    };
    let (_, device) = Late::device();
    let there = fit(&device);
    assert_eq!(there.recorder.losses.len(), BATCHES);
    assert_eq!(left(&there), left(&fit(&Cpu::device())));
}

#[test]
fn a_device_lost_in_a_fit_is_an_error() {
    struct Lose(std::sync::Arc<Late>);

    impl Callback for Lose {
        fn after_batch(&mut self, learner: &mut Learner) -> Result<hammerhead_learner::Flow> {
            if learner.batch() == 3 {
                self.0.lose();
            }
            Ok(hammerhead_learner::Flow::Continue)
        }
    }

    let (late, device) = Late::device();
    let mut learner = learner(&device, None).callback(Lose(late));
    let error = learner.fit(1, 0.01).unwrap_err();
    assert!(matches!(error, Error::Device(_)), "{error}");
    assert!(error.to_string().contains("lost"), "{error}");
}

/// Takes batches to a device by itself.
struct Onto {
    device: DeviceRef,
    layer: Linear,
}

module!(Onto { modules: layer; settings: device });

impl Module for Onto {
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        self.layer.forward(x.to(&self.device), mode)
    }
}

#[test]
fn a_model_that_moves_its_batches_is_read_as_rarely() {
    let (late, device) = Late::device();
    let fit = |device: &DeviceRef, poison: Option<usize>| {
        let learner = learner(device, poison);
        let mut layer = Linear::new(3, 3);
        layer.to(device).unwrap();
        let optimizer = Optimizer::new(layer.named_parameters(), Sgd::new(0.01));
        let model = Onto {
            device: device.clone(),
            layer,
        };
        let mut data = learner.data;
        data.valid = None;
        let mut moving = Learner::new(data, model, optimizer, |p, y| {
            loss::cross_entropy(p, &y.to(p.device()))
        });
        let outcome = moving.fit(1, 0.01).map_err(|error| error.to_string());
        (outcome, moving.recorder.losses.clone())
    };
    let fine = fit(&device, None);
    assert_eq!(late.reads(), 1);
    assert!(fine.0.is_ok());
    assert_eq!(fine, fit(&Cpu::device(), None));
    assert_eq!(fit(&device, Some(50)), fit(&Cpu::device(), Some(50)));
}

#[test]
fn steps_that_the_device_decides_on_are_those_of_the_host() {
    let (late, device) = Late::device();
    let parameters =
        || ["a", "b", "c"].map(|name| (name, tensor([1.0, -2.0]).to(&device).requires_grad_()));
    let train = |decide: bool| {
        let parameters = parameters();
        let algorithm = Adam::adamw(0.1).amsgrad(true);
        let mut optimizer =
            Optimizer::new(parameters.clone(), algorithm).group("b", |a| a.betas(0.5, 0.7));
        for step in 0..7 {
            // The third comes later, and every third step is not to be.
            let share = if step < 2 { 2 } else { 3 };
            let used = parameters[..share].iter().map(|(_, x)| x.square().sum());
            used.reduce(|a, b| a + b).unwrap().backward();
            match (decide, step % 3 != 2) {
                (true, go) => optimizer.step_if(&tensor(go).to(&device)),
                (false, true) => optimizer.step(),
                (false, false) => {}
            }
            optimizer.zero_grad();
        }
        (parameters, optimizer)
    };
    let reads = late.reads();
    let (decided, mut there) = train(true);
    assert_eq!(late.reads(), reads, "nothing waits");
    let (host, mut here) = train(false);
    let bits = |parameters: &[(&str, Tensor)], optimizer: &Optimizer<Adam>| {
        let parameters = parameters
            .iter()
            .map(|(name, x)| (name.to_string(), x.detach()));
        let all = parameters.chain(optimizer.state_dict());
        let bytes = all.map(|(name, x)| (name, x.try_to_bytes().unwrap()));
        bytes.collect::<Vec<_>>()
    };
    assert_eq!(bits(&decided, &there), bits(&host, &here));
    // Steps of the host after those of the device go on counting.
    for (parameters, optimizer) in [(&decided, &mut there), (&host, &mut here)] {
        parameters[0].1.square().sum().backward();
        optimizer.step();
    }
    assert_eq!(bits(&decided, &there), bits(&host, &here));
}

#[test]
fn a_step_that_was_never_made_leaves_no_state() {
    let w = tensor([1.0, 2.0]).requires_grad_();
    let make = || Optimizer::new([("w", w.clone())], Sgd::new(0.1).momentum(0.9));
    let mut optimizer = make();
    w.square().sum().backward();
    optimizer.step_if(&tensor(false));
    assert_eq!(w.to_vec::<f32>(), [1.0, 2.0]);
    let state = optimizer.state_dict();
    make().load_state_dict(&state).unwrap();
    assert!(
        state
            .iter()
            .any(|(name, x)| name == "w.step" && x.item() == 0.0)
    );
    optimizer.step_if(&tensor(true));
    // The velocity starts at the gradient.
    assert_eq!(w.to_vec::<f32>(), [0.8, 1.6]);
}

#[test]
fn one_hot_does_not_read_its_indices() {
    let (late, device) = Late::device();
    let index = tensor([[2, 0], [1, 1]]).to(&device);
    let rows = one_hot(&index, 3);
    assert_eq!(late.reads(), 0);
    assert_eq!((rows.shape(), rows.dtype()), (&[2, 2, 3][..], DType::I64));
    assert_eq!(rows.to_vec::<i64>(), [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0]);
}
