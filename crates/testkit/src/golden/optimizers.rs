//! `optimizers.json`: PyTorch's trajectories on a linear regression, and gradient clipping.

use std::path::Path;

use hammerhead_autograd::Autograd;
use hammerhead_optim::{Adagrad, Adam, Algorithm, Optimizer, RmsProp, Sgd, Step, clip_grad_norm};
use hammerhead_tensor::{DType, Tensor};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::tensors::converted;
use super::{GoldenError, Report, read_json};

const FILE: &str = "optimizers.json";

#[derive(Deserialize)]
struct File {
    #[serde(rename = "X")]
    x: Vec<Vec<f64>>,
    #[serde(rename = "Y")]
    y: Vec<Vec<f64>>,
    #[serde(rename = "W0")]
    weight: Vec<Vec<f64>>,
    #[serde(rename = "b0")]
    bias: Vec<f64>,
    cases: Vec<Case>,
    clip_grad_norm: Clipping,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    optimizer: String,
    args: Map<String, Value>,
    losses: Vec<f64>,
    traj: Vec<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "W")]
    weight: Vec<f64>,
    #[serde(rename = "b")]
    bias: Vec<f64>,
}

#[derive(Deserialize)]
struct Clipping {
    max_norm: f64,
    total_norm: f64,
    #[serde(rename = "W_grad")]
    weight: Vec<f64>,
    #[serde(rename = "b_grad")]
    bias: Vec<f64>,
}

/// The file's regression in one dtype, with how close results must come relative to each tensor's
/// largest element.
struct Problem {
    x: Tensor,
    y: Tensor,
    weight: Tensor,
    bias: Tensor,
    tolerance: f64,
}

/// Compares every trajectory in double precision.
pub(super) fn check_f64(folder: &Path) -> Result<Report, GoldenError> {
    check(folder, FILE, DType::F64, 1e-9)
}

/// Compares every trajectory in single precision.
pub(super) fn check_f32(folder: &Path) -> Result<Report, GoldenError> {
    check(folder, "optimizers.json in f32", DType::F32, 1e-5)
}

fn check(
    folder: &Path,
    title: &'static str,
    dtype: DType,
    tolerance: f64,
) -> Result<Report, GoldenError> {
    let file: File = read_json(&folder.join(FILE))?;
    let mut report = Report::new(title);
    for case in &file.cases {
        report.add(&case.name, case.check(&file.problem(dtype, tolerance)));
    }
    Ok(report)
}

/// Compares gradient clipping.
pub(super) fn check_clipping(folder: &Path) -> Result<Report, GoldenError> {
    let file: File = read_json(&folder.join(FILE))?;
    let mut report = Report::new("optimizers.json, clipping");
    let problem = file.problem(DType::F64, 1e-9);
    let clipping = &file.clip_grad_norm;
    problem.loss().backward();
    let total = clip_grad_norm([&problem.weight, &problem.bias], clipping.max_norm);
    let outcome = (|| {
        problem.compare("total norm", &total, &[clipping.total_norm])?;
        let grad = |parameter: &Tensor| parameter.grad().ok_or_else(|| "no gradient".to_owned());
        problem.compare("weight gradient", &grad(&problem.weight)?, &clipping.weight)?;
        problem.compare("bias gradient", &grad(&problem.bias)?, &clipping.bias)
    })();
    report.add("clip_grad_norm", outcome);
    Ok(report)
}

impl File {
    fn problem(&self, dtype: DType, tolerance: f64) -> Problem {
        let rows = |rows: &[Vec<f64>]| {
            let shape = [rows.len(), rows.first().map_or(0, Vec::len)];
            converted(&rows.concat(), &shape, dtype)
        };
        Problem {
            x: rows(&self.x),
            y: rows(&self.y),
            weight: rows(&self.weight).requires_grad_(),
            bias: converted(&self.bias, &[self.bias.len()], dtype).requires_grad_(),
            tolerance,
        }
    }
}

impl Problem {
    fn loss(&self) -> Tensor {
        (self.x.matmul(&self.weight.t()) + &self.bias - &self.y)
            .square()
            .mean()
    }

    fn compare(&self, what: &str, ours: &Tensor, theirs: &[f64]) -> Result<(), String> {
        let ours = ours.to_vec::<f64>();
        if ours.len() != theirs.len() {
            return Err(format!(
                "{what}: {} values against {}",
                ours.len(),
                theirs.len()
            ));
        }
        let magnitude = theirs
            .iter()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        match ours.iter().zip(theirs).find(|(a, b)| {
            let distance = (*a - *b).abs();
            distance.is_nan() || distance > self.tolerance * magnitude
        }) {
            None => Ok(()),
            Some((a, b)) => Err(format!("{what}: {a:e} against {b:e}")),
        }
    }
}

impl Case {
    fn check(&self, problem: &Problem) -> Result<(), String> {
        let mut args = Arguments::new(&self.args);
        let mut optimizer = self.optimizer(&mut args, problem)?;
        args.all_used()?;
        if self.losses.len() != self.traj.len() {
            return Err("as many losses as steps are needed".to_owned());
        }
        for (step, (loss, after)) in self.losses.iter().zip(&self.traj).enumerate() {
            let at = |what: &str| format!("{what} at step {}", step + 1);
            optimizer.zero_grad();
            let ours = problem.loss();
            problem.compare(&at("loss"), &ours, &[*loss])?;
            ours.backward();
            optimizer.step();
            problem.compare(&at("weight"), &problem.weight, &after.weight)?;
            problem.compare(&at("bias"), &problem.bias, &after.bias)?;
        }
        Ok(())
    }

    fn optimizer(&self, args: &mut Arguments, problem: &Problem) -> Result<Box<dyn Step>, String> {
        match self.optimizer.as_str() {
            "SGD" => Ok(problem.stepped(
                Sgd::new(args.number("lr", 1e-3)?)
                    .momentum(args.number("momentum", 0.0)?)
                    .dampening(args.number("dampening", 0.0)?)
                    .weight_decay(args.number("weight_decay", 0.0)?)
                    .nesterov(args.optional("nesterov", false)?),
            )),
            "Adam" => adam(Adam::new(args.number("lr", 1e-3)?), args, problem),
            "AdamW" => adam(Adam::adamw(args.number("lr", 1e-3)?), args, problem),
            "RMSprop" => Ok(problem.stepped(
                RmsProp::new(args.number("lr", 1e-2)?)
                    .alpha(args.number("alpha", 0.99)?)
                    .epsilon(args.number("eps", 1e-8)?)
                    .weight_decay(args.number("weight_decay", 0.0)?)
                    .momentum(args.number("momentum", 0.0)?)
                    .centered(args.optional("centered", false)?),
            )),
            "Adagrad" => Ok(problem.stepped(
                Adagrad::new(args.number("lr", 1e-2)?)
                    .lr_decay(args.number("lr_decay", 0.0)?)
                    .weight_decay(args.number("weight_decay", 0.0)?)
                    .initial(args.number("initial_accumulator_value", 0.0)?)
                    .epsilon(args.number("eps", 1e-10)?),
            )),
            other => Err(format!("unknown optimizer {other}")),
        }
    }
}

/// What the two Adams differ in is their own default; what the file does not say stays at it.
fn adam(
    mut settings: Adam,
    args: &mut Arguments,
    problem: &Problem,
) -> Result<Box<dyn Step>, String> {
    if let Some([beta1, beta2]) = args.maybe::<[f64; 2]>("betas")? {
        settings = settings.betas(beta1, beta2);
    }
    if let Some(epsilon) = args.maybe("eps")? {
        settings = settings.epsilon(epsilon);
    }
    if let Some(weight_decay) = args.maybe("weight_decay")? {
        settings = settings.weight_decay(weight_decay);
    }
    Ok(problem.stepped(settings.amsgrad(args.optional("amsgrad", false)?)))
}

impl Problem {
    fn stepped<A: Algorithm>(&self, settings: A) -> Box<dyn Step> {
        Box::new(Optimizer::new(
            [("weight", self.weight.clone()), ("bias", self.bias.clone())],
            settings,
        ))
    }
}
