//! `cargo xtask mnist`: train a model on the real digits and say how many it gets right.

mod arguments;
mod device;
mod network;
mod report;
mod settings;
mod train;

use std::fs;
use std::path::Path;

use crate::failure::Failure;
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
    let settings = match &args.resume {
        Some(folder) => Settings::resumed(args, folder)?,
        None => Settings::new(args),
    };
    let device = device::open(&settings.device)?;
    let data = settings.data()?;
    let out = args.out_folder();
    writable(&out)?;
    let threads = args.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| Failure::input(format!("--threads {threads}: {error}")))?;
    // The whole run belongs to the pool, so that small products need not wake it each time.
    pool.install(|| {
        let outcome = train::train(&settings, &device, data, &out, args.resume.as_deref())?;
        report::write(&settings, &outcome, &out)?;
        report::close(&settings, &outcome, args.verify)
    })
}

/// Creates the output folder and proves that a file can be made in it.
fn writable(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .and_then(|()| tempfile::tempfile_in(folder))
        .map(drop)
        .map_err(|e| Failure::input(format!("--out {}: not writable: {e}", folder.display())))
}
