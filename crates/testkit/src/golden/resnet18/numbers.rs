//! What the model computes, against float64.

use std::collections::BTreeMap;
use std::path::Path;

use hammerhead_autograd::Autograd;
use hammerhead_nn::loss::cross_entropy;
use hammerhead_nn::models::ResNet;
use hammerhead_nn::{Mode, Module, ModuleExt};
use hammerhead_optim::{Optimizer, Sgd, Step};
use hammerhead_tensor::{Tensor, no_grad};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::network::{Input, entry, model, stages, targets};
use crate::golden::{GoldenError, Report, read_json};

const FILE: &str = "resnet18_check.json";
/// What is allowed where PyTorch's own error in f32 is not stored.
const PLAIN: f64 = 1e-5;
/// What is allowed of the losses of steps 1 to 5, which amplify what came before.
const STEP_TOLERANCES: [f64; 5] = [1e-5, 1e-5, 1e-3, 2e-2, 2e-2];

#[derive(Deserialize)]
struct File {
    input: Input,
    targets: Vec<f64>,
    eval: Eval,
    train: Train,
    mnist_variant: Variant,
    weight_checks: BTreeMap<String, Weights>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Eval {
    stages: BTreeMap<String, Stage>,
    logits: Vec<Vec<f64>>,
    torch_f32_max_rel_err: BTreeMap<String, f64>,
    argmax: Vec<i64>,
    loss: f64,
}

#[derive(Deserialize)]
struct Train {
    loss: f64,
    stages: BTreeMap<String, Stage>,
    torch_f32_max_rel_err: BTreeMap<String, f64>,
    logits_first16: Vec<Vec<f64>>,
    grads: BTreeMap<String, Grad>,
    running_after_one_forward: BTreeMap<String, BTreeMap<String, Vec<f64>>>,
    running_after_one_forward_sums: BTreeMap<String, f64>,
    num_batches_tracked: f64,
}

#[derive(Deserialize)]
struct Stage {
    shape: Vec<usize>,
    mean: f64,
    std_unbiased: f64,
    abs_max: f64,
    first16: Vec<f64>,
    last4: Vec<f64>,
}

#[derive(Deserialize)]
struct Grad {
    l2: f64,
    first8: Vec<f64>,
    abs_max: f64,
    torch_f32_max_rel_err: f64,
}

#[derive(Deserialize)]
struct Weights {
    first4: Vec<f64>,
    sum_f64: f64,
}

#[derive(Deserialize)]
struct Variant {
    in_chans: usize,
    num_classes: usize,
    input: Input,
    targets: Vec<f64>,
    eval_logits: Vec<Vec<f64>>,
    train_loss: f64,
    grad_l2: BTreeMap<String, f64>,
}

/// Holds when each value lies within `allowed` of its counterpart.
fn near(what: &str, ours: &[f64], theirs: &[f64], allowed: f64) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!(
            "{what}: {} values against {}",
            ours.len(),
            theirs.len()
        ));
    }
    match ours.iter().zip(theirs).find(|(a, b)| {
        let distance = (*a - *b).abs();
        distance.is_nan() || distance > allowed
    }) {
        None => Ok(()),
        Some((a, b)) => {
            let distance = (a - b).abs();
            Err(format!(
                "{what}: {a:e} against {b:e}: {distance:.2e} apart, {allowed:.2e} allowed"
            ))
        }
    }
}

/// The allowed share of a tensor's largest magnitude.
fn share(torch_error: Option<&f64>) -> f64 {
    torch_error.map_or(PLAIN, |error| (5.0 * error).max(2e-6))
}

fn largest(values: &[f64]) -> f64 {
    values
        .iter()
        .fold(0.0, |largest, value| largest.max(value.abs()))
}

fn head(values: &[f64], count: usize) -> &[f64] {
    &values[..count.min(values.len())]
}

fn l2(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

impl Stage {
    fn check(&self, ours: &Tensor, share: f64) -> Result<(), String> {
        if ours.shape() != self.shape {
            return Err(format!("shape {:?} against {:?}", ours.shape(), self.shape));
        }
        let allowed = share * self.abs_max;
        let values = ours.to_vec::<f64>();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>();
        near("mean", &[mean], &[self.mean], allowed)?;
        near(
            "std",
            &[(squares / (count - 1.0)).sqrt()],
            &[self.std_unbiased],
            allowed,
        )?;
        near("abs_max", &[largest(&values)], &[self.abs_max], allowed)?;
        near("first16", head(&values, 16), &self.first16, allowed)?;
        near(
            "last4",
            &values[values.len().saturating_sub(4)..],
            &self.last4,
            allowed,
        )
    }
}

fn check_stages(
    report: &mut Report,
    mode: &str,
    ours: &BTreeMap<String, Tensor>,
    theirs: &BTreeMap<String, Stage>,
    errors: &BTreeMap<String, f64>,
) {
    for (name, stage) in theirs {
        let outcome = match ours.get(name) {
            Some(output) => stage.check(output, share(errors.get(name))),
            None => Err("no such stage".to_owned()),
        };
        report.add(&format!("{mode} {name}"), outcome);
    }
}

/// Rows of a matrix, as many values of each as the file holds.
fn check_rows(ours: &Tensor, theirs: &[Vec<f64>], allowed: f64) -> Result<(), String> {
    if ours.shape()[0] != theirs.len() {
        return Err(format!("{} rows against {}", ours.shape()[0], theirs.len()));
    }
    let values = ours.to_vec::<f64>();
    let rows = values.chunks(ours.shape()[1]).zip(theirs);
    rows.enumerate().try_for_each(|(row, (ours, theirs))| {
        near(
            &format!("row {row}"),
            head(ours, theirs.len()),
            theirs,
            allowed,
        )
    })
}

/// Compares weights, both modes, five steps and the small variant.
pub(in crate::golden) fn check(folder: &Path) -> Result<Report, GoldenError> {
    let path = folder.join(FILE);
    let file: File = read_json(&path)?;
    let format_error = |reason| GoldenError::Format {
        path: path.clone(),
        reason,
    };
    let mut report = Report::new(FILE);
    let classes = file.eval.logits.first().map_or(0, Vec::len);
    let fresh = || model(&file.input, classes).map_err(format_error);
    let x = file.input.tensor().map_err(format_error)?;
    let target = targets(&file.targets);

    file.check_weights(&mut report, &fresh()?);
    file.eval.check(&mut report, &fresh()?, &x, &target);
    file.train.check(&mut report, &fresh()?, &x, &target);
    file.check_steps(&mut report, fresh, &x, &target)?;
    let variant = &file.mnist_variant;
    let small = || model(&variant.input, variant.num_classes).map_err(format_error);
    let small_x = variant.input.tensor().map_err(format_error)?;
    variant.check(&mut report, &small()?, &small()?, &small_x);
    Ok(report)
}

impl File {
    /// The generator itself, so that a slip in it is not taken for one of the model.
    fn check_weights(&self, report: &mut Report, model: &ResNet) {
        use hammerhead_nn::ModuleState;
        for (index, (name, tensor)) in model.state_dict().iter().enumerate() {
            let Some(weights) = self.weight_checks.get(name) else {
                continue;
            };
            let outcome = entry(index, name, tensor.shape()).and_then(|values| {
                let values: Vec<f64> = values.into_iter().map(f64::from).collect();
                near("first4", head(&values, 4), &weights.first4, 0.0)?;
                let sum: f64 = values.iter().sum();
                near("sum", &[sum], &[weights.sum_f64], 1e-9 * l2(&values))
            });
            report.add(&format!("weight {name}"), outcome);
        }
        let names: Vec<String> = model
            .state_dict()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        for name in self
            .weight_checks
            .keys()
            .filter(|name| !names.contains(name))
        {
            report.add(&format!("weight {name}"), Err("no such entry".to_owned()));
        }
    }

    /// Losses before each step of SGD, whose settings are in the key's name.
    fn check_steps(
        &self,
        report: &mut Report,
        fresh: impl Fn() -> Result<ResNet, GoldenError>,
        x: &Tensor,
        target: &Tensor,
    ) -> Result<(), GoldenError> {
        for (key, value) in self.rest.iter().filter(|(key, _)| key.starts_with("sgd_")) {
            let outcome = parse_steps(key, value).and_then(|(settings, losses)| {
                let model = fresh().map_err(|error| error.to_string())?;
                let mut optimizer = Optimizer::new(model.named_parameters(), settings);
                for (step, expected) in losses.iter().enumerate() {
                    optimizer.zero_grad();
                    let loss = cross_entropy(&model.forward(x.clone(), Mode::Train), target);
                    loss.backward();
                    optimizer.step();
                    let tolerance = STEP_TOLERANCES[step.min(STEP_TOLERANCES.len() - 1)];
                    near(
                        &format!("step {}", step + 1),
                        &[loss.item()],
                        &[*expected],
                        tolerance * expected.abs(),
                    )?;
                }
                Ok(())
            });
            report.add(key, outcome);
        }
        Ok(())
    }
}

/// Settings such as those of `sgd_lr0.01_mom0.9_wd1e-4_losses`, and the losses in float64.
fn parse_steps(key: &str, value: &Value) -> Result<(Sgd, Vec<f64>), String> {
    let mut settings = Sgd::new(0.0);
    let mut has_lr = false;
    for part in key.split('_').skip(1).filter(|part| *part != "losses") {
        let number = |prefix: &str| {
            part.strip_prefix(prefix)
                .and_then(|rest| rest.parse::<f64>().ok())
        };
        if let Some(lr) = number("lr") {
            use hammerhead_optim::Algorithm;
            settings.set_lr(lr);
            has_lr = true;
        } else if let Some(momentum) = number("mom") {
            settings = settings.momentum(momentum);
        } else if let Some(weight_decay) = number("wd") {
            settings = settings.weight_decay(weight_decay);
        } else {
            return Err(format!("unknown setting {part}"));
        }
    }
    let losses = value.get("f64").cloned().ok_or("no float64 losses")?;
    let losses = serde_json::from_value(losses).map_err(|error| error.to_string())?;
    if has_lr {
        Ok((settings, losses))
    } else {
        Err("no learning rate".to_owned())
    }
}

impl Eval {
    fn check(&self, report: &mut Report, model: &ResNet, x: &Tensor, target: &Tensor) {
        let outputs = no_grad(|| stages(model, x.clone(), Mode::Eval));
        check_stages(
            report,
            "eval",
            &outputs,
            &self.stages,
            &self.torch_f32_max_rel_err,
        );
        let logits = &outputs["logits"];
        let share = share(self.torch_f32_max_rel_err.get("logits"));
        let magnitude = largest(&self.logits.concat());
        report.add(
            "eval logits, all",
            check_rows(logits, &self.logits, share * magnitude),
        );
        let argmax = logits.argmax_dim(1).to_vec::<i64>();
        let outcome = if argmax == self.argmax {
            Ok(())
        } else {
            Err(format!("{argmax:?} against {:?}", self.argmax))
        };
        report.add("eval argmax", outcome);
        let loss = cross_entropy(logits, target).item();
        report.add(
            "eval loss",
            near("loss", &[loss], &[self.loss], PLAIN * self.loss.abs()),
        );
    }
}

impl Train {
    fn check(&self, report: &mut Report, model: &ResNet, x: &Tensor, target: &Tensor) {
        let outputs = stages(model, x.clone(), Mode::Train);
        check_stages(
            report,
            "train",
            &outputs,
            &self.stages,
            &self.torch_f32_max_rel_err,
        );
        let share_of_logits = share(self.torch_f32_max_rel_err.get("logits"));
        let magnitude = self.stages.get("logits").map_or(0.0, |stage| stage.abs_max);
        let allowed = share_of_logits * magnitude;
        report.add(
            "train logits, first 16",
            check_rows(&outputs["logits"], &self.logits_first16, allowed),
        );
        let loss = cross_entropy(&outputs["logits"], target);
        report.add(
            "train loss",
            near(
                "loss",
                &[loss.item()],
                &[self.loss],
                PLAIN * self.loss.abs(),
            ),
        );
        loss.backward();
        for (name, grad) in &self.grads {
            report.add(&format!("gradient {name}"), grad.check(model, name));
        }
        self.check_running(report, model);
    }

    fn check_running(&self, report: &mut Report, model: &ResNet) {
        let buffers: BTreeMap<String, Vec<f64>> = model
            .named_buffers()
            .into_iter()
            .map(|(name, buffer)| (name, buffer.to_vec()))
            .collect();
        let find = |name: &str| buffers.get(name).ok_or_else(|| "no such buffer".to_owned());
        for (layer, expected) in &self.running_after_one_forward {
            for (kind, theirs) in expected {
                let name = format!("{layer}.{kind}");
                let outcome =
                    find(&name).and_then(|ours| near(kind, ours, theirs, PLAIN * largest(theirs)));
                report.add(&format!("running {name}"), outcome);
            }
        }
        for (name, expected) in &self.running_after_one_forward_sums {
            // A sum is allowed what its terms are allowed.
            let outcome = find(name).and_then(|ours| {
                near(
                    "sum",
                    &[ours.iter().sum()],
                    &[*expected],
                    PLAIN * largest(ours).max(expected.abs()),
                )
            });
            report.add(&format!("sum of {name}"), outcome);
        }
        for (name, ours) in buffers
            .iter()
            .filter(|(name, _)| name.ends_with("num_batches_tracked"))
        {
            report.add(
                name,
                near("batches", ours, &[self.num_batches_tracked], 0.0),
            );
        }
    }
}

fn gradient(model: &ResNet, name: &str) -> Result<Vec<f64>, String> {
    let parameter = model
        .get_parameter(name)
        .map_err(|error| error.to_string())?;
    Ok(parameter.grad().ok_or("no gradient")?.to_vec())
}

impl Grad {
    fn check(&self, model: &ResNet, name: &str) -> Result<(), String> {
        let values = gradient(model, name)?;
        let share = share(Some(&self.torch_f32_max_rel_err));
        let allowed = share * self.abs_max;
        near("first8", head(&values, 8), &self.first8, allowed)?;
        near("abs_max", &[largest(&values)], &[self.abs_max], allowed)?;
        near("l2", &[l2(&values)], &[self.l2], allowed)
    }
}

impl Variant {
    fn check(&self, report: &mut Report, evaluated: &ResNet, trained: &ResNet, x: &Tensor) {
        let same = self.in_chans == self.input.shape[1];
        let outcome = if same {
            Ok(())
        } else {
            Err(format!("{} against the input's", self.in_chans))
        };
        report.add("variant in_chans", outcome);
        let logits = no_grad(|| evaluated.forward(x.clone(), Mode::Eval));
        let magnitude = largest(&self.eval_logits.concat());
        report.add(
            "variant eval logits",
            check_rows(&logits, &self.eval_logits, PLAIN * magnitude),
        );
        let loss = cross_entropy(
            &trained.forward(x.clone(), Mode::Train),
            &targets(&self.targets),
        );
        let outcome = near(
            "loss",
            &[loss.item()],
            &[self.train_loss],
            PLAIN * self.train_loss.abs(),
        );
        report.add("variant train loss", outcome);
        loss.backward();
        for (name, expected) in &self.grad_l2 {
            let outcome = gradient(trained, name)
                .and_then(|grad| near("l2", &[l2(&grad)], &[*expected], PLAIN * expected.abs()));
            report.add(&format!("variant gradient {name}"), outcome);
        }
    }
}
