//! The training loop on a GPU: it waits for what somebody reads, and for nothing else.

use hammerhead_autograd::Autograd;
use hammerhead_datasets::{DataLoader, TensorDataset};
use hammerhead_gpu::Vulkan;
use hammerhead_learner::metrics::{Accuracy, Average, F1, item_mean};
use hammerhead_learner::{Callback, DataLoaders, Error, Learner, Precision, Recorder, Result};
use hammerhead_nn::{BatchNorm1d, Linear, ModuleExt, ReLU, Sequential, loss};
use hammerhead_optim::{Adam, GradScaler, Optimizer, Step, clip_grad_norm};
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{Cpu, DType, Tensor, manual_seed, one_hot, tensor};

/// Learns which of three classes points belong to, 100 batches an epoch; the point `poison`, if any, is NaN.
fn learner(device: &DeviceRef, poison: Option<usize>) -> Learner {
    manual_seed(5);
    let x = Tensor::randn([800, 3]);
    let y = x.argmax_dim(1);
    if let Some(place) = poison {
        x.select(0, place as isize).fill_(f64::NAN);
    }
    let loader = |x: Tensor, y: Tensor| DataLoader::new(TensorDataset::new(x, y)).batch_size(8);
    let valid = Tensor::randn([160, 3]);
    let targets = valid.argmax_dim(1);
    let data = DataLoaders::new(loader(x, y), loader(valid, targets));
    let mut model = Sequential::new()
        // A bias before a batch norm has no gradient but noise, which Adam would blow up.
        .push(Linear::without_bias(3, 16))
        .push(BatchNorm1d::new(16))
        .push(ReLU::new())
        .push(Linear::new(16, 3));
    model.to(device).unwrap();
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(0.01));
    Learner::new(data, model, optimizer, loss::cross_entropy).device(device)
}

/// How far two runs of two devices may be apart.
fn compare(ours: &Recorder, theirs: &Recorder, tolerance: f64) {
    let close = |a: f64, b: f64| (a - b).abs() < tolerance * b.abs().max(0.1);
    for (step, (&a, &b)) in ours.losses.iter().zip(&theirs.losses).enumerate() {
        assert!(close(a, b), "step {step}: {a}, {b}");
    }
    assert_eq!(ours.losses.len(), theirs.losses.len());
    let (row, other) = (&ours.epochs[0], &theirs.epochs[0]);
    let (a, b) = (row.valid_loss.unwrap(), other.valid_loss.unwrap());
    assert!(close(a, b), "{a}, {b}");
    for (a, b) in row.metrics.iter().zip(&other.metrics) {
        assert!((a - b).abs() < 0.02, "{a}, {b}");
    }
}

struct Clip;

impl Callback for Clip {
    fn after_backward(&mut self, learner: &mut Learner) -> Result<()> {
        clip_grad_norm(&learner.optimizer.parameters(), 1.0);
        Ok(())
    }
}

#[test]
fn a_hundred_steps_read_a_handful_of_times() {
    let gpu = Vulkan::new().unwrap();
    let fit = |device: &DeviceRef| {
        let confidence = |p: &Tensor, _: &Tensor| p.softmax(1).amax_dim(1).mean();
        let mut learner = learner(device, None)
            .metric(Accuracy::new())
            .metric(F1::new(3, Average::Macro))
            .metric(item_mean("confidence", confidence))
            .callback(Clip);
        learner.fit(1, 0.01).unwrap();
        learner
    };
    let before = gpu.stats().queue;
    let there = fit(&gpu);
    let after = gpu.stats().queue;
    // The losses of 64 steps and those of the rest, the validation's, and one for each metric.
    assert_eq!(after.reads - before.reads, 6);
    let here = fit(&Cpu::device());
    compare(&there.recorder, &here.recorder, 2e-3);
    assert!(there.recorder.metric("accuracy").unwrap()[0] > 0.8);
}

#[test]
fn sixteen_bits_learn_as_on_the_cpu_and_read_no_more() {
    let gpu = Vulkan::new().unwrap();
    for precision in [Precision::F16, Precision::BF16] {
        let fit = |device: &DeviceRef| {
            let mut learner = learner(device, None)
                .metric(Accuracy::new())
                .callback(Clip)
                .precision(precision);
            learner.fit(1, 0.01).unwrap();
            learner
        };
        let before = gpu.stats().queue.reads;
        let there = fit(&gpu);
        assert_eq!(gpu.stats().queue.reads - before, 4);
        let here = fit(&Cpu::device());
        // Roundings of 2^-11 and 2^-8 that differ grow over a hundred steps.
        let tolerance = if precision == Precision::F16 {
            0.1
        } else {
            0.5
        };
        compare(&there.recorder, &here.recorder, tolerance);
        assert!(there.recorder.metric("accuracy").unwrap()[0] > 0.8);
        let masters = there.optimizer.parameters();
        assert!(masters.iter().all(|x| x.dtype() == DType::F32));
    }
}

#[test]
fn an_overflow_halves_the_scale_on_the_device() {
    let gpu = Vulkan::new().unwrap();
    let scaler = GradScaler::new().init_scale(2f64.powi(40));
    let mut learner = learner(&gpu, None)
        .precision(Precision::F16)
        .grad_scaler(scaler);
    let start: Vec<Vec<f32>> = learner
        .optimizer
        .parameters()
        .iter()
        .map(Tensor::to_vec)
        .collect();
    let (x, y) = learner.data.train.epoch(0).next().unwrap().unwrap();
    let few = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(8);
    let all = std::mem::replace(&mut learner.data.train, few());
    learner.fit(1, 0.01).unwrap();
    assert_eq!(learner.scaler().unwrap().current_scale(), 2f64.powi(39));
    let after: Vec<Vec<f32>> = learner
        .optimizer
        .parameters()
        .iter()
        .map(Tensor::to_vec)
        .collect();
    assert_eq!(after, start);
    let state = learner.optimizer.state_dict();
    let steps = state
        .iter()
        .find(|(name, _)| name == "0.weight.step")
        .unwrap();
    assert_eq!(steps.1.item(), 0.0);
    learner.data.train = all;
    learner.fit(2, 0.01).unwrap();
    assert!(learner.scaler().unwrap().current_scale() < 2f64.powi(30));
    assert!(learner.recorder.epochs[2].train_loss < 0.6);
}

#[test]
fn the_device_counts_steps_as_the_host_does() {
    let gpu = Vulkan::new().unwrap();
    let train = |device: &DeviceRef, decide: bool| {
        let w = tensor([1.0, -2.0]).to(device).requires_grad_();
        let b = tensor([0.5]).to(device).requires_grad_();
        let parameters = [("w", w.clone()), ("b", b.clone())];
        let mut optimizer =
            Optimizer::new(parameters, Adam::new(0.1)).group("b", |adam| adam.betas(0.0, 0.5));
        for step in 0..40 {
            (w.square().sum() + b.square().sum()).backward();
            match (decide, step % 3 != 2) {
                (true, go) => optimizer.step_if(&tensor(go).to(device)),
                (false, true) => optimizer.step(),
                (false, false) => {}
            }
            optimizer.zero_grad();
        }
        let state = optimizer.state_dict();
        let steps: Vec<f64> = ["w.step", "b.step"]
            .map(|wanted| {
                state
                    .iter()
                    .find(|(name, _)| name == wanted)
                    .unwrap()
                    .1
                    .item()
            })
            .into();
        ([w.to_vec::<f32>(), b.to_vec()].concat(), steps)
    };
    let (there, counted) = train(&gpu, true);
    let (here, steps) = train(&Cpu::device(), false);
    assert_eq!((counted, steps), (vec![27.0; 2], vec![27.0; 2]));
    let close = |(a, b): (&f32, &f32)| (a - b).abs() < 2e-5;
    assert!(there.iter().zip(&here).all(close), "{there:?}, {here:?}");
}

#[test]
fn a_loss_that_is_not_finite_changes_no_parameter_and_names_its_step() {
    let gpu = Vulkan::new().unwrap();
    let mut poisoned = learner(&gpu, Some(8 * 30));
    let error = poisoned.fit(1, 0.01).unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite { epoch: 0, batch: 30, layer: Some(layer), .. } if layer == "0"),
        "{error}"
    );
    assert_eq!((poisoned.step(), poisoned.recorder.losses.len()), (30, 30));
    let state = poisoned.optimizer.state_dict();
    assert!(
        state
            .iter()
            .all(|(_, x)| x.to(&Cpu::device()).is_finite().all().to_scalar::<bool>())
    );
    let steps = state
        .iter()
        .find(|(name, _)| name == "0.weight.step")
        .unwrap();
    assert_eq!(steps.1.item(), 30.0);
    let parameters = poisoned.optimizer.parameters();
    assert!(
        parameters
            .iter()
            .all(|x| x.detach().is_finite().all().to_scalar::<bool>())
    );
}

#[test]
fn one_hot_reads_nothing_and_notes_what_is_no_class() {
    let gpu = Vulkan::new().unwrap();
    let reads = gpu.stats().queue.reads;
    let rows = one_hot(&tensor([2, 0]).to(&gpu), 3);
    assert_eq!(gpu.stats().queue.reads, reads);
    assert_eq!(rows.to_vec::<i64>(), [0, 0, 1, 1, 0, 0]);
    for wrong in [3, -1] {
        let rows = one_hot(&tensor([0, wrong]).to(&gpu), 3);
        assert!(rows.try_to_vec::<i64>().is_err());
    }
}

#[test]
fn sums_and_products_of_truth_values_are_truth_values() {
    let gpu = Vulkan::new().unwrap();
    let (a, b) = (
        tensor([false, false, true, true]).to(&gpu),
        tensor([false, true, false, true]).to(&gpu),
    );
    assert_eq!((&a + &b).to_vec::<bool>(), [false, true, true, true]);
    assert_eq!((&a * &b).to_vec::<bool>(), [false, false, false, true]);
    assert_eq!((&a * &b).dtype(), DType::Bool);
}
