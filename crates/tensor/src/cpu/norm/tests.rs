use proptest::prelude::*;

use crate::cpu::testing::{Host, noise, noise32, on_threads, run, views};
use crate::layout::Layout;
use crate::prim::{Activation, BatchNorm, NormMode, Prim};

const TRAIN: BatchNorm = BatchNorm {
    mode: NormMode::Train,
    epsilon: 1e-5,
    affine: true,
    residual: true,
    activation: Activation::Relu,
};

/// All that batch norm gives, forward and backward.
#[derive(Debug, Default, PartialEq)]
struct Normed {
    y: Vec<f64>,
    mean: Vec<f64>,
    variance: Vec<f64>,
    gx: Vec<f64>,
    gw: Vec<f64>,
    gb: Vec<f64>,
    residual: Vec<f64>,
}

/// The operands of a case; x and what has its shape are views of one layout.
struct Case {
    norm: BatchNorm,
    x: Host,
    residual: Host,
    grad: Host,
    weight: Vec<f64>,
    bias: Vec<f64>,
    /// Given statistics of the evaluation mode.
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Case {
    fn new(norm: BatchNorm, layout: &Layout, len: usize, seed: u64) -> Self {
        let like_x = |seed: u64| Host::view(layout, &noise(seed, len));
        let c = layout.shape()[1];
        Case {
            norm,
            x: like_x(seed),
            residual: like_x(seed + 1),
            grad: like_x(seed + 2),
            weight: noise(seed + 3, c),
            bias: noise(seed + 4, c),
            mean: noise(seed + 5, c),
            variance: noise(seed + 6, c).iter().map(|v| v.abs()).collect(),
        }
    }

    fn shape(&self) -> Vec<usize> {
        self.x.operand().layout.shape().to_vec()
    }

    fn run(&self) -> Normed {
        let (norm, shape) = (self.norm, self.shape());
        let c = shape[1];
        let vector = |values: &[f64]| Host::new(&[c], values);
        let (weight, bias) = (vector(&self.weight), vector(&self.bias));
        let (mean, variance) = match norm.mode {
            NormMode::Eval => (vector(&self.mean), vector(&self.variance)),
            NormMode::Train => (Host::output::<f64>(&[c]), Host::output::<f64>(&[c])),
        };
        let y = Host::output::<f64>(&shape);
        let (mut inputs, mut outputs) = (vec![&self.x], vec![&y]);
        match norm.mode {
            NormMode::Eval => inputs.extend([&mean, &variance]),
            NormMode::Train => outputs.extend([&mean, &variance]),
        }
        inputs.extend(if norm.affine {
            vec![&weight, &bias]
        } else {
            vec![]
        });
        inputs.extend(norm.residual.then_some(&self.residual));
        run(&Prim::BatchNorm(norm), &inputs, &outputs).unwrap();

        let (gx, residual) = (Host::output::<f64>(&shape), Host::output::<f64>(&shape));
        let (gw, gb) = (Host::output::<f64>(&[c]), Host::output::<f64>(&[c]));
        let (mut inputs, mut outputs) = (vec![&self.grad, &self.x, &mean, &variance], vec![&gx]);
        inputs.extend(norm.affine.then_some(&weight));
        inputs.extend((norm.activation == Activation::Relu).then_some(&y));
        outputs.extend(if norm.affine { vec![&gw, &gb] } else { vec![] });
        outputs.extend(norm.residual.then_some(&residual));
        run(&Prim::BatchNormGrad(norm), &inputs, &outputs).unwrap();
        Normed {
            y: y.values(),
            mean: mean.values(),
            variance: variance.values(),
            gx: gx.values(),
            gw: if norm.affine { gw.values() } else { vec![] },
            gb: if norm.affine { gb.values() } else { vec![] },
            residual: if norm.residual {
                residual.values()
            } else {
                vec![]
            },
        }
    }

    /// Channel by channel, in two passes, as the definition reads.
    fn naive(&self) -> Normed {
        let (norm, shape) = (self.norm, self.shape());
        let (c, s) = (shape[1], shape[2..].iter().product::<usize>());
        let (x, residual, grad) = (
            self.x.values::<f64>(),
            self.residual.values::<f64>(),
            self.grad.values::<f64>(),
        );
        let mut normed = Normed {
            y: vec![0.0; x.len()],
            gx: vec![0.0; x.len()],
            residual: vec![0.0; if norm.residual { x.len() } else { 0 }],
            ..Normed::default()
        };
        for channel in 0..c {
            let places: Vec<usize> = (0..x.len())
                .filter(|place| place / s.max(1) % c == channel)
                .collect();
            let count = places.len() as f64;
            let (mean, variance) = match norm.mode {
                NormMode::Eval => (self.mean[channel], self.variance[channel]),
                NormMode::Train => {
                    let mean = places.iter().map(|&p| x[p]).sum::<f64>() / count;
                    (
                        mean,
                        places.iter().map(|&p| (x[p] - mean).powi(2)).sum::<f64>() / count,
                    )
                }
            };
            let (weight, bias) = if norm.affine {
                (self.weight[channel], self.bias[channel])
            } else {
                (1.0, 0.0)
            };
            let std = (variance + norm.epsilon).sqrt();
            let hat = |p: usize| (x[p] - mean) / std;
            let mut inner = vec![0.0; x.len()];
            for &p in &places {
                let value = hat(p) * weight + bias + if norm.residual { residual[p] } else { 0.0 };
                let stopped = norm.activation == Activation::Relu && value <= 0.0;
                normed.y[p] = if stopped { 0.0 } else { value };
                inner[p] = if stopped { 0.0 } else { grad[p] };
                if norm.residual {
                    normed.residual[p] = inner[p];
                }
            }
            let sum: f64 = places.iter().map(|&p| inner[p]).sum();
            let product: f64 = places.iter().map(|&p| inner[p] * hat(p)).sum();
            for &p in &places {
                let own = if norm.mode == NormMode::Train {
                    (sum + hat(p) * product) / count
                } else {
                    0.0
                };
                normed.gx[p] = weight / std * (inner[p] - own);
            }
            normed.mean.push(mean);
            normed.variance.push(variance);
            if norm.affine {
                normed.gw.push(product);
                normed.gb.push(sum);
            }
        }
        normed
    }
}

fn close(got: &[f64], expected: &[f64]) -> bool {
    got.len() == expected.len()
        && got
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() <= 1e-9 * b.abs().max(1.0))
}

fn norms() -> impl Strategy<Value = BatchNorm> {
    any::<[bool; 4]>().prop_map(|[train, affine, residual, relu]| BatchNorm {
        mode: if train {
            NormMode::Train
        } else {
            NormMode::Eval
        },
        epsilon: 1e-3,
        affine,
        residual,
        activation: if relu {
            Activation::Relu
        } else {
            Activation::None
        },
    })
}

/// Few large planes, many small ones, vectors, and views.
fn shapes() -> impl Strategy<Value = (Layout, usize)> {
    let plain = prop_oneof![
        (2..4usize, 1..4usize, 1..9usize, 1..9usize).prop_map(|(n, c, h, w)| vec![n, c, h, w]),
        (2..9usize, 1..300usize).prop_map(|(n, c)| vec![n, c]),
        (2..4usize, 1..40usize, 1..40usize).prop_map(|(n, c, l)| vec![n, c, l]),
    ]
    .prop_map(|shape| (Layout::contiguous(&shape), shape.iter().product()));
    prop_oneof![plain, views(4, 5), views(2, 20)]
}

proptest! {
    #[test]
    fn batch_norm_and_its_gradients_are_their_definitions((layout, len) in shapes(), norm in norms(), seed in 0..1000u64) {
        let case = Case::new(norm, &layout, len, seed);
        let (got, expected) = (case.run(), case.naive());
        prop_assert!(close(&got.y, &expected.y), "y {:?}\n{:?}", got.y, expected.y);
        prop_assert!(close(&got.mean, &expected.mean) && close(&got.variance, &expected.variance));
        prop_assert!(close(&got.gx, &expected.gx), "gx {:?}\n{:?}", got.gx, expected.gx);
        prop_assert!(close(&got.gw, &expected.gw) && close(&got.gb, &expected.gb));
        prop_assert!(close(&got.residual, &expected.residual));
    }
}

#[test]
fn a_mean_far_from_zero_costs_no_digits() {
    for shape in [vec![64, 3], vec![4, 3, 9, 9]] {
        let len: usize = shape.iter().product();
        let x: Vec<f32> = noise32(1, len).iter().map(|v| v + 1000.0).collect();
        let norm = BatchNorm {
            affine: false,
            residual: false,
            activation: Activation::None,
            ..TRAIN
        };
        let (y, mean, variance) = (
            Host::output::<f32>(&shape),
            Host::output::<f32>(&[3]),
            Host::output::<f32>(&[3]),
        );
        run(
            &Prim::BatchNorm(norm),
            &[&Host::new(&shape, &x)],
            &[&y, &mean, &variance],
        )
        .unwrap();
        let wide: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
        let mut case = Case::new(norm, &Layout::contiguous(&shape), len, 0);
        case.x = Host::new(&shape, &wide);
        let expected = case.naive();
        for (got, expected) in y.values::<f32>().iter().zip(&expected.y) {
            assert!(
                (f64::from(*got) - expected).abs() < 3e-7,
                "{got} and {expected}"
            );
        }
        for (got, expected) in variance.values::<f32>().iter().zip(&expected.variance) {
            assert!(
                (f64::from(*got) - expected).abs() < 1e-7 * expected,
                "{got} and {expected}"
            );
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    for shape in [vec![16, 20, 30, 31], vec![300, 1000], vec![64, 512, 2, 2]] {
        for mode in [NormMode::Train, NormMode::Eval] {
            let case = Case::new(
                BatchNorm { mode, ..TRAIN },
                &Layout::contiguous(&shape),
                shape.iter().product(),
                5,
            );
            assert_eq!(
                on_threads(1, || case.run()),
                on_threads(2, || case.run()),
                "{shape:?}"
            );
        }
    }
}

#[test]
fn an_empty_batch_has_no_statistics_and_no_gradient() {
    let case = Case::new(TRAIN, &Layout::contiguous(&[0, 2, 3]), 0, 0);
    let normed = case.run();
    assert!(normed.y.is_empty() && normed.mean.iter().all(|mean| mean.is_nan()));
    assert_eq!(normed.gw, [0.0; 2]);
}
