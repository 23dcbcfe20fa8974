//! Optimiser steps, each one pass over the parameter and its states.

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::Update;

use super::call::{Dense, Dispatch};
use super::{code, piece, pointwise};
use crate::device::State;
use crate::kernels::Shader;

pub(super) fn run(
    state: &State,
    update: &Update,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let grad = &inputs[0];
    let numel = grad.layout.numel();
    let decided = inputs.len() > 1;
    let (rule, flags, numbers) = facts(update, decided);
    let dense = Dense::of(state, grad)?;
    // A state that lies by strides is worked on in a copy.
    let states = Dense::all(state, outputs)?;
    let constants = [
        rule,
        code(grad.dtype),
        outputs.len() as u32 - 1,
        flags,
        u32::from(decided),
    ];
    let mut dispatch = Dispatch::new(state, Shader::Update.of(grad.dtype), &constants)
        .word(numel)
        .numbers(&numbers);
    dispatch = match inputs {
        [_, go, step] => dispatch.strided(go).strided(step),
        _ => dispatch.absent(2),
    };
    dispatch = dispatch.input(&dense);
    for output in &states {
        dispatch = dispatch.changed(output);
    }
    dispatch.run(numel.div_ceil(256))?;
    for (output, changed) in outputs.iter().zip(&states) {
        if !std::ptr::eq(changed.piece(), piece(output)) {
            let layout = hammerhead_tensor::layout::Layout::contiguous(output.layout.shape());
            let from = Operand {
                memory: changed.piece(),
                layout: &layout,
                dtype: output.dtype,
            };
            pointwise::cast(state, &from, output)?;
        }
    }
    Ok(())
}

/// The shader's rule, its flags and its numbers. Where the device knows which step it is, what depends on
/// that is left to the shader.
fn facts(update: &Update, decided: bool) -> (u32, u32, [f64; 9]) {
    let flag = |on: bool, bit: u32| u32::from(on) * bit;
    match *update {
        Update::Sgd {
            lr,
            momentum,
            dampening,
            weight_decay,
            nesterov,
            first,
        } => {
            let (kept, added) = (momentum, 1.0 - dampening);
            let numbers = [lr, weight_decay, momentum, kept, added, 0.0, 0.0, 0.0, 0.0];
            (0, flag(nesterov, 1) | flag(first && !decided, 2), numbers)
        }
        Update::Adam {
            lr,
            beta1,
            beta2,
            epsilon,
            weight_decay,
            decoupled,
            amsgrad,
            step,
        } => {
            let correction = |beta: f64| 1.0 - beta.powf(step as f64);
            let (penalty, kept) = if decoupled {
                (0.0, 1.0 - lr * weight_decay)
            } else {
                (weight_decay, 1.0)
            };
            // The logarithm of 0 is more than the shader's arithmetic has to bear.
            let log = |beta: f64| beta.ln().max(-1e30);
            let (step_size, root, mean_log) = if decided {
                (lr, log(beta2), log(beta1))
            } else {
                (lr / correction(beta1), correction(beta2).sqrt(), 0.0)
            };
            let numbers = [
                step_size,
                penalty,
                1.0 - beta1,
                beta2,
                1.0 - beta2,
                epsilon,
                root,
                kept,
                mean_log,
            ];
            (1, flag(amsgrad, 1), numbers)
        }
        Update::RmsProp {
            lr,
            alpha,
            epsilon,
            weight_decay,
            momentum,
            centered,
        } => {
            let numbers = [
                lr,
                weight_decay,
                alpha,
                1.0 - alpha,
                momentum,
                epsilon,
                0.0,
                0.0,
                0.0,
            ];
            (2, flag(centered, 1) | flag(momentum != 0.0, 2), numbers)
        }
        Update::Adagrad {
            lr,
            lr_decay,
            epsilon,
            weight_decay,
            step,
        } => {
            let lr = if decided {
                lr
            } else {
                lr / (1.0 + (step as f64 - 1.0) * lr_decay)
            };
            let numbers = [lr, weight_decay, lr_decay, 0.0, 0.0, epsilon, 0.0, 0.0, 0.0];
            (3, 0, numbers)
        }
    }
}
