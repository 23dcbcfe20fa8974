//! `cargo xtask mnist`: train a model on the real digits and say how many it gets right.

mod arguments;
pub mod device;
mod earlier;
pub mod network;
mod precision;
mod report;
pub mod settings;
pub mod train;

use std::fs;
use std::path::Path;

use hammerhead::tensor::with_threads;

use crate::failure::Failure;
use crate::say::say;
pub use arguments::Args;
use settings::Settings;

/// Checks what can be checked before any work, then trains.
pub fn run(args: &Args) -> Result<(), Failure> {
    for (option, folder) in [("--data", &args.data), ("--resume", &args.resume)] {
        if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Failure::input(format!(
                "{option} {}: no such folder",
                folder.display()
            )));
        }
    }
    let mut settings = match &args.resume {
        Some(folder) => Settings::resumed(args, folder)?,
        None => Settings::new(args),
    };
    let device = device::open(&settings.device)?;
    let data = settings.data()?;
    let out = args.out_folder();
    earlier::spare(&out, args.resume.as_deref())?;
    if let Some(folder) = &args.resume
        && let Some(total) = earlier::finished(&settings, folder, &out)
    {
        say(format_args!("the run in {} is finished", folder.display()));
        return report::close(&settings, &total, args.verify);
    }
    writable(&out)?;
    let threads = args.threads.unwrap_or(0);
    // The whole run is on the kernels' threads, so that small products need not wake them each time.
    with_threads(threads, || {
        let outcome = train::train(&settings, &device, data, &out, args.resume.as_deref())?;
        report::write(&settings, &outcome, &out)?;
        report::close(&settings, &outcome.total, args.verify)
    })
}

/// Creates the output folder and proves that a file can be made in it.
fn writable(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .and_then(|()| tempfile::tempfile_in(folder))
        .map(drop)
        .map_err(|e| Failure::input(format!("--out {}: not writable: {e}", folder.display())))
}
