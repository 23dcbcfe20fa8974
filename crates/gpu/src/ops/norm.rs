//! Batch norm and its gradient.

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{Activation, BatchNorm, NormMode};

use super::call::{Dense, Dispatch};
use super::code;
use crate::device::State;
use crate::kernels::Shader;

/// The steps of the shader.
const STATISTICS: u32 = 0;
const NORMALISE: u32 = 1;
const SUMS: u32 = 2;
const GRADIENT: u32 = 3;

/// Elements, images, channels, places of a plane.
fn sizes(x: &Operand<'_>) -> [usize; 4] {
    let shape = x.layout.shape();
    [
        x.layout.numel(),
        shape[0],
        shape[1],
        shape[2..].iter().product(),
    ]
}

fn constants(stage: u32, norm: &BatchNorm, x: &Operand<'_>, relu: bool) -> [u32; 6] {
    [
        stage,
        code(x.dtype),
        u32::from(norm.affine),
        u32::from(norm.residual),
        u32::from(relu),
        u32::from(norm.mode == NormMode::Train),
    ]
}

/// A dispatch that begins as all do once the statistics are there.
fn begin<'a>(
    state: &'a State,
    shader: Shader,
    constants: [u32; 6],
    counts: [usize; 4],
    epsilon: f64,
    operands: [&'a Dense<'_>; 3],
) -> Dispatch<'a> {
    let [x, mean, variance] = operands;
    Dispatch::new(state, shader, &constants)
        .words(counts)
        .number(epsilon)
        .input(x)
        .input(mean)
        .input(variance)
}

pub(super) fn run(
    state: &State,
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let dense = Dense::all(state, inputs)?;
    let mut rest = dense.iter();
    let x = rest.next().expect("x is an input");
    let counts = sizes(&inputs[0]);
    let shader = Shader::Norm.of(inputs[0].dtype);
    let relu = norm.activation == Activation::Relu;
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
            Dispatch::new(
                state,
                shader,
                &constants(STATISTICS, norm, &inputs[0], relu),
            )
            .words(counts)
            .number(norm.epsilon)
            .input(x)
            .changed(&kept[0])
            .changed(&kept[1])
            .run(counts[2])?;
            (&kept[0], &kept[1])
        }
    };
    let constants = constants(NORMALISE, norm, &inputs[0], relu);
    let mut call = begin(
        state,
        shader,
        constants,
        counts,
        norm.epsilon,
        [x, mean, variance],
    );
    for _ in 0..2 {
        call = if norm.affine {
            call.input(rest.next().expect("weight and bias"))
        } else {
            call.nothing()
        };
    }
    call = if norm.residual {
        call.input(rest.next().expect("a residual"))
    } else {
        call.nothing()
    };
    call.nothing()
        .output(&outputs[0])
        .run(counts[0].div_ceil(256))
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
    let counts = sizes(&inputs[1]);
    let shader = Shader::Norm.of(inputs[1].dtype);
    let relu = norm.activation == Activation::Relu && y.is_some();
    let bytes = counts[2] * inputs[1].dtype.size();
    let (weighted, plain) = if norm.affine {
        (
            Dense::of(state, &outputs[1])?,
            Dense::of(state, &outputs[2])?,
        )
    } else {
        (Dense::scratch(state, bytes)?, Dense::scratch(state, bytes)?)
    };
    let operands = [x, mean, variance];
    let begin = |stage: u32| {
        let constants = constants(stage, norm, &inputs[1], relu);
        let call = begin(state, shader, constants, counts, norm.epsilon, operands);
        let call = match weight {
            Some(weight) => call.input(weight),
            None => call.nothing(),
        };
        let call = call.nothing();
        let call = match y {
            Some(y) => call.input(y),
            None => call.nothing(),
        };
        call.input(gradient)
    };
    begin(SUMS)
        .changed(&weighted)
        .changed(&plain)
        .run(counts[2])?;
    let call = begin(GRADIENT).output(&outputs[0]);
    let call = match outputs.last() {
        Some(residual) if norm.residual => call.output(residual),
        _ => call.nothing(),
    };
    call.input(&weighted)
        .input(&plain)
        .run(counts[0].div_ceil(256))
}
