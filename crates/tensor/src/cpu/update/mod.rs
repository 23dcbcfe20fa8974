//! Optimiser steps: parameter and state in one pass, in place, by PyTorch's formulas.
#![allow(unsafe_code)] // The parameter and its state are changed through pointers.

mod rules;

use rules::{Adagrad, Adam, Amsgrad, Centered, PlainSgd, RmsProp, Rule, Sgd, WithMomentum};
use smallvec::SmallVec;

use super::float::{Float, for_float};
use super::host::{Dst, Src};
use super::instruction_set::{HotLoop, fastest};
use super::split::ranges;
use crate::Result;
use crate::device::Operand;
use crate::prim::{Prim, Update};

/// How much more an element counts here than in other kernels when work is shared: the backward before has just woken the
/// threads, and gradients lie in the caches of all of them.
const AWAKE: usize = 3;

/// Runs `Prim::Update`.
pub(super) fn run(update: &Update, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
    let grad = &inputs[0];
    let update = match inputs {
        [_, go, step] => {
            // SAFETY: each is the one element of its operand; a bool is a byte, whatever it holds.
            let (go, step) =
                unsafe { (*Src::<u8>::new(go).first(), *Src::<i64>::new(step).first()) };
            if go == 0 {
                return Ok(());
            }
            &update.at(step as u64)
        }
        _ => update,
    };
    for_float!(Prim::Update(*update).name(), grad.dtype, T => {
        step::<T>(update, grad, outputs);
        Ok(())
    })
}

fn step<T: Float>(update: &Update, grad: &Operand<'_>, outputs: &[Operand<'_>]) {
    let lit = T::from_f64;
    match *update {
        Update::Sgd {
            lr,
            momentum,
            dampening,
            weight_decay,
            nesterov,
            first,
        } => {
            let (lr, momentum, weight_decay) = (lit(lr), lit(momentum), lit(weight_decay));
            if outputs.len() == 1 {
                return apply(&PlainSgd { lr, weight_decay }, grad, outputs);
            }
            let (kept, added) = if first {
                (lit(0.0), lit(1.0))
            } else {
                (momentum, lit(1.0 - dampening))
            };
            apply(
                &Sgd {
                    lr,
                    momentum,
                    kept,
                    added,
                    weight_decay,
                    nesterov,
                    first,
                },
                grad,
                outputs,
            );
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
            let adam = Adam {
                step_size: lit(lr / correction(beta1)),
                root_correction: lit(correction(beta2).sqrt()),
                new1: lit(1.0 - beta1),
                beta2: lit(beta2),
                new2: lit(1.0 - beta2),
                epsilon: lit(epsilon),
                kept: lit(if decoupled {
                    1.0 - lr * weight_decay
                } else {
                    1.0
                }),
                penalty: lit(if decoupled { 0.0 } else { weight_decay }),
            };
            if amsgrad {
                apply(&Amsgrad(adam), grad, outputs)
            } else {
                apply(&adam, grad, outputs)
            }
        }
        Update::RmsProp {
            lr,
            alpha,
            epsilon,
            weight_decay,
            momentum,
            centered,
        } => {
            let rule = RmsProp {
                lr: lit(lr),
                alpha: lit(alpha),
                new: lit(1.0 - alpha),
                epsilon: lit(epsilon),
                weight_decay: lit(weight_decay),
                momentum: lit(momentum),
            };
            match (centered, momentum != 0.0) {
                (false, false) => apply::<T, _, 2>(&rule, grad, outputs),
                (false, true) => apply(&WithMomentum(rule), grad, outputs),
                (true, false) => apply::<T, _, 3>(&Centered(rule), grad, outputs),
                (true, true) => apply::<T, _, 4>(&Centered(rule), grad, outputs),
            }
        }
        Update::Adagrad {
            lr,
            lr_decay,
            epsilon,
            weight_decay,
            step,
        } => {
            let rule = Adagrad {
                lr: lit(lr / (1.0 + (step as f64 - 1.0) * lr_decay)),
                epsilon: lit(epsilon),
                weight_decay: lit(weight_decay),
            };
            apply(&rule, grad, outputs);
        }
    }
}

fn apply<T: Float, R: Rule<T, N>, const N: usize>(
    rule: &R,
    grad: &Operand<'_>,
    outputs: &[Operand<'_>],
) {
    let grad = Src::<T>::new(grad);
    let outputs: [Dst<'_, T>; N] = std::array::from_fn(|index| Dst::new(&outputs[index]));
    let contiguous = outputs.iter().all(|output| output.layout().is_contiguous());
    match grad.layout().is_contiguous() && contiguous {
        true => ranges(grad.layout().numel(), AWAKE * (N + 1), |range| {
            // SAFETY: the range lies within the gradient and every output.
            let (grad, state) = unsafe {
                (
                    grad.first().add(range.start),
                    outputs.map(|output| Places(output.first().add(range.start))),
                )
            };
            fastest(Range {
                rule,
                grad,
                state,
                count: range.len(),
            });
        }),
        false => scattered(rule, grad, outputs),
    }
}

/// Where a range's elements begin in one output.
#[derive(Clone, Copy)]
struct Places<T>(*mut T);

/// A range of elements that lie side by side. The gradient may be one of the tensors that change.
struct Range<'a, T, R, const N: usize> {
    rule: &'a R,
    grad: *const T,
    state: [Places<T>; N],
    count: usize,
}

impl<T: Float, R: Rule<T, N>, const N: usize> HotLoop for Range<'_, T, R, N> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        // A copy, which no write can change: so the loop runs in vector registers.
        let rule = *self.rule;
        for index in 0..self.count {
            // SAFETY: the range lies within the tensors; no other task touches it.
            unsafe {
                let grad = *self.grad.add(index);
                step_one(&rule, grad, |k| self.state[k].0.add(index));
            }
        }
    }
}

/// Changes one element, of which `place` says where it lies in each tensor.
///
/// # Safety
/// Every place can be read and written.
#[inline(always)]
unsafe fn step_one<T: Float, R: Rule<T, N>, const N: usize>(
    rule: &R,
    grad: T,
    place: impl Fn(usize) -> *mut T,
) {
    // Filled place by place: mapping an array of them would keep loops in single lanes.
    let mut element = [T::default(); N];
    // SAFETY: by the caller's promise.
    unsafe {
        for k in 0..N {
            element[k] = *place(k);
        }
        rule.step(grad, &mut element);
        for k in 0..N {
            *place(k) = element[k];
        }
    }
}

/// Views of any layout, one element after the other.
fn scattered<T: Float, R: Rule<T, N>, const N: usize>(
    rule: &R,
    grad: Src<'_, T>,
    outputs: [Dst<'_, T>; N],
) {
    let mut positions: SmallVec<[_; N]> = outputs
        .iter()
        .map(|output| output.layout().positions())
        .collect();
    let origin = |first: *const T, offset: usize| first.wrapping_sub(offset);
    let source = origin(grad.first(), grad.layout().offset());
    for position in grad.layout().positions() {
        let places: [*mut T; N] = std::array::from_fn(|k| {
            let first = outputs[k]
                .first()
                .wrapping_sub(outputs[k].layout().offset());
            first.wrapping_add(
                positions[k]
                    .next()
                    .expect("outputs have the gradient's shape"),
            )
        });
        // SAFETY: positions stay within their layouts.
        unsafe { step_one(rule, *source.add(position), |k| places[k]) };
    }
}

#[cfg(test)]
mod tests;
