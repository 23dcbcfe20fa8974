//! Operands for every instruction: what devices are compared on, gradients checked on and kernels
//! measured on.
//!
//! Values lie where the instruction is smooth and well conditioned, so that two correct devices agree.

mod layers;
mod movement;
mod pointwise;
mod reduce;
mod update;

use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::prim::{Prim, Reduce};
use hammerhead_tensor::{Cpu, DType, Tensor, with_device};

use crate::closed_form;

/// An instruction with operands that fit it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The instruction.
    pub prim: Prim,
    /// Its inputs.
    pub inputs: Vec<Input>,
    /// What an optimiser's update changes: the parameter and its states. Empty otherwise.
    pub targets: Vec<Input>,
}

impl Sample {
    fn new(prim: Prim, inputs: Vec<Input>) -> Self {
        Self {
            prim,
            inputs,
            targets: Vec::new(),
        }
    }
}

/// One operand: a shape and where its values lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The shape.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Values,
}

/// Where an operand's values lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values {
    /// Numbers of the dtype under test, spread irregularly over `[low, high)`.
    Between(f64, f64),
    /// Indices below a bound, always `I64`.
    Below(usize),
    /// Truth values, always `Bool`.
    Truth,
    /// One truth value everywhere.
    Always(bool),
    /// One `I64` everywhere.
    Number(i64),
}

impl Numbers {
    fn take(self, dtype: DType) -> bool {
        match self {
            Numbers::Floats => dtype.is_float(),
            Numbers::Counts => dtype.is_float() || dtype == DType::I64,
            Numbers::All => true,
        }
    }
}

impl Input {
    fn between(shape: &[usize], low: f64, high: f64) -> Self {
        Self {
            shape: shape.into(),
            values: Values::Between(low, high),
        }
    }

    /// Values around zero.
    fn any(shape: &[usize]) -> Self {
        Self::between(shape, -2.0, 2.0)
    }

    fn positive(shape: &[usize]) -> Self {
        Self::between(shape, 0.2, 2.0)
    }

    fn below(shape: &[usize], bound: usize) -> Self {
        Self {
            shape: shape.into(),
            values: Values::Below(bound),
        }
    }

    fn truth(shape: &[usize]) -> Self {
        Self {
            shape: shape.into(),
            values: Values::Truth,
        }
    }

    /// A number of rank 0.
    fn single(values: Values) -> Self {
        Self {
            shape: Vec::new(),
            values,
        }
    }

    /// The operand's tensor; `stream` tells operands of one sample apart, and gives the same values on
    /// every device, rounded to the dtype.
    pub fn tensor(&self, stream: u64, dtype: DType, device: &DeviceRef) -> Tensor {
        // Made on the CPU, which rounds to the dtype.
        with_device(&Cpu::device(), || self.on_cpu(stream, dtype)).to(device)
    }

    fn on_cpu(&self, stream: u64, dtype: DType) -> Tensor {
        let len = self.shape.iter().product();
        let unit = closed_form::uniform(stream, len)
            .into_iter()
            .map(|u| (f64::from(u) + 1.0) / 2.0);
        match self.values {
            Values::Between(low, high) if dtype.is_float() => {
                let values = unit
                    .map(|unit| low + (high - low) * unit)
                    .collect::<Vec<f64>>();
                Tensor::from_vec(values, &self.shape).to_dtype(dtype)
            }
            // Ten times as wide, for integers to differ.
            Values::Between(low, high) => {
                let whole = |unit: f64| (10.0 * (low + (high - low) * unit)) as i64;
                Tensor::from_vec(unit.map(whole).collect::<Vec<i64>>(), &self.shape).to_dtype(dtype)
            }
            Values::Below(bound) => {
                let index = |unit: f64| (unit * bound as f64) as i64;
                Tensor::from_vec(unit.map(index).collect::<Vec<i64>>(), &self.shape)
            }
            Values::Truth => Tensor::from_vec(
                unit.map(|unit| unit < 0.5).collect::<Vec<bool>>(),
                &self.shape,
            ),
            Values::Always(value) => Tensor::full(&self.shape, value),
            Values::Number(value) => Tensor::full(&self.shape, value),
        }
    }
}

/// Which dtypes an instruction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Floats.
    Floats,
    /// Floats and `I64`: bytes are too small for sums.
    Counts,
    /// Floats and integers.
    All,
}

/// The number of an instruction's kind, which [`all`] covers, and the dtypes it takes. The match is
/// exhaustive: a new instruction is given samples before anything builds.
pub fn kind(prim: &Prim) -> (usize, Numbers) {
    use Numbers::{All, Counts, Floats};
    match prim {
        Prim::Unary(_) => (0, Floats),
        Prim::UnaryGrad(_) => (1, Floats),
        Prim::Binary(binary) => (2, pointwise::numbers(*binary)),
        Prim::BinaryGrad(..) => (3, Floats),
        Prim::Compare(_) => (4, All),
        Prim::Logical(_) => (5, Floats),
        Prim::Not => (6, Floats),
        Prim::Select => (7, All),
        Prim::Cast(_) => (8, All),
        // Products of integers leave what the oracle holds exactly.
        Prim::Reduce(Reduce::Mean | Reduce::Prod, _) => (9, Floats),
        Prim::Reduce(Reduce::Sum, _) => (9, Counts),
        Prim::Reduce(Reduce::Max | Reduce::Min, _) => (9, All),
        Prim::ArgReduce { .. } => (10, All),
        Prim::CumSum { .. } => (11, Counts),
        Prim::Sort { .. } => (12, All),
        Prim::View(_) => (13, All),
        Prim::Cat { .. } => (14, All),
        Prim::Pad { .. } => (15, All),
        Prim::Matmul(..) => (16, Floats),
        Prim::Conv2d(..) => (17, Floats),
        Prim::Conv2dInputGrad(..) => (18, Floats),
        Prim::Conv2dWeightGrad(..) => (19, Floats),
        Prim::Pool { .. } => (20, Floats),
        Prim::PoolGrad { .. } => (21, Floats),
        Prim::BatchNorm(_) => (22, Floats),
        Prim::BatchNormGrad(_) => (23, Floats),
        Prim::CrossEntropy(_) => (24, Floats),
        Prim::CrossEntropyGrad(_) => (25, Floats),
        Prim::Gather { .. } => (26, All),
        Prim::ScatterAdd { .. } => (27, Counts),
        Prim::Fill(..) => (28, Floats),
        Prim::Random(..) => (29, Floats),
        Prim::Update(_) => (30, Floats),
        Prim::Conv2dNorm(..) => (31, Floats),
        Prim::Softmax => (32, Floats),
        Prim::SelectGrad => (33, Floats),
        // Whoever writes a custom operation brings its samples.
        Prim::Custom(_) => (34, Floats),
    }
}

/// Kinds of instructions that have samples: all but the custom ones.
pub const KINDS: usize = 34;

/// Samples of every kind of instruction. Those that make values from nothing are for one dtype.
pub fn all(dtype: DType) -> Vec<Sample> {
    let mut samples = pointwise::samples();
    samples.extend(reduce::samples());
    samples.extend(movement::samples());
    samples.extend(layers::samples());
    samples.extend(update::samples(dtype));
    samples.retain(|sample| kind(&sample.prim).1.take(dtype));
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use hammerhead_tensor::infer::{Spec, infer};
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_samples() {
        let kinds: BTreeSet<usize> = all(DType::F32)
            .iter()
            .map(|sample| kind(&sample.prim).0)
            .collect();
        assert_eq!(kinds, (0..KINDS).collect());
    }

    #[test]
    fn every_sample_fits_its_instruction() {
        for sample in all(DType::F64) {
            let specs = sample.inputs.iter().enumerate().map(|(stream, input)| {
                let tensor =
                    input.tensor(stream as u64, DType::F64, &hammerhead_tensor::Cpu::device());
                Spec {
                    shape: tensor.shape().into(),
                    dtype: tensor.dtype(),
                }
            });
            let outputs = infer(&sample.prim, &specs.collect::<Vec<_>>());
            let outputs = outputs.unwrap_or_else(|error| panic!("{:?}: {error}", sample.prim));
            assert!(
                sample.targets.is_empty() || sample.targets.len() == outputs.len(),
                "{:?}",
                sample.prim
            );
        }
    }
}
