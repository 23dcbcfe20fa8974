//! Batch norm and its gradient.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{Activation, BatchNorm, NormMode};
use hammerhead_tensor::{DType, Result};

use super::call::{Dense, Dispatch};
use super::code;
use crate::device::State;
use crate::kernels::Shader;

/// The steps of the shader.
#[derive(Clone, Copy)]
enum Stage {
    Statistics = 0,
    Normalise = 1,
    Sums = 2,
    Gradient = 3,
    AllStatistics = 4,
    AllSums = 5,
}

/// Elements of a channel that a workgroup sums.
const PART: usize = 4096;
/// Elements that a workgroup maps.
const PER_GROUP: usize = 1024;
/// Numbers of what a workgroup summed.
const KEPT: usize = 4;

/// A norm over an input of a certain shape.
struct Work<'a> {
    state: &'a State,
    norm: &'a BatchNorm,
    numel: usize,
    images: usize,
    channels: usize,
    plane: usize,
    dtype: DType,
    relu: bool,
}

impl<'a> Work<'a> {
    fn new(state: &'a State, norm: &'a BatchNorm, x: &Operand<'_>, relu: bool) -> Self {
        let shape = x.layout.shape();
        Self {
            state,
            norm,
            numel: x.layout.numel(),
            images: shape[0],
            channels: shape[1],
            plane: shape[2..].iter().product(),
            dtype: x.dtype,
            relu,
        }
    }

    /// Workgroups that sum a channel.
    fn parts(&self) -> usize {
        (self.images * self.plane).div_ceil(PART).max(1)
    }

    /// Begins a dispatch; `offsets` are those of all operands that are as large as the input.
    fn begin(&self, stage: Stage, offsets: &[usize]) -> Dispatch<'a> {
        let constants = [
            stage as u32,
            code(self.dtype),
            u32::from(self.norm.affine),
            u32::from(self.norm.residual),
            u32::from(self.relu),
            u32::from(self.norm.mode == NormMode::Train),
        ];
        let fours = |at: usize| at.is_multiple_of(4);
        let by_fours = fours(self.plane) && offsets.iter().all(|&at| fours(at));
        Dispatch::new(self.state, Shader::Norm.of(self.dtype), &constants)
            .words([
                self.images,
                self.channels,
                self.plane,
                self.parts(),
                usize::from(by_fours),
            ])
            .number(self.norm.epsilon)
    }

    /// Room for what so many workgroups of each channel sum.
    fn kept(&self, parts: usize) -> Result<Dense<'static>> {
        let number = self.dtype.size().max(DType::F32.size());
        Dense::scratch(self.state, self.channels * parts * KEPT * number)
    }

    /// Mean and variance of every channel.
    fn statistics(&self, x: &Dense<'_>, mean: &Dense<'_>, variance: &Dense<'_>) -> Result<()> {
        let parts = self.parts();
        let kept = match parts {
            1 => None,
            _ => Some(self.kept(parts)?),
        };
        let sum = self
            .begin(Stage::Statistics, &[x.offset()])
            .input(x)
            .changed(mean)
            .changed(variance);
        let Some(kept) = &kept else {
            return sum.run(self.channels);
        };
        sum.absent(3).changed(kept).run(self.channels * parts)?;
        self.begin(Stage::AllStatistics, &[])
            .input(kept)
            .changed(mean)
            .changed(variance)
            .run(self.channels)
    }

    fn map_groups(&self) -> usize {
        self.numel.div_ceil(PER_GROUP)
    }
}

pub(super) fn run(
    state: &State,
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let dense = Dense::all(state, inputs)?;
    let [x, rest @ ..] = dense.as_slice() else {
        unreachable!("arity was checked")
    };
    let mut rest = rest.iter();
    let relu = norm.activation == Activation::Relu;
    let work = Work::new(state, norm, &inputs[0], relu);
    let kept;
    let (mean, variance) = match norm.mode {
        NormMode::Eval => (
            rest.next().expect("a mean"),
            rest.next().expect("a variance"),
        ),
        NormMode::Train => {
            kept = [
                Dense::of(state, &outputs[1])?,
                Dense::of(state, &outputs[2])?,
            ];
            work.statistics(x, &kept[0], &kept[1])?;
            (&kept[0], &kept[1])
        }
    };
    let (weight, bias) = if norm.affine {
        (rest.next(), rest.next())
    } else {
        (None, None)
    };
    let residual = rest.next().filter(|_| norm.residual);
    let y = &outputs[0];
    let offsets = [
        x.offset(),
        y.layout.offset(),
        residual.map_or(0, Dense::offset),
    ];
    work.begin(Stage::Normalise, &offsets)
        .input(x)
        .input(mean)
        .input(variance)
        .optional(weight)
        .optional(bias)
        .optional(residual)
        .output(y)
        .run(work.map_groups())
}

pub(super) fn grad(
    state: &State,
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let dense = Dense::all(state, inputs)?;
    let [gradient, x, mean, variance, rest @ ..] = dense.as_slice() else {
        unreachable!("arity was checked")
    };
    let (weight, y) = if norm.affine {
        (rest.first(), rest.get(1))
    } else {
        (None, rest.first())
    };
    let relu = norm.activation == Activation::Relu && y.is_some();
    let y = y.filter(|_| relu);
    let work = Work::new(state, norm, &inputs[1], relu);
    let gradients = if norm.affine {
        [
            Some(Dense::of(state, &outputs[1])?),
            Some(Dense::of(state, &outputs[2])?),
        ]
    } else {
        [None, None]
    };
    let large = [x.offset(), gradient.offset(), y.map_or(0, Dense::offset)];
    // What the gradient of x takes of the sums is not rounded to a narrow dtype.
    let mut sums = work.kept(work.parts())?;
    let [weight_gradient, bias_gradient] = &gradients;
    work.begin(Stage::Sums, &large)
        .input(x)
        .input(mean)
        .input(variance)
        .absent(2)
        .optional(y)
        .changed(&sums)
        .input(gradient)
        .optional_changed(weight_gradient.as_ref())
        .optional_changed(bias_gradient.as_ref())
        .run(work.channels * work.parts())?;
    if work.parts() > 1 {
        let parts = std::mem::replace(&mut sums, work.kept(1)?);
        work.begin(Stage::AllSums, &[])
            .input(&parts)
            .absent(5)
            .changed(&sums)
            .absent(1)
            .optional_changed(weight_gradient.as_ref())
            .optional_changed(bias_gradient.as_ref())
            .run(work.channels)?;
    }
    let dx = &outputs[0];
    let residual = outputs.last().filter(|_| norm.residual);
    let [a, b, c] = large;
    let written = residual.map_or(0, |residual| residual.layout.offset());
    let call = work
        .begin(Stage::Gradient, &[a, b, c, dx.layout.offset(), written])
        .input(x)
        .input(mean)
        .input(variance)
        .optional(weight)
        .input(&sums)
        .optional(y)
        .output(dx)
        .input(gradient);
    match residual {
        Some(residual) => call.output(residual),
        None => call,
    }
    .run(work.map_groups())
}

#[cfg(test)]
mod tests;
