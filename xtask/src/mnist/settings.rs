//! What decides a run's result; kept in its checkpoint, so that a resumed run is the same run.

use std::path::{Path, PathBuf};

use hammerhead::datasets::Mnist;
use hammerhead::learner::RunState;
use serde::{Deserialize, Serialize};

use super::arguments::Args;
use super::network::Network;
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
    #[serde(default = "cpu")]
    pub device: String,
}

fn cpu() -> String {
    "cpu".to_owned()
}

impl Settings {
    /// Those of a new run.
    pub fn new(args: &Args) -> Self {
        let model = args.model.unwrap_or(Network::Cnn);
        Self {
            model,
            epochs: args.epochs.unwrap_or_else(|| model.epochs()),
            limit: args.limit,
            batch_size: args.batch_size.unwrap_or(64),
            lr: args.lr.unwrap_or_else(|| model.lr()),
            seed: args.seed.unwrap_or(42),
            data: args.data.clone(),
            device: args.device.clone().unwrap_or_else(cpu),
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
            saved.data = args.data.clone();
        }
        Ok(saved)
    }

    /// The digits, the training ones limited.
    pub fn data(&self) -> Result<Mnist, Failure> {
        let digits = match &self.data {
            Some(folder) => Mnist::from_dir(folder),
            None => Mnist::load(),
        };
        let mut digits = digits.map_err(|e| Failure::input(format!("--data: {e}")))?;
        if let Some(limit) = self.limit {
            digits.train = digits.train.limit(limit);
        }
        Ok(digits)
    }
}
