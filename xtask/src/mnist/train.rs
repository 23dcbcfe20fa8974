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
use hammerhead::tensor::{manual_seed, num_threads};

use super::report::{Judged, Portrait, Total};
use super::settings::{CHECKPOINT, Settings};
use crate::failure::Failure;
use crate::say::say;

/// Batches between checkpoints within an epoch.
const CHECKPOINT_EVERY: usize = 200;
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
    let learner = Learner::new(data, model, optimizer, loss::cross_entropy)
        .device(device)
        .precision(settings.precision.into())
        .metric(Accuracy::new());
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
    // The last epoch's validation was over the whole test set, so its count need not be made again.
    let accuracy = learner
        .recorder
        .metric("accuracy")
        .and_then(|epochs| epochs.last().copied());
    let accuracy = accuracy.ok_or_else(|| Failure::check("the run has no finished epoch"))?;
    let right = (accuracy * test.len() as f64).round() as u64;
    let seconds = match resume {
        None => start.elapsed().as_secs_f64(),
        // What this process took is not all of it.
        Some(_) => learner.recorder.epochs.iter().map(|row| row.seconds).sum(),
    };
    let total = Total {
        right,
        seen: test.len() as u64,
        epochs: learner.recorder.epochs.len(),
        seconds,
    };
    Ok(Outcome {
        portrait: Portrait::of(&mut learner.model),
        judged: Judged::by(&learner, test)?,
        state: learner.model.state_dict(),
        recorder: learner.recorder,
        total,
    })
}
