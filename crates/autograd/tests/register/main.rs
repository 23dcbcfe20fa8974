//! The register of gradients: every instruction either has a gradient that passes gradcheck, once
//! and twice differentiated, or refuses backward by name, or gives a result without history.

mod samples;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead_autograd::{
    Autograd, GradCheck, GradOptions, Probe, grad_options, gradcheck, gradgradcheck,
};
use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{Oracle, Tensor, Tensors, with_device};
use samples::{samples, x};

/// What is known of an instruction's gradient.
#[derive(Debug, PartialEq)]
enum Gradient {
    /// Right for the first and the second derivative.
    Checked,
    /// Backward panics, naming the instruction.
    Refused,
    /// The result has no history: nothing flows back from it.
    Absent,
}

/// Exhaustive, so that a new instruction does not build before its gradient is decided here.
/// The number tells which kinds the samples have.
fn register(prim: &Prim) -> (usize, Gradient) {
    use Gradient::{Absent, Checked, Refused};
    match prim {
        Prim::Unary(_) => (0, Checked),
        Prim::UnaryGrad(_) => (1, Refused),
        Prim::Binary(op) => (
            2,
            if op.differentiable() {
                Checked
            } else {
                Refused
            },
        ),
        Prim::BinaryGrad(..) => (3, Refused),
        Prim::Compare(_) => (4, Absent),
        Prim::Logical(_) => (5, Absent),
        Prim::Not => (6, Absent),
        Prim::Select => (7, Checked),
        Prim::Cast(dtype) => (8, if dtype.is_float() { Checked } else { Absent }),
        Prim::Reduce(..) => (9, Checked),
        Prim::ArgReduce { .. } => (10, Absent),
        Prim::CumSum { .. } => (11, Checked),
        Prim::Sort { .. } => (12, Checked),
        Prim::View(_) => (13, Checked),
        Prim::Cat { .. } => (14, Checked),
        Prim::Pad { .. } => (15, Checked),
        Prim::Matmul(..) => (16, Checked),
        Prim::Conv2d(..) => (17, Checked),
        Prim::Conv2dInputGrad(..) => (18, Checked),
        Prim::Conv2dWeightGrad(..) => (19, Checked),
        Prim::Pool { .. } => (20, Checked),
        Prim::PoolGrad { .. } => (21, Checked),
        Prim::BatchNorm(_) => (22, Checked),
        Prim::BatchNormGrad(_) => (23, Refused),
        Prim::CrossEntropy(_) => (24, Checked),
        Prim::CrossEntropyGrad(_) => (25, Refused),
        Prim::Gather { .. } => (26, Checked),
        Prim::ScatterAdd { .. } => (27, Checked),
        Prim::Fill(..) => (28, Absent),
        Prim::Random(..) => (29, Absent),
        Prim::Update(_) => (30, Absent),
        Prim::Custom(_) => (31, Refused),
        Prim::Conv2dNorm(..) => (32, Refused),
        Prim::Softmax => (33, Checked),
        Prim::SelectGrad => (34, Refused),
    }
}

const KINDS: usize = 35;

fn on_oracle<T>(f: impl FnOnce() -> T) -> T {
    with_device(&Oracle::device(), f)
}

/// Runs the instruction with its floating operands replaced.
fn run(prim: &Prim, operands: &[Tensor], floats: &[Tensor]) -> Tensors {
    let mut floats = floats.iter();
    let all: Vec<&Tensor> = operands
        .iter()
        .map(|operand| {
            if operand.dtype().is_float() {
                floats.next().unwrap()
            } else {
                operand
            }
        })
        .collect();
    Tensor::try_apply(prim.clone(), &all).unwrap()
}

fn floats(operands: &[Tensor]) -> Vec<Tensor> {
    operands
        .iter()
        .filter(|operand| operand.dtype().is_float())
        .cloned()
        .collect()
}

#[test]
fn the_samples_have_every_kind() {
    let mut seen = [false; KINDS];
    on_oracle(samples)
        .iter()
        .for_each(|(prim, _)| seen[register(prim).0] = true);
    assert_eq!(seen, [true; KINDS], "an instruction has no sample");
}

#[test]
fn checked_gradients_agree_with_finite_differences() {
    on_oracle(|| {
        for (prim, operands) in samples() {
            if register(&prim).1 != Gradient::Checked {
                continue;
            }
            let f = |floats: &[Tensor]| run(&prim, &operands, floats).swap_remove(0);
            let options = GradCheck {
                probe: Probe::Elements,
                ..GradCheck::default()
            };
            let checked = gradcheck(f, &floats(&operands), options);
            assert!(
                checked.is_ok(),
                "{prim:?} on {operands:?}: {}",
                checked.unwrap_err()
            );
        }
    });
}

#[test]
fn checked_gradients_can_be_differentiated_again() {
    on_oracle(|| {
        for (prim, operands) in samples() {
            if register(&prim).1 != Gradient::Checked {
                continue;
            }
            let f = |floats: &[Tensor]| run(&prim, &operands, floats).swap_remove(0);
            let checked = gradgradcheck(f, &floats(&operands), GradCheck::default());
            assert!(
                checked.is_ok(),
                "{prim:?} on {operands:?}: {}",
                checked.unwrap_err()
            );
        }
    });
}

/// The composed gradient under `create_graph` is the fused one.
#[test]
fn recorded_gradients_equal_fused_ones() {
    on_oracle(|| {
        for (prim, operands) in samples() {
            if register(&prim).1 != Gradient::Checked {
                continue;
            }
            let leaves: Vec<Tensor> = floats(&operands)
                .iter()
                .map(|x| x.detach().requires_grad_())
                .collect();
            let targets: Vec<&Tensor> = leaves.iter().collect();
            let grads = |create_graph| {
                let y = run(&prim, &operands, &leaves).swap_remove(0);
                let seed = x(y.shape(), 20);
                let options = GradOptions {
                    grad: Some(&seed),
                    create_graph,
                    allow_unused: true,
                    ..GradOptions::default()
                };
                grad_options(&y, &targets, options)
            };
            for (fused, recorded) in grads(false).iter().zip(grads(true)) {
                let (Some(fused), Some(recorded)) = (fused, recorded) else {
                    continue;
                };
                let (fused, recorded) = (fused.to_vec::<f64>(), recorded.to_vec::<f64>());
                for (a, b) in fused.iter().zip(&recorded) {
                    assert!(
                        (a - b).abs() <= 1e-12 * (1.0 + a.abs()),
                        "{prim:?}: {fused:?} {recorded:?}"
                    );
                }
            }
        }
    });
}

#[test]
fn refused_gradients_name_the_instruction() {
    on_oracle(|| {
        for (prim, operands) in samples() {
            if register(&prim).1 != Gradient::Refused {
                continue;
            }
            let leaves: Vec<Tensor> = floats(&operands)
                .iter()
                .map(|x| x.detach().requires_grad_())
                .collect();
            let y = run(&prim, &operands, &leaves).swap_remove(0);
            let seed = y.detach();
            let backward = AssertUnwindSafe(|| y.backward_with(&seed));
            let panic = catch_unwind(backward).unwrap_err();
            let text = panic.downcast_ref::<String>().unwrap();
            assert!(text.starts_with(prim.name()), "{text}");
        }
    });
}

#[test]
fn results_without_gradient_have_no_history() {
    on_oracle(|| {
        for (prim, operands) in samples() {
            if register(&prim).1 != Gradient::Absent {
                continue;
            }
            let leaves: Vec<Tensor> = floats(&operands)
                .iter()
                .map(|x| x.detach().requires_grad_())
                .collect();
            if let Prim::Update(update) = prim {
                // Changes its outputs in place, by way of a method of its own.
                let parameter = x(&[2], 5);
                parameter.update_(update, &leaves[0], &[]).unwrap();
                assert!(!parameter.requires_grad());
                continue;
            }
            assert!(
                run(&prim, &operands, &leaves)
                    .iter()
                    .all(|output| !output.requires_grad()),
                "{prim:?}"
            );
        }
    });
}
