//! What decides a run's result; kept in its checkpoint, so that a resumed run is the same run.

use std::path::{Path, PathBuf};

use hammerhead::datasets::{Dataset as _, Mnist};
use hammerhead::learner::RunState;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::arguments::Args;
use super::network::Network;
use super::precision::Precision;
use crate::failure::Failure;

/// The file that a run goes on from.
pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// The settings of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub model: Network,
    pub epochs: usize,
    pub limit: Option<usize>,
    pub batch_size: usize,
    pub lr: f64,
    pub seed: u64,
    pub data: Option<PathBuf>,
    /// What the digits were, once they are read; a checkpoint of earlier versions does not say.
    #[serde(default)]
    pub digits: Option<Digits>,
    #[serde(default = "cpu")]
    pub device: String,
    #[serde(default)]
    pub precision: Precision,
}

/// Enough of the digits to tell them from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digits {
    pub images: usize,
    pub labels_sha256: String,
}

impl Digits {
    fn of(digits: &Mnist) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(digits.train.label_bytes());
        hasher.update(digits.test.label_bytes());
        let hex = hasher
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            images: digits.train.len(),
            labels_sha256: hex,
        }
    }
}

fn cpu() -> String {
    "cpu".to_owned()
}

impl Settings {
    /// Those of a new run.
    pub fn new(args: &Args) -> Self {
        let usual = Self::usual(args.model.unwrap_or(Network::Cnn));
        Self {
            model: usual.model,
            epochs: args.epochs.unwrap_or(usual.epochs),
            limit: args.limit,
            batch_size: args.batch_size.unwrap_or(usual.batch_size),
            lr: args.lr.unwrap_or(usual.lr),
            seed: args.seed.unwrap_or(usual.seed),
            data: args.data.as_deref().map(whole),
            digits: None,
            device: args.device.clone().unwrap_or(usual.device),
            precision: args.precision.unwrap_or_default(),
        }
    }

    /// Those of a run of which nothing is said but the network.
    pub fn usual(model: Network) -> Self {
        Self {
            model,
            epochs: model.epochs(),
            limit: None,
            batch_size: 64,
            lr: model.lr(),
            seed: 42,
            data: None,
            digits: None,
            device: cpu(),
            precision: Precision::default(),
        }
    }

    /// Those of the run whose checkpoint is in a folder; options given again must agree with them.
    pub fn resumed(args: &Args, folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(CHECKPOINT);
        if !path.exists() {
            let message = format!(
                "--resume {}: there is no {CHECKPOINT} in it",
                folder.display()
            );
            return Err(Failure::input(message));
        }
        let state = RunState::read(&path).map_err(|e| Failure::input(format!("--resume: {e}")))?;
        let mut saved: Settings = serde_json::from_value(state.description).map_err(|e| {
            Failure::input(format!(
                "--resume {}: not a checkpoint of this command: {e}",
                path.display()
            ))
        })?;
        let conflict = [
            (
                "--model",
                args.model.is_some_and(|model| model != saved.model),
            ),
            (
                "--epochs",
                args.epochs.is_some_and(|epochs| epochs != saved.epochs),
            ),
            ("--limit", args.limit.is_some() && args.limit != saved.limit),
            (
                "--batch-size",
                args.batch_size.is_some_and(|size| size != saved.batch_size),
            ),
            ("--lr", args.lr.is_some_and(|lr| lr != saved.lr)),
            ("--seed", args.seed.is_some_and(|seed| seed != saved.seed)),
            (
                "--device",
                args.device
                    .as_ref()
                    .is_some_and(|device| *device != saved.device),
            ),
            (
                "--precision",
                args.precision
                    .is_some_and(|precision| precision != saved.precision),
            ),
        ];
        if let Some((option, _)) = conflict.iter().find(|(_, differs)| *differs) {
            return Err(Failure::input(format!(
                "{option} differs from the run in {}, which has {saved:?}; leave the option out to resume, or the \
                 --resume to start anew",
                folder.display()
            )));
        }
        // The files may have moved since.
        if args.data.is_some() {
            saved.data = args.data.as_deref().map(whole);
        }
        Ok(saved)
    }

    /// The digits, the training ones limited; those of a resumed run must be the ones it began with.
    pub fn data(&mut self) -> Result<Mnist, Failure> {
        let digits = match &self.data {
            Some(folder) => Mnist::from_dir(folder),
            None => Mnist::load(),
        };
        let mut digits = digits.map_err(|e| Failure::input(format!("--data: {e}")))?;
        if let Some(limit) = self.limit {
            digits.train = digits.train.limit(limit);
        }
        let images = digits.train.len();
        if images == 0 || digits.test.is_empty() {
            return Err(Failure::input(
                "--data: no image to train on, or none to test on",
            ));
        }
        if self.model.needs_pairs() && (images - 1).is_multiple_of(self.batch_size) {
            return Err(Failure::input(format!(
                "--model {}: the last batch of {images} images in batches of {} would hold one image, and this \
                 network's batch norm needs two; another --limit or --batch-size helps",
                self.model.name(),
                self.batch_size
            )));
        }
        let found = Digits::of(&digits);
        if let Some(begun) = self.digits.as_ref().filter(|begun| **begun != found) {
            return Err(Failure::input(format!(
                "--data: the run began on {} images with labels of SHA-256 {:.8}.., here are {} with {:.8}..; give \
                 the folder it began with, or leave out --resume to start anew",
                begun.images, begun.labels_sha256, found.images, found.labels_sha256
            )));
        }
        self.digits = Some(found);
        Ok(digits)
    }
}

/// A path that still leads there when the run is resumed from another folder.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
