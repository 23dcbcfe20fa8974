//! Samples of the layers' instructions.

use hammerhead_tensor::infer::{conv2d_output, pool_output};
use hammerhead_tensor::prim::{
    Activation, BatchNorm, Conv2d, CrossEntropy, Epilogue, NormMode, PoolKind, Prim, Transposed,
    Windows,
};

use super::{Input, Sample};

const EPILOGUES: [Epilogue; 3] = [
    Epilogue {
        bias: false,
        activation: Activation::None,
    },
    Epilogue {
        bias: true,
        activation: Activation::None,
    },
    Epilogue {
        bias: true,
        activation: Activation::Relu,
    },
];

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = products();
    samples.extend(convolutions());
    samples.extend(convolutions_with_norm());
    samples.extend(pools());
    samples.extend(norms());
    samples.extend(losses());
    samples
}

/// Batch dims and `m k n`: single elements, ragged tiles, skinny and empty shapes.
fn products() -> Vec<Sample> {
    let shapes: [(&[usize], [usize; 3]); 9] = [
        (&[], [1, 1, 1]),
        (&[], [3, 4, 5]),
        (&[], [17, 33, 9]),
        (&[], [65, 130, 70]),
        (&[], [4, 784, 30]),
        (&[], [130, 3, 257]),
        (&[], [3, 0, 2]),
        (&[2, 3], [4, 5, 6]),
        (&[7], [1, 40, 33]),
    ];
    let mut samples = Vec::new();
    for (batch, [m, k, n]) in shapes {
        for (left, right) in [(false, true), (true, false), (true, true)] {
            let given = |rows, columns, turned| match turned {
                true => Input::any(&[batch, &[columns, rows]].concat()),
                false => Input::any(&[batch, &[rows, columns]].concat()),
            };
            let inputs = vec![given(m, k, left), given(k, n, right), Input::any(&[n])];
            let prim = Prim::Matmul(Transposed { left, right }, EPILOGUES[1]);
            samples.push(Sample::new(prim, inputs));
        }
        for epilogue in EPILOGUES {
            let mut inputs = vec![
                Input::any(&[batch, &[m, k]].concat()),
                Input::any(&[batch, &[k, n]].concat()),
            ];
            inputs.extend(epilogue.bias.then(|| Input::any(&[n])));
            samples.push(Sample::new(
                Prim::Matmul(Transposed::default(), epilogue),
                inputs,
            ));
        }
    }
    samples
}

/// Geometry with `n c h w` and `oc kh kw`.
fn convolutions() -> Vec<Sample> {
    let plain = Conv2d::default();
    let padded = Conv2d {
        padding: [1, 1],
        ..plain
    };
    let shapes = [
        (plain, [2, 3, 8, 8], [4, 3, 3]),
        (padded, [2, 16, 9, 7], [8, 3, 3]),
        (padded, [1, 33, 6, 6], [17, 3, 3]),
        (plain, [2, 1, 28, 28], [32, 3, 3]),
        (plain, [3, 6, 7, 5], [4, 1, 1]),
        (
            Conv2d {
                stride: [2, 2],
                ..plain
            },
            [2, 6, 7, 5],
            [4, 1, 1],
        ),
        (
            Conv2d {
                stride: [2, 2],
                padding: [3, 3],
                ..plain
            },
            [2, 3, 20, 18],
            [8, 7, 7],
        ),
        (
            Conv2d {
                stride: [2, 2],
                ..padded
            },
            [2, 8, 9, 9],
            [6, 3, 3],
        ),
        (
            Conv2d {
                stride: [3, 3],
                ..padded
            },
            [1, 2, 5, 6],
            [2, 2, 2],
        ),
        (
            Conv2d {
                padding: [2, 2],
                dilation: [2, 2],
                ..plain
            },
            [1, 4, 9, 9],
            [6, 3, 3],
        ),
        (
            Conv2d {
                groups: 2,
                ..padded
            },
            [1, 4, 9, 9],
            [6, 3, 3],
        ),
        (
            Conv2d {
                groups: 4,
                ..padded
            },
            [2, 4, 8, 8],
            [4, 3, 3],
        ),
        (
            Conv2d {
                groups: 4,
                stride: [2, 2],
                ..padded
            },
            [2, 4, 8, 8],
            [8, 3, 3],
        ),
        (
            Conv2d {
                stride: [2, 1],
                padding: [0, 2],
                dilation: [1, 2],
                groups: 1,
            },
            [1, 2, 6, 9],
            [3, 3, 5],
        ),
        (padded, [2, 32, 14, 14], [64, 3, 3]),
    ];
    let mut samples = Vec::new();
    for (conv, x, [oc, kh, kw]) in shapes {
        let weight = [oc, x[1] / conv.groups, kh, kw];
        let (size, kernel) = ([x[2], x[3]], [kh, kw]);
        let [oh, ow] = conv2d_output(&conv, size, kernel).expect("the kernel fits");
        let y = [x[0], oc, oh, ow];
        for epilogue in EPILOGUES {
            let mut inputs = vec![Input::any(&x), Input::any(&weight)];
            inputs.extend(epilogue.bias.then(|| Input::any(&[oc])));
            samples.push(Sample::new(Prim::Conv2d(conv, epilogue), inputs));
        }
        let inputs = vec![Input::any(&y), Input::any(&weight)];
        samples.push(Sample::new(Prim::Conv2dInputGrad(conv, size), inputs));
        let inputs = vec![Input::any(&y), Input::any(&x)];
        samples.push(Sample::new(Prim::Conv2dWeightGrad(conv, kernel), inputs));
    }
    samples
}

/// What Winograd's squares, packed patches and several passes compute.
fn convolutions_with_norm() -> Vec<Sample> {
    let by = |stride: usize, groups: usize| Conv2d {
        stride: [stride; 2],
        padding: [1, 1],
        groups,
        ..Conv2d::default()
    };
    let shapes = [
        (by(1, 1), [2, 3, 5, 7], [4, 3, 3]),
        (by(1, 1), [2, 17, 9, 10], [33, 3, 3]),
        (by(2, 1), [1, 16, 9, 9], [24, 3, 3]),
        (by(2, 1), [2, 3, 20, 18], [20, 7, 7]),
        (by(1, 2), [2, 4, 6, 6], [6, 3, 3]),
        (by(2, 1), [3, 20, 6, 4], [40, 1, 1]),
    ];
    let mut samples = Vec::new();
    for (conv, x, [oc, kh, kw]) in shapes {
        let [oh, ow] = conv2d_output(&conv, [x[2], x[3]], [kh, kw]).expect("the kernel fits");
        for (affine, residual, activation) in [
            (false, false, Activation::None),
            (true, false, Activation::Relu),
            (true, true, Activation::Relu),
        ] {
            let norm = BatchNorm {
                mode: NormMode::Eval,
                epsilon: 1e-5,
                affine,
                residual,
                activation,
            };
            let vector = || Input::any(&[oc]);
            let weight = Input::any(&[oc, x[1] / conv.groups, kh, kw]);
            let mut inputs = vec![Input::any(&x), weight, vector(), Input::positive(&[oc])];
            if affine {
                inputs.extend([vector(), vector()]);
            }
            inputs.extend(residual.then(|| Input::any(&[x[0], oc, oh, ow])));
            samples.push(Sample::new(Prim::Conv2dNorm(conv, norm), inputs));
        }
    }
    samples
}

fn pools() -> Vec<Sample> {
    let fixed = |kernel, stride, padding, dilation, ceil| Windows::Fixed {
        kernel,
        stride,
        padding,
        dilation,
        ceil,
    };
    let windows = [
        fixed([2, 2], [2, 2], [0, 0], [1, 1], false),
        fixed([3, 3], [2, 2], [1, 1], [1, 1], false),
        fixed([3, 3], [2, 2], [1, 1], [1, 1], true),
        fixed([3, 3], [1, 1], [0, 0], [1, 1], false),
        fixed([2, 3], [1, 2], [1, 0], [1, 1], true),
        Windows::Adaptive { out: [1, 1] },
        Windows::Adaptive { out: [5, 7] },
    ];
    let spread = fixed([3, 3], [2, 2], [1, 1], [2, 2], false);
    let mut samples = Vec::new();
    for x in [[2, 3, 9, 11], [2, 32, 26, 24]] {
        let mut push = |kind: PoolKind, windows: Windows| {
            let size = [x[2], x[3]];
            let [oh, ow] = pool_output(&windows, size).expect("the windows fit");
            for positions in [false, true] {
                if kind == PoolKind::Max || !positions {
                    samples.push(Sample::new(
                        Prim::Pool {
                            kind,
                            windows,
                            positions,
                        },
                        vec![Input::any(&x)],
                    ));
                }
            }
            let mut inputs = vec![Input::any(&[x[0], x[1], oh, ow])];
            inputs.extend((kind == PoolKind::Max).then(|| Input::any(&x)));
            samples.push(Sample::new(
                Prim::PoolGrad {
                    kind,
                    windows,
                    size,
                },
                inputs,
            ));
        };
        for windows in windows {
            push(PoolKind::Max, windows);
            push(
                PoolKind::Mean {
                    count_padding: true,
                },
                windows,
            );
            push(
                PoolKind::Mean {
                    count_padding: false,
                },
                windows,
            );
        }
        push(PoolKind::Max, spread);
    }
    samples
}

fn norms() -> Vec<Sample> {
    let mut samples = Vec::new();
    for shape in [&[6, 3][..], &[2, 3, 40], &[4, 3, 5, 5], &[8, 16, 14, 14]] {
        let vector = || Input::any(&[shape[1]]);
        let variance = || Input::positive(&[shape[1]]);
        for mode in [NormMode::Train, NormMode::Eval] {
            for (affine, residual) in [(false, false), (true, false), (true, true)] {
                for activation in [Activation::None, Activation::Relu] {
                    let norm = BatchNorm {
                        mode,
                        epsilon: 1e-5,
                        affine,
                        residual,
                        activation,
                    };
                    let mut inputs = vec![Input::any(shape)];
                    if mode == NormMode::Eval {
                        inputs.extend([vector(), variance()]);
                    }
                    if affine {
                        inputs.extend([vector(), vector()]);
                    }
                    inputs.extend(residual.then(|| Input::any(shape)));
                    samples.push(Sample::new(Prim::BatchNorm(norm), inputs));
                    let mut inputs =
                        vec![Input::any(shape), Input::any(shape), vector(), variance()];
                    inputs.extend(affine.then(vector));
                    inputs.extend((activation == Activation::Relu).then(|| Input::any(shape)));
                    samples.push(Sample::new(Prim::BatchNormGrad(norm), inputs));
                }
            }
        }
    }
    samples
}

fn losses() -> Vec<Sample> {
    let mut samples = Vec::new();
    for shape in [[6, 5], [64, 10], [3, 1000]] {
        for (label_smoothing, ignore_index) in [(0.0, -100), (0.1, -100), (0.1, 2)] {
            let loss = CrossEntropy {
                label_smoothing,
                ignore_index,
            };
            let (logits, target) = (
                Input::between(&shape, -6.0, 6.0),
                Input::below(&shape[..1], shape[1]),
            );
            samples.push(Sample::new(
                Prim::CrossEntropy(loss),
                vec![logits.clone(), target.clone()],
            ));
            let inputs = vec![Input::any(&shape[..1]), logits, target];
            samples.push(Sample::new(Prim::CrossEntropyGrad(loss), inputs));
        }
    }
    samples
}
