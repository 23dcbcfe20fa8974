//! `rng.json` and `rng_more.json`: draws in sequence from one generator per seed.

use std::path::Path;

use hammerhead_tensor::random::{Generator, NumpyGenerator, TorchGenerator};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::{GoldenError, Report, read_json};

/// How far a normal may be from the other library's: its logarithm and cosine are its own.
const NORMAL: f64 = 1e-6;
/// Every other draw is the same to the last bit.
const EQUAL: f64 = 0.0;

#[derive(Deserialize)]
struct File {
    torch_cases: Vec<Case>,
    numpy_cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    seed: u64,
    sequence: Vec<Draw>,
}

#[derive(Deserialize)]
struct Draw {
    kind: String,
    values: Vec<Value>,
    #[serde(flatten)]
    args: Map<String, Value>,
}

/// Compares every draw of `rng.json`.
pub fn check(folder: &Path) -> Result<Report, GoldenError> {
    check_file("rng.json", folder)
}

/// Compares every draw of `rng_more.json`.
pub fn check_more(folder: &Path) -> Result<Report, GoldenError> {
    check_file("rng_more.json", folder)
}

fn check_file(name: &'static str, folder: &Path) -> Result<Report, GoldenError> {
    let path = folder.join(name);
    let file: File = read_json(&path)?;
    let mut report = Report::new(name);
    for case in &file.torch_cases {
        let mut generator = TorchGenerator::new(case.seed);
        case.add_to(&mut report, "torch", |draw| draw.torch(&mut generator));
    }
    for case in &file.numpy_cases {
        let seed = u32::try_from(case.seed).map_err(|_| GoldenError::Format {
            path: path.clone(),
            reason: format!("numpy seeds have 32 bits, got {}", case.seed),
        })?;
        let mut generator = NumpyGenerator::new(seed);
        case.add_to(&mut report, "numpy", |draw| draw.numpy(&mut generator));
    }
    Ok(report)
}

impl Case {
    fn add_to(
        &self,
        report: &mut Report,
        library: &str,
        mut check: impl FnMut(&Draw) -> Result<(), String>,
    ) {
        for (index, draw) in self.sequence.iter().enumerate() {
            let name = format!("{library} seed {}, draw {index} ({})", self.seed, draw.kind);
            report.add(&name, check(draw));
        }
    }
}

impl Draw {
    fn torch(&self, generator: &mut TorchGenerator) -> Result<(), String> {
        let (n, mut args) = self.count()?;
        match self.kind.as_str() {
            "rand" => self.floats(singles(n, |out| generator.uniform_f32(out)), EQUAL)?,
            "rand_f64" => self.floats(doubles(n, |out| generator.uniform_f64(out)), EQUAL)?,
            "randn" => self.floats(singles(n, |out| generator.normal_f32(out)), NORMAL)?,
            "randn_f64" => self.floats(doubles(n, |out| generator.normal_f64(out)), NORMAL)?,
            "randperm" => self.integers(&generator.permutation(n))?,
            "random_i64" => {
                self.integers(&(0..n).map(|_| generator.random_i64()).collect::<Vec<_>>())?;
            }
            "randint" => self.integers(&between(generator, n, &mut args)?)?,
            other => return Err(format!("unknown kind {other}")),
        }
        args.all_used()
    }

    fn numpy(&self, generator: &mut NumpyGenerator) -> Result<(), String> {
        let (n, mut args) = self.count()?;
        match self.kind.as_str() {
            "normal" => {
                let (loc, scale) = (args.number("loc", 0.0)?, args.number("scale", 1.0)?);
                self.floats(generator.normal(loc, scale, n), NORMAL)?;
            }
            "uniform" => {
                let (low, high) = (args.number("low", 0.0)?, args.number("high", 1.0)?);
                self.floats(generator.uniform(low, high, n), NORMAL)?;
            }
            "random" => self.floats(doubles(n, |out| generator.uniform_f64(out)), EQUAL)?,
            "permutation" => self.integers(&generator.permutation(n))?,
            "randint" => self.integers(&between(generator, n, &mut args)?)?,
            other => return Err(format!("unknown kind {other}")),
        }
        args.all_used()
    }

    /// How many values are drawn, and the other arguments.
    fn count(&self) -> Result<(usize, Arguments), String> {
        let mut args = Arguments::new(&self.args);
        let n = args.optional("n", self.values.len())?;
        Ok((n, args))
    }

    fn floats(&self, ours: Vec<f64>, tolerance: f64) -> Result<(), String> {
        self.compare(&ours, |ours, theirs| {
            theirs
                .as_f64()
                .is_some_and(|theirs| (ours - theirs).abs() <= tolerance)
        })
    }

    fn integers(&self, ours: &[i64]) -> Result<(), String> {
        self.compare(ours, |ours, theirs| theirs.as_i64() == Some(*ours))
    }

    fn compare<T: std::fmt::Display>(
        &self,
        ours: &[T],
        same: impl Fn(&T, &Value) -> bool,
    ) -> Result<(), String> {
        if ours.len() != self.values.len() {
            return Err(format!(
                "{} values against {}",
                ours.len(),
                self.values.len()
            ));
        }
        for (index, (ours, theirs)) in ours.iter().zip(&self.values).enumerate() {
            if !same(ours, theirs) {
                return Err(format!("value {index}: {ours} against {theirs}"));
            }
        }
        Ok(())
    }
}

fn singles(n: usize, fill: impl FnOnce(&mut [f32])) -> Vec<f64> {
    let mut out = vec![0.0; n];
    fill(&mut out);
    out.into_iter().map(f64::from).collect()
}

fn doubles(n: usize, fill: impl FnOnce(&mut [f64])) -> Vec<f64> {
    let mut out = vec![0.0; n];
    fill(&mut out);
    out
}

fn between(
    generator: &mut dyn Generator,
    n: usize,
    args: &mut Arguments,
) -> Result<Vec<i64>, String> {
    let (low, high) = (args.required("low")?, args.required("high")?);
    if low >= high {
        return Err(format!("no integer lies in {low}..{high}"));
    }
    let mut out = vec![0; n];
    generator.integers(low, high, &mut out);
    Ok(out)
}
