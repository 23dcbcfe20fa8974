//! What a run leaves behind, and its last line.

use std::fs;
use std::io::Write;
use std::path::Path;

use hammerhead::nn::save_file;
use hammerhead::tensor::num_threads;
use serde_json::json;

use super::settings::Settings;
use super::train::Outcome;
use crate::failure::Failure;

/// Writes `model.safetensors` and `history.json`, each as a whole or not at all.
pub fn write(settings: &Settings, outcome: &Outcome, out: &Path) -> Result<(), Failure> {
    save_file(out.join("model.safetensors"), &outcome.state, &[]).map_err(Failure::check)?;
    let accuracies = outcome.recorder.metric("accuracy").unwrap_or_default();
    let epochs: Vec<_> = outcome
        .recorder
        .epochs
        .iter()
        .zip(accuracies)
        .map(|(row, accuracy)| {
            json!({
                "epoch": row.epoch,
                "train_loss": row.train_loss,
                "valid_loss": row.valid_loss,
                "accuracy": accuracy,
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
        "epochs": epochs,
        "final": {
            "accuracy": outcome.right as f64 / outcome.seen as f64,
            "right": outcome.right,
            "test_images": outcome.seen,
            "train_loss": last.map(|row| row.train_loss),
            "valid_loss": last.and_then(|row| row.valid_loss),
            "seconds": outcome.seconds,
            "images_per_second": last.map(|row| row.items_per_second),
        },
    });
    let text = serde_json::to_string_pretty(&history).map_err(Failure::check)?;
    replace(&out.join("history.json"), text.as_bytes())
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let part = path.with_extension("json.part");
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(|e: std::io::Error| Failure::check(format!("{}: {e}", path.display())))
}

/// Prints the last line and judges the accuracy if asked to.
pub fn close(settings: &Settings, outcome: &Outcome, verify: bool) -> Result<(), Failure> {
    let accuracy = outcome.right as f64 / outcome.seen as f64;
    let floor = settings.model.floor();
    let missed = verify && accuracy < floor;
    if missed {
        eprintln!(
            "error: the accuracy misses the floor of {:.1} % for {}",
            100.0 * floor,
            settings.model.name()
        );
    }
    println!(
        "test accuracy {:.2} % ({}/{}), {} epochs, {:.1} s",
        100.0 * accuracy,
        outcome.right,
        outcome.seen,
        outcome.recorder.epochs.len(),
        outcome.seconds
    );
    if missed {
        Err(Failure::Reported)
    } else {
        Ok(())
    }
}
