//! Golden values: cases read from files, compared with what this workspace computes.
//!
//! Nothing about the cases is assumed: names, arguments, shapes and targets come from the files, so the
//! same comparison runs on any other folder of the format that `fixtures/README.md` describes. A case
//! this workspace does not know is a miss, never a skip.

mod arguments;
mod ops;
mod optimizers;
mod resnet18;
mod rng;
mod schedules;
mod tensors;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::with_device;
use serde::de::DeserializeOwned;

/// The committed golden files.
pub fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// One comparison of a golden file of a folder.
pub struct Check {
    /// The file.
    pub file: &'static str,
    /// The file, and how it is compared if that is done in several ways.
    pub title: &'static str,
    run: fn(&Path) -> Result<Report, GoldenError>,
}

impl Check {
    /// Compares every case.
    ///
    /// # Errors
    /// If the file cannot be read or has another form.
    pub fn run(&self, folder: &Path) -> Result<Report, GoldenError> {
        (self.run)(folder)
    }

    /// Compares every case, with tensors made on a device.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_on(&self, folder: &Path, device: &DeviceRef) -> Result<Report, GoldenError> {
        with_device(device, || self.run(folder))
    }
}

/// Compares every operation of the folder on a device that rounds a little more than the CPU.
///
/// # Errors
/// As [`Check::run`].
pub fn check_ops_on(folder: &Path, device: &DeviceRef) -> Result<Report, GoldenError> {
    ops::check_on(folder, device)
}

/// Compares every operation of the folder on a device in double precision, its floating inputs made doubles.
///
/// # Errors
/// As [`Check::run`].
pub fn check_ops_in_f64_on(folder: &Path, device: &DeviceRef) -> Result<Report, GoldenError> {
    ops::check_f64_on(folder, device)
}

macro_rules! checks {
    ($($title:literal of $file:literal => $run:path;)*) => {
        /// Every comparison.
        pub const CHECKS: &[Check] = &[$(Check { file: $file, title: $title, run: $run }),*];
    };
}

checks! {
    "ops.json" of "ops.json" => ops::check_cpu;
    "ops.json on the oracle" of "ops.json" => ops::check_oracle;
    "optimizers.json" of "optimizers.json" => optimizers::check_f64;
    "optimizers.json in f32" of "optimizers.json" => optimizers::check_f32;
    "optimizers.json, clipping" of "optimizers.json" => optimizers::check_clipping;
    "resnet18_state.json" of "resnet18_state.json" => resnet18::check_state;
    "resnet18_repr.txt" of "resnet18_repr.txt" => resnet18::check_printout;
    "resnet18_check.json" of "resnet18_check.json" => resnet18::check_numbers;
    "rng.json" of "rng.json" => rng::check;
    "rng_more.json" of "rng_more.json" => rng::check_more;
    "schedules.json" of "schedules.json" => schedules::check;
}

/// How the cases of one golden file went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was compared.
    pub title: &'static str,
    /// Cases that hold.
    pub passed: usize,
    /// One line per case that does not, with its name first.
    pub misses: Vec<String>,
}

impl Report {
    /// A report of no cases yet.
    pub fn new(title: &'static str) -> Self {
        Self {
            title,
            passed: 0,
            misses: Vec::new(),
        }
    }

    /// Adds a case: held, or missed for a reason.
    pub fn add(&mut self, case: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(why) => self.misses.push(format!("{case}: {why}")),
        }
    }

    /// All cases of the file.
    pub fn total(&self) -> usize {
        self.passed + self.misses.len()
    }

    /// For tests: every case holds and there are exactly `cases` of them.
    ///
    /// # Panics
    /// With all misses otherwise.
    #[track_caller]
    pub fn assert_all(&self, cases: usize) {
        assert!(self.misses.is_empty(), "{self}\n{}", self.misses.join("\n"));
        assert_eq!(
            self.total(),
            cases,
            "{}: the number of cases changed",
            self.title
        );
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} of {} cases",
            self.title,
            self.passed,
            self.total()
        )
    }
}

/// A golden file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GoldenError {
    /// It cannot be opened or read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its content has another form.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads a JSON golden file.
///
/// # Errors
/// If it cannot be read or does not have the form of `T`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, GoldenError> {
    let text = fs::read_to_string(path).map_err(|source| GoldenError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|error| GoldenError::Format {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })
}

/// Holds when `ours` lies within `relative` of `theirs`, or is as exactly zero.
///
/// # Errors
/// With both values and their distance.
pub fn close(ours: f64, theirs: f64, relative: f64) -> Result<(), String> {
    let distance = (ours - theirs).abs();
    if distance <= relative * theirs.abs() {
        return Ok(());
    }
    Err(format!(
        "{ours:e} against {theirs:e}, relative distance {:.1e}",
        distance / theirs.abs()
    ))
}
