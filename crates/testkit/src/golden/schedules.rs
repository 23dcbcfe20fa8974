//! `schedules.json`: PyTorch's learning-rate, momentum and beta1 sequences.

use std::path::Path;

use hammerhead_optim::schedule::{
    Annealing, Cosine, Exponential, Linear, MultiStep, OneCycle, Phases, Plateau, Polynomial,
    Schedule, StepDecay, WarmRestarts,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::{GoldenError, Report, close, read_json};

const FILE: &str = "schedules.json";
/// The largest relative distance from PyTorch's f64 values.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    scheduler: String,
    args: Map<String, Value>,
    optimizer_args: OptimizerArgs,
    lr: Vec<f64>,
    momentum: Option<Vec<f64>>,
    beta1: Option<Vec<f64>>,
    #[serde(default)]
    metrics: Vec<f64>,
}

#[derive(Deserialize)]
struct OptimizerArgs {
    lr: f64,
    #[serde(default)]
    momentum: f64,
}

/// Compares every sequence of the folder's file.
pub fn check(folder: &Path) -> Result<Report, GoldenError> {
    let file: File = read_json(&folder.join(FILE))?;
    let mut report = Report::new(FILE);
    for case in &file.cases {
        report.add(&case.name, case.check());
    }
    Ok(report)
}

impl Case {
    fn check(&self) -> Result<(), String> {
        let mut args = Arguments::new(&self.args);
        let (rate, momentum) = self.ours(&mut args)?;
        args.all_used()?;
        compare("lr", &rate, &self.lr)?;
        match (&self.momentum, &self.beta1) {
            (Some(theirs), _) => compare("momentum", &momentum, theirs),
            (None, Some(theirs)) => compare("beta1", &momentum, theirs),
            (None, None) => Ok(()),
        }
    }

    /// Our learning rate and momentum at every step of the case.
    fn ours(&self, args: &mut Arguments) -> Result<(Vec<f64>, Vec<f64>), String> {
        let initial = self.optimizer_args.lr;
        let rate: Box<dyn Schedule> = match self.scheduler.as_str() {
            "StepLR" => Box::new(StepDecay::new(
                initial,
                args.required("step_size")?,
                args.number("gamma", 0.1)?,
            )),
            "MultiStepLR" => {
                let milestones: Vec<usize> = args.required("milestones")?;
                Box::new(MultiStep::new(
                    initial,
                    milestones,
                    args.number("gamma", 0.1)?,
                ))
            }
            "ExponentialLR" => Box::new(Exponential::new(initial, args.required("gamma")?)),
            "CosineAnnealingLR" => Box::new(
                Cosine::new(initial, args.required("T_max")?).minimum(args.number("eta_min", 0.0)?),
            ),
            "CosineAnnealingWarmRestarts" => Box::new(
                WarmRestarts::new(initial, args.required("T_0")?)
                    .multiplier(args.optional("T_mult", 1)?)
                    .minimum(args.number("eta_min", 0.0)?),
            ),
            "LinearLR" => Box::new(
                Linear::new(initial, args.optional("total_iters", 5)?)
                    .from(args.number("start_factor", 1.0 / 3.0)?)
                    .to(args.number("end_factor", 1.0)?),
            ),
            "PolynomialLR" => Box::new(Polynomial::new(
                initial,
                args.optional("total_iters", 5)?,
                args.number("power", 1.0)?,
            )),
            "OneCycleLR" => {
                let (cycle, cycles_momentum) = one_cycle(args)?;
                let momentum = match cycles_momentum {
                    true => self.sample(&cycle.momentum()),
                    false => self.constant_momentum(),
                };
                return Ok((self.sample(&cycle.rate()), momentum));
            }
            "ReduceLROnPlateau" => {
                let mut plateau = Plateau::new(initial)
                    .factor(args.number("factor", 0.1)?)
                    .patience(args.optional("patience", 10)?)
                    .cooldown(args.optional("cooldown", 0)?)
                    .minimum(args.number("min_lr", 0.0)?);
                let mut rates = vec![plateau.rate()];
                rates.extend(self.metrics.iter().map(|metric| plateau.observe(*metric)));
                return Ok((rates, self.constant_momentum()));
            }
            other => return Err(format!("unknown scheduler {other}")),
        };
        Ok((self.sample(&rate), self.constant_momentum()))
    }

    fn sample(&self, schedule: &impl Schedule) -> Vec<f64> {
        (0..self.lr.len()).map(|step| schedule.at(step)).collect()
    }

    fn constant_momentum(&self) -> Vec<f64> {
        vec![self.optimizer_args.momentum; self.lr.len()]
    }
}

/// The schedule, and whether it cycles the momentum too.
fn one_cycle(args: &mut Arguments) -> Result<(OneCycle, bool), String> {
    let cycle = OneCycle::new(args.required("max_lr")?, args.required("total_steps")?)
        .warm_up_share(args.number("pct_start", 0.3)?)
        .divisor(args.number("div_factor", 25.0)?)
        .final_divisor(args.number("final_div_factor", 1e4)?)
        .momentum_range(
            args.number("base_momentum", 0.85)?,
            args.number("max_momentum", 0.95)?,
        )
        .annealing(
            match args.optional("anneal_strategy", "cos".to_owned())?.as_str() {
                "cos" => Annealing::Cosine,
                "linear" => Annealing::Linear,
                other => return Err(format!("unknown anneal_strategy {other}")),
            },
        )
        .phases(match args.optional("three_phase", false)? {
            true => Phases::Three,
            false => Phases::Two,
        });
    Ok((cycle, args.optional("cycle_momentum", true)?))
}

fn compare(what: &str, ours: &[f64], theirs: &[f64]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!(
            "{what}: {} values against {}",
            ours.len(),
            theirs.len()
        ));
    }
    for (step, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        close(*ours, *theirs, TOLERANCE).map_err(|why| format!("{what} at step {step}: {why}"))?;
    }
    Ok(())
}
