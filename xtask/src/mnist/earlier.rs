//! What earlier runs left in a folder.

use std::fs;
use std::path::Path;

use hammerhead::learner::RunState;
use serde_json::Value;

use super::report::Total;
use super::settings::{CHECKPOINT, Settings};
use crate::failure::Failure;

/// Refuses to begin a run where one was stopped: its first checkpoint would replace the other's last one.
pub fn spare(out: &Path, resume: Option<&Path>) -> Result<(), Failure> {
    let real = |folder: &Path| folder.canonicalize().ok();
    if resume.is_some_and(|resume| real(resume) == real(out)) {
        return Ok(());
    }
    // A checkpoint that can't be read is of no use to anybody.
    let Ok(state) = RunState::read(out.join(CHECKPOINT)) else {
        return Ok(());
    };
    let (epoch, batch) = state.position();
    if state.is_finished() || (epoch, batch) == (0, 0) {
        return Ok(());
    }
    Err(Failure::input(format!(
        "--out {0}: holds a run that was stopped at epoch {epoch} of {1}, batch {batch}; go on with --resume {0}, \
         or start anew in another folder with --out DIR",
        out.display(),
        state.epochs()
    )))
}

/// What a finished run reached, from the files it left; none where it has yet to write them.
pub fn finished(settings: &Settings, folder: &Path, out: &Path) -> Option<Total> {
    let done = RunState::read(folder.join(CHECKPOINT)).is_ok_and(|state| state.is_finished());
    let written = |name: &str| out.join(name).is_file();
    if !done || !written("model.safetensors") || !written("report.html") {
        return None;
    }
    let history = fs::read(out.join("history.json")).ok()?;
    let history: Value = serde_json::from_slice(&history).ok()?;
    // The file may be that of an older run in the same folder.
    let run = serde_json::to_value(settings).ok()?;
    let same = ["model", "seed", "batch_size", "lr", "limit", "precision"]
        .iter()
        .all(|key| history[key] == run[key]);
    let (epochs, last) = (history["epochs"].as_array()?.len(), &history["final"]);
    if !same || epochs != settings.epochs {
        return None;
    }
    Some(Total {
        right: last["right"].as_u64()?,
        seen: last["test_images"].as_u64()?,
        epochs,
        seconds: last["seconds"].as_f64()?,
    })
}
