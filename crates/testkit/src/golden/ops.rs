//! `ops.json` and `ops.safetensors`: operations with their outputs and gradients.

mod call;
mod layers;
mod losses;
mod pointwise;
mod reduce;
mod shape;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use hammerhead_autograd::Autograd;
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{Cpu, DType, Oracle, Tensor, with_device};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::tensors::{Expected, Index, Tensors};
use super::{GoldenError, Report, read_json};
use call::{Call, Outcome};

const CASES: &str = "ops.json";
const VALUES: &str = "ops.safetensors";

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    op: String,
    attrs: Map<String, Value>,
    inputs: BTreeMap<String, String>,
    output: String,
    #[serde(default)]
    extra_outputs: BTreeMap<String, String>,
    grad_weight: Option<String>,
    #[serde(default)]
    grads: BTreeMap<String, String>,
    /// How far PyTorch's own f32 run is from the stored values, by `out` and `grad.NAME`.
    #[serde(default)]
    torch_f32_max_abs_err: BTreeMap<String, f64>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// How close a device must come.
#[derive(Clone, Copy)]
enum Closeness {
    /// A few times as close as PyTorch's own f32.
    SinglePrecision,
    /// A device whose divisions, square roots and order of sums are its own.
    OtherDevice,
    /// As close as sums in another order are.
    DoublePrecision,
}

/// Which dtype the cases' floats have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Floats {
    /// That of the file.
    AsStored,
    /// `f64`.
    Double,
}

impl Closeness {
    fn tolerance(self, expected: &Expected, torch_error: f64) -> f64 {
        match self {
            Closeness::SinglePrecision => (10.0 * torch_error).max(1e-6 * expected.magnitude()),
            Closeness::OtherDevice => (30.0 * torch_error).max(1e-5 * expected.magnitude()),
            Closeness::DoublePrecision => 1e-10 * expected.magnitude(),
        }
    }
}

/// Compares every case of the folder on the CPU.
pub(super) fn check_cpu(folder: &Path) -> Result<Report, GoldenError> {
    check(
        folder,
        CASES,
        &Cpu::device(),
        Floats::AsStored,
        Closeness::SinglePrecision,
    )
}

/// Compares every case of the folder on another device.
pub(super) fn check_on(folder: &Path, device: &DeviceRef) -> Result<Report, GoldenError> {
    check(
        folder,
        "ops.json on a device",
        device,
        Floats::AsStored,
        Closeness::OtherDevice,
    )
}

/// Compares every case of the folder on a device that computes with doubles, in doubles.
pub(super) fn check_f64_on(folder: &Path, device: &DeviceRef) -> Result<Report, GoldenError> {
    check(
        folder,
        "ops.json in f64 on a device",
        device,
        Floats::Double,
        Closeness::DoublePrecision,
    )
}

/// Compares every case of the folder on the oracle.
pub(super) fn check_oracle(folder: &Path) -> Result<Report, GoldenError> {
    check(
        folder,
        "ops.json on the oracle",
        &Oracle::device(),
        Floats::AsStored,
        Closeness::DoublePrecision,
    )
}

fn check(
    folder: &Path,
    title: &'static str,
    device: &DeviceRef,
    floats: Floats,
    closeness: Closeness,
) -> Result<Report, GoldenError> {
    let file: File = read_json(&folder.join(CASES))?;
    let tensors = Tensors::read(&folder.join(VALUES))?;
    let tensors = tensors.index()?;
    let mut report = Report::new(title);
    for case in &file.cases {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            with_device(device, || case.check(&tensors, device, floats, closeness))
        }));
        report.add(
            &case.name,
            outcome.unwrap_or_else(|panic| Err(message(&*panic))),
        );
    }
    Ok(report)
}

/// What a panic said: a method that refuses its arguments misses the case, not the run.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("panicked").to_owned()
}

impl Case {
    fn check(
        &self,
        tensors: &Index<'_>,
        device: &DeviceRef,
        floats: Floats,
        closeness: Closeness,
    ) -> Result<(), String> {
        let tensor = |stored: &str| -> Result<Tensor, String> {
            let wide = |x: Tensor| {
                let double = floats == Floats::Double && x.dtype().is_float();
                if double { x.to_dtype(DType::F64) } else { x }
            };
            // Made on the CPU, so that no digit is the device's.
            Ok(wide(tensors.tensor(stored, &Cpu::device())?).to(device))
        };
        let inputs = self
            .inputs
            .iter()
            .map(|(name, stored)| Ok((name.clone(), tensor(stored)?)));
        let inputs = inputs.collect::<Result<_, String>>()?;
        let mut call = Call::new(inputs, &self.grads, Arguments::new(&self.attrs));
        // Comments among the attributes are for readers.
        call.attrs.maybe::<String>("note")?;
        let outputs = evaluate(&self.op, &mut call)?;
        call.all_used()?;

        let compare = |what: &str, stored: &str, ours: &Tensor| {
            let expected = tensors.expected(stored)?;
            let torch_error = self.torch_f32_max_abs_err.get(what).copied().unwrap_or(0.0);
            let tolerance = closeness.tolerance(&expected, torch_error);
            expected
                .compare(ours, tolerance)
                .map_err(|why| format!("{what}: {why}"))
        };
        compare("out", &self.output, &outputs.output)?;
        for (name, stored) in &self.extra_outputs {
            let ours = outputs
                .extra
                .get(name.as_str())
                .ok_or_else(|| format!("no output {name}"))?;
            compare(name, stored, ours)?;
        }
        let Some(weight) = &self.grad_weight else {
            return if self.grads.is_empty() {
                Ok(())
            } else {
                Err("gradients without a weight".to_owned())
            };
        };
        let weight = tensor(weight)?;
        (&outputs.output * &weight).sum().backward();
        for (name, stored) in &self.grads {
            let grad = call.grad(name)?;
            compare(&format!("grad.{name}"), stored, &grad)?;
        }
        Ok(())
    }
}

/// Runs an operation by its name in the file.
fn evaluate(op: &str, call: &mut Call) -> Outcome {
    let families = [
        pointwise::evaluate,
        reduce::evaluate,
        shape::evaluate,
        layers::evaluate,
        losses::evaluate,
    ];
    let outcome = families.iter().find_map(|family| family(op, call));
    outcome.unwrap_or_else(|| Err(format!("unknown operation {op}")))
}
