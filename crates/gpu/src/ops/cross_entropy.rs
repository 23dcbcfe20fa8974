//! Softmax cross-entropy of class targets.

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::CrossEntropy;

use super::call::{Dense, Dispatch};
use super::code;
use crate::device::State;
use crate::kernels::Shader;

pub(super) fn run(
    state: &State,
    entropy: &CrossEntropy,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let (logits, target) = (Dense::of(state, &inputs[0])?, Dense::of(state, &inputs[1])?);
    let shape = inputs[0].layout.shape();
    Dispatch::new(
        state,
        Shader::CrossEntropy.of(inputs[0].dtype),
        &[0, code(inputs[0].dtype)],
    )
    .words([shape[0], shape[1]])
    .number(entropy.label_smoothing)
    .wide(entropy.ignore_index as u64)
    .faults()
    .input(&logits)
    .input(&target)
    .output(&outputs[0])
    .output(&outputs[1])
    .run(shape[0])
}

pub(super) fn grad(
    state: &State,
    entropy: &CrossEntropy,
    inputs: &[Operand<'_>],
    dx: &Operand<'_>,
) -> Result<()> {
    let dense = Dense::all(state, inputs)?;
    let [grad, logits, target] = dense.as_slice() else {
        unreachable!("arity was checked")
    };
    let shape = dx.layout.shape();
    Dispatch::new(
        state,
        Shader::CrossEntropy.of(dx.dtype),
        &[1, code(dx.dtype)],
    )
    .words([shape[0], shape[1]])
    .number(entropy.label_smoothing)
    .wide(entropy.ignore_index as u64)
    .faults()
    .input(logits)
    .input(target)
    .output(dx)
    .input(grad)
    .run(shape[0])
}
