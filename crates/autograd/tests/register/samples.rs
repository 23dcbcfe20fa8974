//! At least one sample of every instruction, with operands on which its gradient can be checked.

use std::sync::Arc;

use hammerhead_tensor::custom::CustomOp;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::infer::Spec;
use hammerhead_tensor::prim::{
    Activation, Axes, BatchNorm, Binary, Compare, Conv2d, CrossEntropy, CustomPrim, Distribution,
    Epilogue, Extreme, Logical, NormMode, PoolKind, Prim, Random, Reduce, Side, Transposed, Unary,
    Update, View, Windows,
};
use hammerhead_tensor::{DType, Result, Scalar, Tensor};
use smallvec::smallvec;

/// An instruction and its operands.
pub type Sample = (Prim, Vec<Tensor>);

/// `F64` values spread irregularly over `[low, high]`, far from round numbers, where kinks lie.
fn between(low: f64, high: f64, shape: &[usize], seed: usize) -> Tensor {
    let len = shape.iter().product();
    let values = (0..len).map(|i| {
        let fraction = ((i + 1) as f64 * 0.618_033_988_749_895 + seed as f64 * 0.377_1).fract();
        low + (high - low) * (0.013 + 0.971 * fraction)
    });
    Tensor::from_vec(values.collect::<Vec<f64>>(), shape)
}

/// Values on both sides of zero.
pub fn x(shape: &[usize], seed: usize) -> Tensor {
    between(-1.7, 1.7, shape, seed)
}

fn positive(shape: &[usize], seed: usize) -> Tensor {
    between(0.2, 1.7, shape, seed)
}

fn integers<const N: usize>(values: [i64; N], shape: &[usize]) -> Tensor {
    Tensor::from_slice(&values, shape)
}

fn truths(shape: &[usize]) -> Tensor {
    let len = shape.iter().product();
    Tensor::from_vec((0..len).map(|i| i % 3 == 1).collect::<Vec<bool>>(), shape)
}

fn pointwise() -> Vec<Sample> {
    let mut samples = Vec::new();
    for op in Unary::samples() {
        let input = match op {
            Unary::Sqrt | Unary::Rsqrt | Unary::Log | Unary::Log2 | Unary::Log10 => {
                positive(&[6], 1)
            }
            Unary::PowScalar { .. } | Unary::Log1p => positive(&[6], 2),
            _ => x(&[7], 3),
        };
        samples.push((Prim::Unary(op), vec![input]));
    }
    for op in Binary::samples() {
        for (a, b) in [
            (&[2, 3][..], &[2, 3][..]),
            (&[3], &[2, 3]),
            (&[2, 1], &[1, 3]),
            (&[], &[3]),
        ] {
            samples.push((Prim::Binary(op), vec![positive(a, 4), positive(b, 11)]));
        }
    }
    for (condition, a, b) in [(&[2, 3][..], &[2, 3][..], &[3][..]), (&[3], &[2, 1], &[])] {
        samples.push((Prim::Select, vec![truths(condition), x(a, 5), x(b, 6)]));
    }
    samples.push((Prim::SelectGrad, vec![truths(&[3]), x(&[2, 3], 5)]));
    samples.push((Prim::Cast(DType::F64), vec![x(&[4], 7)]));
    samples.push((Prim::Cast(DType::I64), vec![x(&[4], 7)]));
    samples.push((Prim::UnaryGrad(Unary::Exp), vec![x(&[3], 1), x(&[3], 2)]));
    samples.push((
        Prim::BinaryGrad(Binary::Mul, Side::Left),
        vec![x(&[3], 1), x(&[3], 2), x(&[3], 3)],
    ));
    samples.push((Prim::Compare(Compare::Lt), vec![x(&[3], 1), x(&[3], 2)]));
    samples.push((
        Prim::Logical(Logical::And),
        vec![truths(&[3]), truths(&[3])],
    ));
    samples.push((Prim::Not, vec![truths(&[3])]));
    samples
}

fn folds() -> Vec<Sample> {
    let mut samples = Vec::new();
    let all = [
        Reduce::Sum,
        Reduce::Mean,
        Reduce::Prod,
        Reduce::Max,
        Reduce::Min,
    ];
    for op in all {
        for (dims, keepdim) in [
            (&[0, 1, 2][..], false),
            (&[1], false),
            (&[0, 2], true),
            (&[], false),
        ] {
            let axes = Axes {
                dims: dims.into(),
                keepdim,
            };
            samples.push((Prim::Reduce(op, axes), vec![x(&[2, 3, 2], 8)]));
        }
    }
    // With one zero, with several, and with none.
    let zeros = Tensor::from_vec(vec![0.0, 1.3, -0.7, 0.0, 0.0, 0.9, 0.4, -1.1, 0.6], [3, 3]);
    samples.push((
        Prim::Reduce(
            Reduce::Prod,
            Axes {
                dims: smallvec![1],
                keepdim: false,
            },
        ),
        vec![zeros],
    ));
    for op in [Reduce::Sum, Reduce::Prod] {
        let axes = Axes {
            dims: smallvec![0],
            keepdim: false,
        };
        samples.push((Prim::Reduce(op, axes), vec![x(&[0, 2], 1)]));
    }
    samples.push((
        Prim::ArgReduce {
            extreme: Extreme::Max,
            dim: 0,
            keepdim: false,
        },
        vec![x(&[3], 1)],
    ));
    samples.push((Prim::CumSum { dim: 1 }, vec![x(&[2, 4], 9)]));
    samples.push((Prim::Softmax, vec![x(&[2, 4], 9)]));
    samples.push((
        Prim::Sort {
            dim: 0,
            descending: true,
        },
        vec![x(&[4, 2], 10)],
    ));
    samples.push((
        Prim::Sort {
            dim: 1,
            descending: false,
        },
        vec![x(&[2, 4], 10)],
    ));
    samples
}

fn movement() -> Vec<Sample> {
    let slice = |dim, start, step, length| View::Slice {
        dim,
        start,
        step,
        length,
    };
    let mut samples: Vec<Sample> = [
        View::Reshape(smallvec![4, 3]),
        View::Permute(smallvec![1, 0]),
        View::Expand(smallvec![2, 3, 4]),
        View::Alias,
        slice(0, 1, 1, 2),
        slice(1, 0, 2, 2),
        slice(1, 1, 2, 2),
        slice(1, 3, -1, 4),
        slice(1, 3, -3, 2),
        slice(1, 2, 1, 0),
        View::Diagonal {
            offset: 0,
            dims: [0, 1],
        },
        View::Diagonal {
            offset: 2,
            dims: [0, 1],
        },
        View::Diagonal {
            offset: -1,
            dims: [0, 1],
        },
        View::Diagonal {
            offset: 1,
            dims: [1, 0],
        },
    ]
    .into_iter()
    .map(|view| (Prim::View(view), vec![x(&[3, 4], 12)]))
    .collect();
    samples.push((
        Prim::View(View::Permute(smallvec![2, 0, 1])),
        vec![x(&[2, 3, 4], 13)],
    ));
    samples.push((
        Prim::View(View::Diagonal {
            offset: 0,
            dims: [0, 2],
        }),
        vec![x(&[2, 2, 3], 14)],
    ));
    samples.push((
        Prim::View(View::Expand(smallvec![2, 3])),
        vec![x(&[1, 3], 14)],
    ));
    samples.push((
        Prim::Cat { dim: 1 },
        vec![x(&[2, 1], 1), x(&[2, 3], 2), x(&[2, 2], 3)],
    ));
    samples.push((
        Prim::Pad {
            widths: smallvec![(1, 0), (0, 2)],
            value: 3.5,
        },
        vec![x(&[2, 3], 15)],
    ));
    let index = integers([2, 0, 2, 1, 1, 2], &[3, 2]);
    samples.push((Prim::Gather { dim: 0 }, vec![x(&[3, 2], 16), index.clone()]));
    samples.push((
        Prim::ScatterAdd { dim: 0 },
        vec![x(&[3, 2], 17), index, x(&[3, 2], 18)],
    ));
    samples
}

fn layers() -> Vec<Sample> {
    let relu = Activation::Relu;
    let bias = Epilogue {
        bias: true,
        activation: Activation::None,
    };
    let both = Epilogue {
        bias: true,
        activation: relu,
    };
    let turned = |left, right| Transposed { left, right };
    let mut samples = vec![
        (
            Prim::Matmul(Transposed::default(), Epilogue::default()),
            vec![x(&[2, 3], 1), x(&[3, 4], 2)],
        ),
        (
            Prim::Matmul(Transposed::default(), Epilogue::default()),
            vec![x(&[3, 2], 1).t(), x(&[4, 3], 2).t()],
        ),
        (
            Prim::Matmul(turned(true, false), both),
            vec![x(&[3, 2], 1), x(&[3, 4], 2), x(&[4], 3)],
        ),
        (
            Prim::Matmul(turned(false, true), bias),
            vec![x(&[2, 3], 1), x(&[4, 3], 2), x(&[4], 3)],
        ),
        (
            Prim::Matmul(turned(true, true), Epilogue::default()),
            vec![x(&[2, 3, 2], 1), x(&[2, 4, 3], 2)],
        ),
        (
            Prim::Matmul(turned(true, true), Epilogue::default()),
            vec![x(&[2, 3], 1).t(), x(&[3, 4], 2).t()],
        ),
        (
            Prim::Matmul(Transposed::default(), Epilogue::default()),
            vec![x(&[2, 2, 3], 1), x(&[2, 3, 1], 2)],
        ),
        (
            Prim::Matmul(Transposed::default(), bias),
            vec![x(&[2, 3], 1), x(&[3, 4], 2), x(&[4], 3)],
        ),
        (
            Prim::Matmul(Transposed::default(), both),
            vec![x(&[2, 3], 1), x(&[3, 4], 2), x(&[4], 3)],
        ),
    ];
    let convs = [
        (Conv2d::default(), [2, 3, 2, 2]),
        (
            Conv2d {
                stride: [2, 1],
                padding: [1, 1],
                ..Conv2d::default()
            },
            [2, 3, 3, 2],
        ),
        (
            Conv2d {
                dilation: [2, 2],
                padding: [1, 0],
                groups: 3,
                ..Conv2d::default()
            },
            [3, 1, 2, 2],
        ),
    ];
    for (conv, kernel) in convs {
        let (image, weight) = (x(&[2, 3, 5, 4], 4), x(&kernel, 5));
        let y =
            Tensor::try_apply(Prim::Conv2d(conv, Epilogue::default()), &[&image, &weight]).unwrap();
        let grad = x(y[0].shape(), 6);
        samples.push((
            Prim::Conv2d(conv, Epilogue::default()),
            vec![image.clone(), weight.clone()],
        ));
        samples.push((
            Prim::Conv2d(conv, both),
            vec![image.clone(), weight.clone(), x(&[kernel[0]], 7)],
        ));
        samples.push((
            Prim::Conv2dInputGrad(conv, [5, 4]),
            vec![grad.clone(), weight],
        ));
        samples.push((
            Prim::Conv2dWeightGrad(conv, [kernel[2], kernel[3]]),
            vec![grad, image],
        ));
    }
    let fixed = |padding, ceil| Windows::Fixed {
        kernel: [2, 2],
        stride: [2, 1],
        padding,
        dilation: [1, 1],
        ceil,
    };
    let mean = |count_padding| PoolKind::Mean { count_padding };
    for windows in [
        fixed([0, 0], false),
        fixed([1, 1], true),
        Windows::Adaptive { out: [2, 3] },
    ] {
        for kind in [PoolKind::Max, mean(true), mean(false)] {
            let image = x(&[2, 2, 5, 4], 8);
            let pool = Prim::Pool {
                kind,
                windows,
                positions: false,
            };
            let y = Tensor::try_apply(pool.clone(), &[&image]).unwrap();
            let mut operands = vec![x(y[0].shape(), 9)];
            samples.push((pool, vec![image.clone()]));
            if kind == PoolKind::Max {
                operands.push(image);
            }
            samples.push((
                Prim::PoolGrad {
                    kind,
                    windows,
                    size: [5, 4],
                },
                operands,
            ));
        }
    }
    for (mode, affine, residual, activation) in [
        (NormMode::Train, true, false, Activation::None),
        (NormMode::Train, false, false, relu),
        (NormMode::Train, true, true, relu),
        (NormMode::Eval, true, true, relu),
        (NormMode::Eval, false, false, Activation::None),
    ] {
        let norm = BatchNorm {
            mode,
            epsilon: 1e-3,
            affine,
            residual,
            activation,
        };
        let mut operands = vec![x(&[3, 2, 2, 1], 10)];
        if mode == NormMode::Eval {
            operands.extend([x(&[2], 11), positive(&[2], 12)]);
        }
        if affine {
            operands.extend([positive(&[2], 13), x(&[2], 14)]);
        }
        if residual {
            operands.push(x(&[3, 2, 2, 1], 15));
        }
        if mode == NormMode::Eval {
            let mut operands = operands.clone();
            operands.insert(1, x(&[2, 2, 1, 1], 16));
            samples.push((Prim::Conv2dNorm(Conv2d::default(), norm), operands));
        }
        samples.push((Prim::BatchNorm(norm), operands));
    }
    let plain = BatchNorm {
        mode: NormMode::Train,
        epsilon: 1e-3,
        affine: false,
        residual: false,
        activation: Activation::None,
    };
    let grads = vec![x(&[3, 2], 1), x(&[3, 2], 2), x(&[2], 3), positive(&[2], 4)];
    samples.push((Prim::BatchNormGrad(plain), grads));
    for label_smoothing in [0.0, 0.1] {
        let loss = CrossEntropy {
            label_smoothing,
            ignore_index: -100,
        };
        let target = integers([2, 0, -100, 1], &[4]);
        samples.push((
            Prim::CrossEntropy(loss),
            vec![x(&[4, 3], 16), target.clone()],
        ));
        let grads = vec![x(&[4], 1), x(&[4, 3], 2), target];
        samples.push((Prim::CrossEntropyGrad(loss), grads));
    }
    samples
}

fn rest() -> Vec<Sample> {
    let uniform = Distribution::Uniform {
        low: 0.0,
        high: 1.0,
    };
    let random = Random {
        distribution: uniform,
        seed: 1,
        stream: 0,
        position: 0,
    };
    let sgd = Update::Sgd {
        lr: 0.1,
        momentum: 0.0,
        dampening: 0.0,
        weight_decay: 0.0,
        nesterov: false,
        first: true,
    };
    vec![
        (
            Prim::Fill(smallvec![2], DType::F64, Scalar::Float(1.0)),
            vec![],
        ),
        (Prim::Random(smallvec![2], DType::F64, random), vec![]),
        (Prim::Update(sgd), vec![x(&[2], 1)]),
        (Prim::Custom(CustomPrim(Arc::new(Silent))), vec![x(&[2], 1)]),
    ]
}

/// An operation from outside that leaves its gradient out.
#[derive(Debug)]
struct Silent;

impl CustomOp for Silent {
    fn name(&self) -> &str {
        "silent"
    }

    fn infer(&self, inputs: &[Spec]) -> Result<Vec<Spec>> {
        Ok(inputs.to_vec())
    }

    fn run(&self, _inputs: &[Operand<'_>], _outputs: &[Operand<'_>]) -> Result<()> {
        Ok(())
    }
}

/// All samples.
pub fn samples() -> Vec<Sample> {
    [pointwise(), folds(), movement(), layers(), rest()]
        .into_iter()
        .flatten()
        .collect()
}
