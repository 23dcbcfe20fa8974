//! What a run leaves behind, and its last line.

mod judged;
mod page;
mod portrait;

use std::io::Write;
use std::path::Path;

use hammerhead::nn::{replace_file, save_file};
use hammerhead::tensor::num_threads;
use serde_json::json;

pub use judged::Judged;
pub use portrait::Portrait;

use super::settings::Settings;
use super::train::Outcome;
use crate::failure::Failure;
use crate::say::{complain, say};

/// The numbers of a whole run.
#[derive(Clone, Copy, Debug)]
pub struct Total {
    pub right: u64,
    pub seen: u64,
    pub epochs: usize,
    pub seconds: f64,
}

impl Total {
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.seen as f64
    }
}

/// Writes `model.safetensors`, `history.json` and `report.html`, each as a whole or not at all.
pub fn write(settings: &Settings, outcome: &Outcome, out: &Path) -> Result<(), Failure> {
    save_file(out.join("model.safetensors"), &outcome.state, &[]).map_err(Failure::check)?;
    let accuracies = outcome.recorder.metric("accuracy").unwrap_or_default();
    let epochs: Vec<_> = outcome
        .recorder
        .epochs
        .iter()
        .enumerate()
        .map(|(epoch, row)| {
            json!({
                "epoch": row.epoch,
                "train_loss": row.train_loss,
                "valid_loss": row.valid_loss,
                "accuracy": accuracies.get(epoch),
                "seconds": row.seconds,
                "images_per_second": row.items_per_second,
            })
        })
        .collect();
    let last = outcome.recorder.epochs.last();
    let history = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "model": settings.model,
        "seed": settings.seed,
        "threads": num_threads(),
        "batch_size": settings.batch_size,
        "lr": settings.lr,
        "limit": settings.limit,
        "precision": settings.precision,
        "epochs": epochs,
        "final": {
            "accuracy": outcome.total.accuracy(),
            "right": outcome.total.right,
            "test_images": outcome.total.seen,
            "train_loss": last.map(|row| row.train_loss),
            "valid_loss": last.and_then(|row| row.valid_loss),
            "seconds": outcome.total.seconds,
            "images_per_second": last.map(|row| row.items_per_second),
        },
    });
    let text = serde_json::to_string_pretty(&history).map_err(Failure::check)?;
    replace(&out.join("history.json"), &text)?;
    replace(&out.join("report.html"), &page::page(settings, outcome))
}

fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    replace_file(path, |file| file.write_all(text.as_bytes()))
        .map_err(|e| Failure::check(format!("{}: {e}", path.display())))
}

/// Prints the last line and judges the accuracy if asked to.
pub fn close(settings: &Settings, total: &Total, verify: bool) -> Result<(), Failure> {
    let accuracy = total.accuracy();
    let floor = settings.model.floor();
    let missed = verify && accuracy < floor;
    if missed {
        complain(format_args!(
            "error: the accuracy misses the floor of {:.1} % for {}",
            100.0 * floor,
            settings.model.name()
        ));
    }
    say(format_args!(
        "test accuracy {:.2} % ({}/{}), {} epochs, {:.1} s",
        100.0 * accuracy,
        total.right,
        total.seen,
        total.epochs,
        total.seconds
    ));
    if missed {
        Err(Failure::Reported)
    } else {
        Ok(())
    }
}
