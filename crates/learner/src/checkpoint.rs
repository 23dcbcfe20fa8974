//! Checkpoints: one file with everything that decides how a run goes on.

use std::path::{Path, PathBuf};

use hammerhead_datasets::Position;
use hammerhead_nn::{ModuleState, StateDict, Strictness, load_file, save_file};
use hammerhead_optim::GradScaler;
use hammerhead_tensor::random::{GeneratorState, from_state};
use hammerhead_tensor::{Tensor, set_generator, with_current_generator};
use serde::{Deserialize, Serialize};

use crate::learner::Run;
use crate::shares::Shares;
use crate::{Callback, Error, Flow, Learner, Precision, Recorder, Result, Smooth};

const MODEL: &str = "model.";
const OPTIMIZER: &str = "optimizer.";
const SCALER: &str = "scaler.";
const NOTE: &str = "hammerhead.run";
const CHECKSUM: &str = "hammerhead.checksum";

/// Writes a checkpoint at the start of a fit, after every epoch and every few batches. A run that is
/// killed at any moment and restored from it ends bit-equal to one never killed: model, optimiser,
/// step of the schedule, generator, place in the data and callbacks are all in the file, which is
/// replaced as a whole or not at all.
///
/// ```
/// # use hammerhead_datasets::{DataLoader, TensorDataset};
/// # use hammerhead_nn::{Linear, ModuleExt, loss};
/// # use hammerhead_optim::{Optimizer, Sgd};
/// # use hammerhead_tensor::{Tensor, manual_seed};
/// use hammerhead_learner::{Checkpoints, DataLoaders, Learner, RunState};
/// # manual_seed(1);
/// # let x = Tensor::randn([64, 2]);
/// # let y = &x * 3.0 - 1.0;
/// # let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(16);
/// # let data = DataLoaders::new(data(), data());
/// # let model = Linear::new(2, 2);
/// # let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
/// let path = std::env::temp_dir().join(format!("hammerhead-run-{}.safetensors", std::process::id()));
/// let mut learner = Learner::new(data, model, optimizer, |p, t| loss::mse_loss(p, t))
///     .callback(Checkpoints::new(&path).every_batches(100));
/// learner.fit(2, 0.1)?;
/// assert!(RunState::read(&path)?.is_finished());
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), hammerhead_learner::Error>(())
/// ```
pub struct Checkpoints {
    path: PathBuf,
    every_batches: Option<usize>,
    description: serde_json::Value,
}

/// What a checkpoint says besides tensors.
///
/// ```
/// use hammerhead_learner::RunState;
/// let error = RunState::read("no/such/file").unwrap_err();
/// assert!(error.to_string().contains("no/such/file"));
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunState {
    format: u32,
    epochs: usize,
    epoch: u64,
    batch: usize,
    step: usize,
    stopped: bool,
    seconds: f64,
    smooth: Smooth,
    /// Of earlier versions, which had no other.
    #[serde(default)]
    precision: Precision,
    #[serde(default)]
    overflows: usize,
    /// Empty in files of earlier versions, which had one rate for all groups.
    #[serde(default)]
    shares: Vec<f64>,
    generator: Vec<u8>,
    recorder: Recorder,
    callbacks: Vec<(String, serde_json::Value)>,
    /// What the program that trains noted of itself, such as its arguments.
    pub description: serde_json::Value,
}

const FORMAT: u32 = 1;

/// A checksum over every tensor and the note, since a damaged value would otherwise be trained on.
fn checksum(tensors: &[(String, Tensor)], note: &str) -> Result<String, hammerhead_tensor::Error> {
    let mut sorted: Vec<&(String, Tensor)> = tensors.iter().collect();
    sorted.sort_by_key(|(name, _)| name);
    let mut hasher = crc32fast::Hasher::new();
    for (name, tensor) in sorted {
        hasher.update(format!("{name} {} {:?} ", tensor.dtype(), tensor.shape()).as_bytes());
        hasher.update(&tensor.try_to_bytes()?);
    }
    hasher.update(note.as_bytes());
    Ok(format!("{:08x}", hasher.finalize()))
}

impl Checkpoints {
    /// Checkpoints in this file, at the start and after every epoch.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            every_batches: None,
            description: serde_json::Value::Null,
        }
    }

    /// Also after every `batches` batches of an epoch.
    pub fn every_batches(mut self, batches: usize) -> Self {
        self.every_batches = Some(batches.max(1));
        self
    }

    /// Notes something with every checkpoint, such as the arguments of the run.
    pub fn description(mut self, description: serde_json::Value) -> Self {
        self.description = description;
        self
    }

    fn save(&self, learner: &Learner) -> Result<()> {
        learner.save_checkpoint(&self.path, &self.description)
    }
}

impl Callback for Checkpoints {
    fn order(&self) -> i32 {
        100
    }

    fn name(&self) -> &'static str {
        "checkpoints"
    }

    fn before_fit(&mut self, learner: &mut Learner) -> Result<()> {
        self.save(learner)
    }

    fn after_batch(&mut self, learner: &mut Learner) -> Result<Flow> {
        if self
            .every_batches
            .is_some_and(|every| learner.batch().is_multiple_of(every))
        {
            learner.sync()?;
            self.save(learner)?;
        }
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, learner: &mut Learner) -> Result<Flow> {
        self.save(learner)?;
        Ok(Flow::Continue)
    }
}

/// Reads a checkpoint and proves it whole.
fn read(path: &Path) -> Result<(StateDict, RunState)> {
    let (tensors, notes) = load_file(path)?;
    let note = notes.get(NOTE).ok_or_else(|| {
        Error::checkpoint(
            path,
            format!("no `{NOTE}` note: this is a tensor file, but not a checkpoint of a run"),
        )
    })?;
    let sum = checksum(&tensors, note).map_err(|error| Error::checkpoint(path, error))?;
    if notes.get(CHECKSUM) != Some(&sum) {
        let reason = "the checksum is wrong: the file was damaged after it was written; use another checkpoint";
        return Err(Error::checkpoint(path, reason));
    }
    let state: RunState = serde_json::from_str(note).map_err(|error| {
        Error::checkpoint(path, format!("the note `{NOTE}` is damaged: {error}"))
    })?;
    if state.format != FORMAT {
        let reason = format!(
            "checkpoint format {}, this version reads {FORMAT}",
            state.format
        );
        return Err(Error::checkpoint(path, reason));
    }
    Ok((tensors, state))
}

impl RunState {
    /// What a checkpoint says of its run: how a program finds out which model to build before it
    /// restores.
    ///
    /// # Errors
    /// When the file can't be read, is damaged, or is no checkpoint.
    pub fn read(path: impl AsRef<Path>) -> Result<RunState> {
        read(path.as_ref()).map(|(_, state)| state)
    }

    /// How many epochs the run has.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// Whether nothing is left to train: the last epoch is done, or a callback stopped the run.
    pub fn is_finished(&self) -> bool {
        self.stopped || self.epoch as usize >= self.epochs
    }

    /// Epoch and batch that come next, counted from 0.
    pub fn position(&self) -> (usize, usize) {
        (self.epoch as usize, self.batch)
    }
}

impl Learner {
    /// Writes everything that decides how the run goes on to one file.
    ///
    /// # Errors
    /// When the file can't be written, or a loss is not finite that was not read before.
    pub fn save_checkpoint(
        &self,
        path: impl AsRef<Path>,
        description: &serde_json::Value,
    ) -> Result<()> {
        let path = path.as_ref();
        let (run, recorder) = self.synced()?;
        let prefixed = |prefix: &'static str, state: StateDict| {
            state
                .into_iter()
                .map(move |(name, tensor)| (format!("{prefix}{name}"), tensor))
        };
        let tensors: Vec<(String, Tensor)> = prefixed(MODEL, self.model.state_dict())
            .chain(prefixed(OPTIMIZER, self.optimizer.state_dict()))
            .chain(prefixed(SCALER, scaler_state(&self.scaler)))
            .collect();
        let state = RunState {
            format: FORMAT,
            epochs: run.epochs,
            epoch: run.position.epoch,
            batch: run.position.batch,
            step: run.step,
            stopped: run.stopped,
            seconds: run.seconds,
            smooth: run.smooth,
            precision: self.precision,
            overflows: run.overflows,
            shares: run.shares.0,
            generator: with_current_generator(|generator| generator.state().to_bytes()),
            recorder,
            callbacks: self.callback_states("checkpoints"),
            description: description.clone(),
        };
        let note = serde_json::to_string(&state).map_err(|error| Error::checkpoint(path, error))?;
        let sum = checksum(&tensors, &note).map_err(|error| Error::checkpoint(path, error))?;
        Ok(save_file(
            path,
            &tensors,
            &[(NOTE.to_owned(), note), (CHECKSUM.to_owned(), sum)],
        )?)
    }

    /// Takes over a checkpoint's model, optimiser, generator, place in the data, records and callback
    /// states; [`Learner::continue_fit`] goes on from there. Nothing changes unless the file is whole and
    /// fits.
    ///
    /// # Errors
    /// When the file can't be read, is damaged, or belongs to another model or optimiser.
    pub fn restore_checkpoint(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let (tensors, state) = read(path)?;
        let part = |prefix: &str| -> StateDict {
            let own = tensors
                .iter()
                .filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)));
            own.map(|(name, tensor)| (name.to_owned(), tensor.clone()))
                .collect()
        };
        let generator = GeneratorState::from_bytes(&state.generator)
            .and_then(|state| from_state(&state))
            .map_err(|error| Error::checkpoint(path, error))?;
        if state.recorder.names != self.recorder.names {
            let reason = format!(
                "the run measured {:?}, this learner measures {:?}",
                state.recorder.names, self.recorder.names
            );
            return Err(Error::checkpoint(path, reason));
        }
        if state.precision != self.precision {
            let reason = format!(
                "the run computed in {}, this learner computes in {}; help: Learner::precision sets it",
                state.precision.name(),
                self.precision.name()
            );
            return Err(Error::checkpoint(path, reason));
        }
        let before = Parts {
            model: copies(self.model.state_dict()),
            optimizer: copies(self.optimizer.state_dict()),
            scaler: scaler_state(&self.scaler),
            callbacks: self.callback_states(""),
        };
        let saved = Parts {
            model: part(MODEL),
            optimizer: part(OPTIMIZER),
            scaler: part(SCALER),
            callbacks: state.callbacks,
        };
        if let Err(reason) = self.restore_parts(&saved) {
            // What was there before fits, so that only the first error is worth telling.
            let _ = self.restore_parts(&before);
            return Err(Error::checkpoint(path, reason));
        }
        set_generator(generator);
        self.forget_unread();
        self.recorder = state.recorder;
        self.run = Run {
            epochs: state.epochs,
            position: Position {
                epoch: state.epoch,
                batch: state.batch,
            },
            step: state.step,
            smooth: state.smooth,
            shares: Shares(state.shares),
            stopped: state.stopped,
            seconds: state.seconds,
            overflows: state.overflows,
        };
        Ok(())
    }

    fn restore_parts(&mut self, parts: &Parts) -> Result<(), String> {
        let loaded = self.model.load_state_dict(&parts.model, Strictness::Strict);
        loaded.map_err(|error| error.to_string())?;
        let loaded = self.optimizer.load_state_dict(&parts.optimizer);
        loaded.map_err(|error| error.to_string())?;
        match &mut self.scaler {
            Some(scaler) => {
                let loaded = scaler.load_state_dict(&parts.scaler);
                loaded.map_err(|error| format!("gradient scaler: {error}"))?;
            }
            None if parts.scaler.is_empty() => {}
            None => return Err("the run scaled its gradients, this learner does not".to_owned()),
        }
        self.restore_callbacks(&parts.callbacks)
    }
}

/// What a checkpoint gives to the parts of a learner.
struct Parts {
    model: StateDict,
    optimizer: StateDict,
    scaler: StateDict,
    callbacks: Vec<(String, serde_json::Value)>,
}

fn scaler_state(scaler: &Option<GradScaler>) -> StateDict {
    scaler
        .as_ref()
        .map_or_else(Vec::new, GradScaler::state_dict)
}

/// A state that later steps don't change.
pub(crate) fn copies(state: StateDict) -> StateDict {
    state
        .into_iter()
        .map(|(name, tensor)| (name, tensor.copy()))
        .collect()
}
