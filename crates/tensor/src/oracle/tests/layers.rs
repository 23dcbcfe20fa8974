//! The layers, optimisers and generators.

use smallvec::smallvec;

use super::{F, I, Input, dot, download, noise, run, run_one, upload};
use crate::DType;
use crate::device::{Device, Operand};
use crate::layout::Layout;
use crate::oracle::Oracle;
use crate::prim::*;

#[test]
fn matmul_multiplies_every_batch() {
    let epilogue = Epilogue {
        bias: true,
        activation: Activation::Relu,
    };
    let a = [1.0, 2.0, 3.0, 4.0, -1.0, 0.0, 0.0, -1.0];
    let b = [5.0, 6.0, 7.0, 8.0, 1.0, 2.0, 3.0, 4.0];
    let y = run_one(
        Prim::Matmul(Transposed::default(), epilogue),
        &[
            (&[2, 2, 2], F, &a),
            (&[2, 2, 2], F, &b),
            (&[2], F, &[0.5, -20.0]),
        ],
    );
    assert_eq!(y, [19.5, 2.0, 43.5, 30.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn convolution_by_hand() {
    // A vertical edge filter of dilation 2 over a plane that counts up, with a column of padding.
    let conv = Conv2d {
        padding: [0, 1],
        dilation: [1, 2],
        ..Conv2d::default()
    };
    let x: Vec<f64> = (1..=6).map(f64::from).collect();
    let y = run_one(
        Prim::Conv2d(conv, Epilogue::default()),
        &[(&[1, 1, 2, 3], F, &x), (&[1, 1, 1, 2], F, &[-1.0, 1.0])],
    );
    assert_eq!(y, [2.0, 2.0, -2.0, 5.0, 2.0, -5.0]);
}

#[test]
fn both_convolution_gradients_are_adjoints() {
    let conv = Conv2d {
        stride: [2, 1],
        padding: [1, 2],
        dilation: [1, 2],
        groups: 2,
    };
    let (x, weight) = (noise(3, 2 * 4 * 5 * 6), noise(4, 6 * 2 * 3 * 2));
    let (x_shape, weight_shape): (&[usize], &[usize]) = (&[2, 4, 5, 6], &[6, 2, 3, 2]);
    let y = run_one(
        Prim::Conv2d(conv, Epilogue::default()),
        &[(x_shape, F, &x), (weight_shape, F, &weight)],
    );
    let grad = noise(5, y.len());
    let grad_shape: &[usize] = &[2, 6, 3, 8];
    let x_grad = run_one(
        Prim::Conv2dInputGrad(conv, [5, 6]),
        &[(grad_shape, F, &grad), (weight_shape, F, &weight)],
    );
    let weight_grad = run_one(
        Prim::Conv2dWeightGrad(conv, [3, 2]),
        &[(grad_shape, F, &grad), (x_shape, F, &x)],
    );
    assert!((dot(&y, &grad) - dot(&x, &x_grad)).abs() < 1e-10);
    assert!((dot(&y, &grad) - dot(&weight, &weight_grad)).abs() < 1e-10);
}

fn fixed(kernel: usize, stride: usize, padding: usize, ceil: bool) -> Windows {
    Windows::Fixed {
        kernel: [1, kernel],
        stride: [1, stride],
        padding: [0, padding],
        dilation: [1, 1],
        ceil,
    }
}

#[test]
fn the_mean_divides_by_what_it_covers() {
    let x: Input<'_> = (&[1, 1, 1, 4], F, &[1.0, 2.0, 3.0, 4.0]);
    let mean = |count_padding, windows| {
        run_one(
            Prim::Pool {
                kind: PoolKind::Mean { count_padding },
                windows,
                positions: false,
            },
            &[x],
        )
    };
    assert_eq!(mean(true, fixed(3, 2, 1, false)), [1.0, 3.0]);
    assert_eq!(mean(false, fixed(3, 2, 1, false)), [1.5, 3.0]);
    // Rounded up, the last window reaches past the right padding, which is never counted.
    assert_eq!(mean(true, fixed(3, 2, 1, true)), [1.0, 3.0, 2.0]);
    assert_eq!(
        mean(false, Windows::Adaptive { out: [1, 3] }),
        [1.5, 2.5, 3.5]
    );
}

#[test]
fn the_first_maximum_takes_the_gradient() {
    let x: Input<'_> = (&[1, 1, 1, 5], F, &[2.0, 2.0, 1.0, f64::NAN, 7.0]);
    let pool = Prim::Pool {
        kind: PoolKind::Max,
        windows: fixed(3, 2, 0, false),
        positions: true,
    };
    let outputs = run(pool, &[x]).unwrap();
    assert_eq!(outputs[1], [0.0, 3.0]);
    let grad = Prim::PoolGrad {
        kind: PoolKind::Max,
        windows: fixed(3, 2, 0, false),
        size: [1, 5],
    };
    assert_eq!(
        run_one(grad, &[(&[1, 1, 1, 2], F, &[10.0, 20.0]), x]),
        [10.0, 0.0, 0.0, 20.0, 0.0]
    );
}

#[test]
fn batch_norm_whitens_each_channel() {
    let norm = BatchNorm {
        mode: NormMode::Train,
        epsilon: 0.0,
        affine: true,
        residual: true,
        activation: Activation::Relu,
    };
    let inputs: [Input<'_>; 4] = [
        (&[2, 2], F, &[1.0, 10.0, 3.0, 30.0]),
        (&[2], F, &[2.0, 1.0]),
        (&[2], F, &[0.5, 0.0]),
        (&[2, 2], F, &[0.0, 5.0, 0.0, 0.0]),
    ];
    let outputs = run(Prim::BatchNorm(norm), &inputs).unwrap();
    assert_eq!(
        outputs,
        [vec![0.0, 4.0, 2.5, 1.0], vec![2.0, 20.0], vec![1.0, 100.0]]
    );
    let eval = BatchNorm {
        mode: NormMode::Eval,
        affine: false,
        residual: false,
        activation: Activation::None,
        ..norm
    };
    let y = run_one(
        Prim::BatchNorm(eval),
        &[inputs[0], (&[2], F, &[1.0, 0.0]), (&[2], F, &[4.0, 100.0])],
    );
    assert_eq!(y, [0.0, 1.0, 1.0, 3.0]);
}

/// The instruction's gradient against differences of its forward, in a random direction.
#[test]
fn batch_norm_gradients_are_slopes() {
    for mode in [NormMode::Train, NormMode::Eval] {
        let norm = BatchNorm {
            mode,
            epsilon: 1e-3,
            affine: true,
            residual: false,
            activation: Activation::Relu,
        };
        let (x, weight, bias) = (noise(6, 24), noise(7, 3), noise(8, 3));
        let given: [Input<'_>; 2] = [(&[3], F, &[0.1, -0.2, 0.3]), (&[3], F, &[0.5, 1.5, 2.0])];
        let forward = |x: &[f64], weight: &[f64], bias: &[f64]| {
            let mut inputs: Vec<Input<'_>> = vec![(&[2, 3, 4], F, x)];
            if mode == NormMode::Eval {
                inputs.extend(given);
            }
            inputs.extend([(&[3][..], F, weight), (&[3], F, bias)]);
            run(Prim::BatchNorm(norm), &inputs).unwrap()
        };
        let outputs = forward(&x, &weight, &bias);
        let (mean, variance) = match mode {
            NormMode::Train => (outputs[1].as_slice(), outputs[2].as_slice()),
            NormMode::Eval => (given[0].2, given[1].2),
        };
        let grad = noise(9, 24);
        let whole: &[usize] = &[2, 3, 4];
        let inputs: [Input<'_>; 6] = [
            (whole, F, &grad),
            (whole, F, &x),
            (&[3], F, mean),
            (&[3], F, variance),
            (&[3], F, &weight),
            (whole, F, &outputs[0]),
        ];
        let grads = run(Prim::BatchNormGrad(norm), &inputs).unwrap();
        let step = |values: &[f64], direction: &[f64], h: f64| -> Vec<f64> {
            values
                .iter()
                .zip(direction)
                .map(|(value, d)| value + h * d)
                .collect()
        };
        let directions = [noise(10, 24), noise(11, 3), noise(12, 3)];
        let at = |h: f64| {
            let moved = forward(
                &step(&x, &directions[0], h),
                &step(&weight, &directions[1], h),
                &step(&bias, &directions[2], h),
            );
            dot(&moved[0], &grad)
        };
        let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
        let predicted: f64 = grads
            .iter()
            .zip(&directions)
            .map(|(grad, direction)| dot(grad, direction))
            .sum();
        assert!(
            (slope - predicted).abs() < 1e-7,
            "{mode:?}: slope {slope}, gradient {predicted}"
        );
    }
}

#[test]
fn cross_entropy_smooths_and_ignores() {
    let loss = CrossEntropy {
        label_smoothing: 0.2,
        ignore_index: -100,
    };
    let logits: Input<'_> = (&[2, 2], F, &[0.0, 3f64.ln(), 1.0, 1.0]);
    let target: Input<'_> = (&[2], I, &[1.0, -100.0]);
    let outputs = run(Prim::CrossEntropy(loss), &[logits, target]).unwrap();
    // The probabilities are 1/4 and 3/4, the smoothed target 0.1 and 0.9.
    let expected = -(0.1 * 0.25f64.ln() + 0.9 * 0.75f64.ln());
    assert!((outputs[0][0] - expected).abs() < 1e-15);
    assert_eq!(outputs[0][1], 0.0);
    assert_eq!(outputs[1], [1.0, 0.0], "of two rows one counts");
    let grads = (&[2][..], F, &[1.0, 1.0][..]);
    let grad = run_one(Prim::CrossEntropyGrad(loss), &[grads, logits, target]);
    for (value, expected) in grad.iter().zip([0.15, -0.15, 0.0, 0.0]) {
        assert!((value - expected).abs() < 1e-15);
    }
    let error = run(Prim::CrossEntropy(loss), &[logits, (&[2], I, &[0.0, 2.0])]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("target 2 is out of range for 2 classes")
    );
}

#[test]
fn large_logits_do_not_overflow() {
    let loss = CrossEntropy {
        label_smoothing: 0.0,
        ignore_index: -100,
    };
    let logits: Input<'_> = (&[1, 3], F, &[1000.0, f64::NEG_INFINITY, 0.0]);
    let outputs = run(Prim::CrossEntropy(loss), &[logits, (&[1], I, &[0.0])]).unwrap();
    assert_eq!(outputs, [vec![0.0], vec![1.0]]);
}

#[test]
fn an_update_changes_parameter_and_state() {
    let memories = [upload(F, &[1.0]), upload(F, &[2.0]), upload(F, &[4.0])];
    let layout = Layout::contiguous(&[1]);
    let operand = |i: usize| Operand {
        memory: &*memories[i],
        layout: &layout,
        dtype: F,
    };
    let sgd = Update::Sgd {
        lr: 0.1,
        momentum: 0.5,
        dampening: 0.0,
        weight_decay: 1.0,
        nesterov: true,
        first: false,
    };
    Oracle
        .run(&Prim::Update(sgd), &[operand(0)], &[operand(1), operand(2)])
        .unwrap();
    // Gradient 1 + 2 = 3, velocity 2 + 3 = 5, step 3 + 2.5.
    assert_eq!(download(&memories[2], &layout, F), [5.0]);
    assert!((download(&memories[1], &layout, F)[0] - (2.0 - 0.55)).abs() < 1e-15);
}

#[test]
fn draws_go_on_where_the_position_says() {
    let random = |position, len: usize| {
        let distribution = Distribution::Uniform {
            low: 0.0,
            high: 1.0,
        };
        run_one(
            Prim::Random(
                smallvec![len],
                DType::F32,
                Random {
                    distribution,
                    seed: 3,
                    stream: 1,
                    position,
                },
            ),
            &[],
        )
    };
    let whole = random(0, 5);
    assert_eq!(whole[2..], random(2, 3));
    assert!(whole.iter().all(|draw| (0.0..1.0).contains(draw)));
}
