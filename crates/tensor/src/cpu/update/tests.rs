use proptest::prelude::*;
use serde_json::Value;

use crate::cpu::testing::{Host, noise, on_threads, run, views};
use crate::dtype::Element;
use crate::layout::Layout;
use crate::prim::{Prim, Update};

/// One of every kind, with all that can be switched on.
fn updates() -> Vec<(Update, usize)> {
    let adam = |decoupled, amsgrad| Update::Adam {
        lr: 0.05,
        beta1: 0.8,
        beta2: 0.99,
        epsilon: 1e-6,
        weight_decay: 0.1,
        decoupled,
        amsgrad,
        step: 3,
    };
    let rmsprop = |momentum, centered| Update::RmsProp {
        lr: 0.02,
        alpha: 0.9,
        epsilon: 1e-8,
        weight_decay: 0.01,
        momentum,
        centered,
    };
    let sgd = |momentum, nesterov| Update::Sgd {
        lr: 0.05,
        momentum,
        dampening: 0.0,
        weight_decay: 0.01,
        nesterov,
        first: false,
    };
    vec![
        (sgd(0.0, false), 1),
        (sgd(0.9, false), 2),
        (sgd(0.9, true), 2),
        (adam(false, false), 3),
        (adam(true, true), 4),
        (rmsprop(0.0, false), 2),
        (rmsprop(0.9, false), 3),
        (rmsprop(0.0, true), 3),
        (rmsprop(0.9, true), 4),
        (
            Update::Adagrad {
                lr: 0.1,
                lr_decay: 0.2,
                epsilon: 1e-10,
                weight_decay: 0.01,
                step: 3,
            },
            2,
        ),
    ]
}

/// States that the optimisers can be in: squares are not negative, and no mean exceeds their root.
fn states(count: usize, seed: u64, len: usize) -> Vec<Vec<f64>> {
    (0..count as u64)
        .map(|k| {
            noise(seed + k, len)
                .into_iter()
                .map(|v| if k == 0 { v } else { 1.5 + v / 2.0 })
                .collect()
        })
        .collect()
}

fn after(update: Update, grad: &Host, states: &[Host]) -> Vec<Vec<u64>> {
    run(
        &Prim::Update(update),
        &[grad],
        &states.iter().collect::<Vec<_>>(),
    )
    .unwrap();
    states
        .iter()
        .map(|state| state.values::<f64>().iter().map(|v| v.to_bits()).collect())
        .collect()
}

proptest! {
    #[test]
    fn views_are_updated_as_contiguous_tensors_are((layout, len) in views(2, 40), seed in 0..1000u64) {
        prop_assume!(!layout.overlaps());
        for (update, count) in updates() {
            let grad = Host::view(&layout, &noise(seed + 9, len));
            let strided: Vec<_> = states(count, seed, len).iter().map(|v| Host::view(&layout, v)).collect();
            let plain: Vec<_> = strided.iter().map(Host::contiguous::<f64>).collect();
            prop_assert_eq!(after(update, &grad, &strided), after(update, &grad.contiguous::<f64>(), &plain));
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let len = 200_003;
    for (update, count) in updates() {
        let on = |threads| {
            on_threads(threads, || {
                let states: Vec<_> = states(count, 1, len)
                    .iter()
                    .map(|v| Host::new(&[len], v))
                    .collect();
                after(update, &Host::new(&[len], &noise(7, len)), &states)
            })
        };
        assert_eq!(on(1), on(2), "{update:?}");
    }
}

#[test]
fn the_first_step_does_not_read_the_velocity() {
    let update = Update::Sgd {
        lr: 0.5,
        momentum: 0.9,
        dampening: 0.5,
        weight_decay: 0.0,
        nesterov: false,
        first: true,
    };
    let (grad, parameter) = (
        Host::new(&[2], &[1.0f32, 2.0]),
        Host::new(&[2], &[1.0f32, 1.0]),
    );
    let velocity = Host::new(&[2], &[f32::NAN; 2]);
    run(&Prim::Update(update), &[&grad], &[&parameter, &velocity]).unwrap();
    assert_eq!(velocity.values::<f32>(), [1.0, 2.0]);
    assert_eq!(parameter.values::<f32>(), [0.5, 0.0]);
}

/// PyTorch's arguments of a golden case as the update of its `step`th step, counted from 1, and the
/// number of tensors that it changes.
fn golden_update(case: &Value, step: u64) -> (Update, usize) {
    let argument = |name: &str| {
        let given = &case["args"][name];
        if given.is_null() {
            case["defaults"][name].clone()
        } else {
            given.clone()
        }
    };
    let number = |name: &str| argument(name).as_f64().unwrap();
    let flag = |name: &str| argument(name).as_bool().unwrap_or(false);
    let optimizer = case["optimizer"].as_str().unwrap();
    match optimizer {
        "SGD" => {
            let momentum = number("momentum");
            let update = Update::Sgd {
                lr: number("lr"),
                momentum,
                dampening: number("dampening"),
                weight_decay: number("weight_decay"),
                nesterov: flag("nesterov"),
                first: step == 1,
            };
            (update, 1 + usize::from(momentum != 0.0))
        }
        "Adam" | "AdamW" => {
            let betas = argument("betas");
            let update = Update::Adam {
                lr: number("lr"),
                beta1: betas[0].as_f64().unwrap(),
                beta2: betas[1].as_f64().unwrap(),
                epsilon: number("eps"),
                weight_decay: number("weight_decay"),
                decoupled: optimizer == "AdamW",
                amsgrad: flag("amsgrad"),
                step,
            };
            (update, 3 + usize::from(flag("amsgrad")))
        }
        "RMSprop" => {
            let (momentum, centered) = (number("momentum"), flag("centered"));
            let update = Update::RmsProp {
                lr: number("lr"),
                alpha: number("alpha"),
                epsilon: number("eps"),
                weight_decay: number("weight_decay"),
                momentum,
                centered,
            };
            (
                update,
                2 + usize::from(centered) + usize::from(momentum != 0.0),
            )
        }
        "Adagrad" => (
            Update::Adagrad {
                lr: number("lr"),
                lr_decay: number("lr_decay"),
                epsilon: number("eps"),
                weight_decay: number("weight_decay"),
                step,
            },
            2,
        ),
        other => panic!("no update for {other}"),
    }
}

fn list(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect()
}

/// Gradients of `mean((X @ W^T + b - Y)^2)`, X [8, 5], W [3, 5], b [3].
fn gradients(x: &[f64], y: &[f64], w: &[f64], b: &[f64]) -> [Vec<f64>; 2] {
    let (mut gw, mut gb) = (vec![0.0; 15], vec![0.0; 3]);
    for row in 0..8 {
        for out in 0..3 {
            let product: f64 = (0..5).map(|k| x[row * 5 + k] * w[out * 5 + k]).sum();
            let grad = 2.0 * (product + b[out] - y[row * 3 + out]) / 24.0;
            gb[out] += grad;
            (0..5).for_each(|k| gw[out * 5 + k] += grad * x[row * 5 + k]);
        }
    }
    [gw, gb]
}

/// The greatest relative deviation from PyTorch's trajectories over all cases.
fn deviation<T: Element>() -> f64 {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../testkit/fixtures/optimizers.json"
    );
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (x, y) = (list_of_rows(&golden["X"]), list_of_rows(&golden["Y"]));
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 15);
    let mut greatest = 0.0f64;
    for case in cases {
        let start = [list_of_rows(&golden["W0"]), list(&golden["b0"])];
        let slots = golden_update(case, 1).1;
        let host = |values: &[f64]| {
            let values: Vec<T> = values.iter().map(|&v| T::from_f64(v)).collect();
            Host::view(&Layout::contiguous(&[values.len()]), &values)
        };
        let states: Vec<Vec<Host>> = start
            .iter()
            .map(|p| {
                (0..slots)
                    .map(|k| {
                        host(&if k == 0 {
                            p.clone()
                        } else {
                            vec![0.0; p.len()]
                        })
                    })
                    .collect()
            })
            .collect();
        let value = |k: usize| {
            states[k][0]
                .values::<T>()
                .iter()
                .map(|v| v.to_f64())
                .collect::<Vec<_>>()
        };
        for (index, expected) in case["traj"].as_array().unwrap().iter().enumerate() {
            let (update, _) = golden_update(case, index as u64 + 1);
            for (grad, states) in gradients(&x, &y, &value(0), &value(1)).iter().zip(&states) {
                run(
                    &Prim::Update(update),
                    &[&host(grad)],
                    &states.iter().collect::<Vec<_>>(),
                )
                .unwrap();
            }
            for (k, name) in ["W", "b"].iter().enumerate() {
                for (got, expected) in value(k).iter().zip(list(&expected[*name])) {
                    greatest = greatest.max((got - expected).abs() / expected.abs().max(1e-2));
                }
            }
        }
    }
    greatest
}

fn list_of_rows(rows: &Value) -> Vec<f64> {
    rows.as_array().unwrap().iter().flat_map(list).collect()
}

#[test]
fn trajectories_are_pytorchs() {
    assert!(deviation::<f64>() < 1e-9, "{}", deviation::<f64>());
    assert!(deviation::<f32>() < 1e-5, "{}", deviation::<f32>());
}
