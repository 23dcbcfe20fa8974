//! The run itself.

use std::path::Path;
use std::time::Instant;

use hammerhead::datasets::{DataLoader, Dataset, ImageSet, LastBatch, Mnist, Shuffle};
use hammerhead::learner::{
    Checkpoints, DataLoaders, Learner, Policy, ProgressBar, Recorder, metrics::Accuracy,
};
use hammerhead::nn::{ModuleExt, ModuleState, StateDict, loss};
use hammerhead::optim::{Adam, Optimizer};
use hammerhead::tensor::device::DeviceRef;
use hammerhead::tensor::{Tensor, manual_seed, num_threads};

use super::report::{Judged, Portrait, Total};
use super::settings::{CHECKPOINT, Settings};
use crate::failure::Failure;
use crate::say::say;

/// Batches between checkpoints within an epoch.
const CHECKPOINT_EVERY: usize = 200;
/// How the line begins that says how long training took, before the test digits are looked at.
pub const TRAINED: &str = "trained in";
/// Mean and standard deviation of the training pixels.
pub const NORMALIZATION: (f32, f32) = (0.1307, 0.3081);

/// What came out.
pub struct Outcome {
    pub recorder: Recorder,
    pub state: StateDict,
    pub total: Total,
    pub portrait: Portrait,
    pub judged: Judged,
}

/// The learner of a run, which has done nothing yet, and its schedule.
pub fn learner(
    settings: &Settings,
    device: &DeviceRef,
    digits: Mnist,
) -> Result<(Learner, Policy), Failure> {
    let (train, test) = (normalized(digits.train), normalized(digits.test));
    let data = DataLoaders::new(
        DataLoader::new(train)
            .batch_size(settings.batch_size)
            .shuffle(Shuffle::Seeded(settings.seed))
            .last(LastBatch::Keep),
        DataLoader::new(test).batch_size(500),
    );
    manual_seed(settings.seed);
    let mut model = settings.model.build();
    model.to(device).map_err(Failure::check)?;
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(settings.lr));
    let policy = Policy::one_cycle(settings.lr, settings.epochs * data.train.len());
    let options = loss::CrossEntropyOptions {
        label_smoothing: settings.model.label_smoothing(),
        ..Default::default()
    };
    let loss =
        move |scores: &Tensor, labels: &Tensor| loss::cross_entropy_with(scores, labels, options);
    let mut learner = Learner::new(data, model, optimizer, loss)
        .device(device)
        .precision(settings.precision.into());
    let learner = if settings.model.looks_each_epoch() {
        learner.metric(Accuracy::new())
    } else {
        learner.data.valid = None;
        learner
    };
    Ok((learner, policy))
}

/// Pictures as the networks are shown them.
pub fn normalized(pictures: ImageSet) -> ImageSet {
    let (mean, std) = NORMALIZATION;
    pictures.normalize(mean, std)
}

pub fn train(
    settings: &Settings,
    device: &DeviceRef,
    digits: Mnist,
    out: &Path,
    resume: Option<&Path>,
) -> Result<Outcome, Failure> {
    let start = Instant::now();
    say(format_args!(
        "training {} on {} of the MNIST digits for {} epochs on {} threads, seed {}; testing on {}",
        settings.model.name(),
        digits.train.len(),
        settings.epochs,
        num_threads(),
        settings.seed,
        digits.test.len()
    ));
    let test = digits.test.clone();
    let (learner, policy) = learner(settings, device, digits)?;
    say(format_args!(
        "{} parameters",
        learner.model.num_parameters()
    ));
    let description = serde_json::to_value(settings).map_err(Failure::check)?;
    let checkpoints = Checkpoints::new(out.join(CHECKPOINT))
        .every_batches(CHECKPOINT_EVERY)
        .description(description);
    let mut learner = learner.callback(ProgressBar::new()).callback(checkpoints);
    let fitted = match resume {
        None => learner.fit_policy(settings.epochs, &policy),
        Some(folder) => {
            let restored = learner.restore_checkpoint(folder.join(CHECKPOINT));
            restored.map_err(|e| Failure::input(format!("--resume: {e}")))?;
            say(format_args!(
                "resumed at epoch {}, batch {}",
                learner.epoch(),
                learner.batch()
            ));
            learner.continue_fit(&policy)
        }
    };
    fitted.map_err(Failure::check)?;
    let seconds = match resume {
        None => start.elapsed().as_secs_f64(),
        // What this process took is not all of it.
        Some(_) => learner.recorder.epochs.iter().map(|row| row.seconds).sum(),
    };
    if !settings.model.looks_each_epoch() {
        say(format_args!("{TRAINED} {seconds:.2} s"));
    }
    let seen = test.len() as u64;
    let judged = Judged::by(&learner, test)?;
    let total = Total {
        right: (0..10)
            .map(|digit| judged.confusion.count(digit, digit))
            .sum(),
        seen,
        epochs: learner.recorder.epochs.len(),
        seconds,
    };
    Ok(Outcome {
        portrait: Portrait::of(&mut learner.model),
        judged,
        state: learner.model.state_dict(),
        recorder: learner.recorder,
        total,
    })
}
