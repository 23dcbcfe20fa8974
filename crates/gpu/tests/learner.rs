//! The training loop on a GPU: it waits for what somebody reads, and for nothing else.

use hammerhead_datasets::{DataLoader, TensorDataset};
use hammerhead_gpu::Vulkan;
use hammerhead_learner::metrics::{Accuracy, Average, F1, item_mean};
use hammerhead_learner::{Callback, DataLoaders, Error, Learner, Result};
use hammerhead_nn::{BatchNorm1d, Linear, ModuleExt, ReLU, Sequential, loss};
use hammerhead_optim::{Adam, Optimizer, clip_grad_norm};
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{Cpu, Tensor, manual_seed, one_hot, tensor};

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
    let (ours, theirs) = (&there.recorder, &here.recorder);
    let close = |a: f64, b: f64| (a - b).abs() < 2e-3 * b.abs().max(0.1);
    assert!(
        ours.losses
            .iter()
            .zip(&theirs.losses)
            .all(|(&a, &b)| close(a, b))
    );
    let (row, other) = (&ours.epochs[0], &theirs.epochs[0]);
    assert!(close(row.valid_loss.unwrap(), other.valid_loss.unwrap()));
    assert!(
        row.metrics
            .iter()
            .zip(&other.metrics)
            .all(|(&a, &b)| (a - b).abs() < 0.02)
    );
    assert!(row.metrics[0] > 0.8, "{}", row.metrics[0]);
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
