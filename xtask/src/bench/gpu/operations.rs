//! Single operations, their operands on the device.

use hammerhead::tensor::prim::{Activation, Axes, Conv2d, Prim, Reduce};
use hammerhead::tensor::{DType, Tensor};
use serde_json::json;

use super::scale::Scale;
use crate::bench::case::{Case, Work};

/// Single and half precision, by the name that a peer knows.
const PRECISIONS: [(DType, &str); 2] = [(DType::F32, "f32"), (DType::F16, "f16")];

/// All of them, in the order they are printed.
pub fn cases(scale: Scale) -> Vec<Case> {
    [
        products(scale),
        convolutions(scale),
        elementwise(scale),
        reductions(scale),
        norms(scale),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn normal(shape: &[usize], dtype: DType) -> Tensor {
    Tensor::randn(shape).to_dtype(dtype)
}

fn apply(prim: &Prim, inputs: &[&Tensor]) {
    Tensor::try_apply(prim.clone(), inputs).expect("the operation is right");
}

fn products(scale: Scale) -> Vec<Case> {
    let sizes: &[usize] = scale.pick(&[64], &[256, 512, 1024], &[256, 512, 1024, 2048, 4096]);
    let all = PRECISIONS
        .iter()
        .flat_map(|of| sizes.iter().map(move |n| (of, *n)));
    all.map(|(&(dtype, precision), n)| {
        Case::new(
            format!("matmul {precision} {n}"),
            Work::Flops(2.0 * (n * n * n) as f64),
            json!({ "kind": "matmul", "dtype": precision, "n": n }),
            move || {
                let (a, b) = (normal(&[n, n], dtype), normal(&[n, n], dtype));
                move || drop(a.matmul(&b))
            },
        )
    })
    .collect()
}

/// Channels in, size of the plane, channels out, size of the kernel, stride: those of resnet18.
const LAYERS: [[usize; 5]; 7] = [
    [3, 224, 64, 7, 2],
    [64, 56, 64, 3, 1],
    [64, 56, 128, 3, 2],
    [64, 56, 128, 1, 2],
    [128, 28, 128, 3, 1],
    [256, 14, 256, 3, 1],
    [512, 7, 512, 3, 1],
];

fn convolutions(scale: Scale) -> Vec<Case> {
    let batch = scale.pick(1, 1, 64);
    let layers: &[[usize; 5]] = scale.pick(&[[3, 9, 5, 3, 1]], &LAYERS, &LAYERS);
    let mut cases = Vec::new();
    for (dtype, precision) in PRECISIONS {
        if dtype == DType::F16 && scale == Scale::Software {
            continue;
        }
        for &[channels, plane, out, kernel, stride] in layers {
            for direction in ["forward", "input gradient", "weight gradient"] {
                let conv = Conv2d {
                    stride: [stride; 2],
                    padding: [kernel / 2; 2],
                    ..Conv2d::default()
                };
                let result = (plane + 2 * (kernel / 2) - kernel) / stride + 1;
                let taps = batch * result * result * channels * out * kernel * kernel;
                let name = format!(
                    "conv {direction} {precision} {channels}x{plane}x{plane} to {out}, {kernel}x{kernel}/{stride}"
                );
                let request = json!({
                    "kind": "conv", "direction": direction, "dtype": precision, "batch": batch,
                    "channels": channels, "plane": plane, "out": out, "kernel": kernel, "stride": stride,
                });
                cases.push(Case::new(
                    name,
                    Work::Flops(2.0 * taps as f64),
                    request,
                    move || {
                        let x = normal(&[batch, channels, plane, plane], dtype);
                        let weight = normal(&[out, channels, kernel, kernel], dtype);
                        let y = normal(&[batch, out, result, result], dtype);
                        move || match direction {
                            "forward" => drop(x.conv2d(&weight, None, conv)),
                            "input gradient" => {
                                apply(&Prim::Conv2dInputGrad(conv, [plane; 2]), &[&y, &weight]);
                            }
                            _ => apply(&Prim::Conv2dWeightGrad(conv, [kernel; 2]), &[&y, &x]),
                        }
                    },
                ));
            }
        }
    }
    cases
}

fn elementwise(scale: Scale) -> Vec<Case> {
    let rows: usize = scale.pick(64, 1024, 8192);
    let count = rows * rows;
    // How often each element is moved.
    let whats: [(&str, f64); 6] = [
        ("add", 3.0),
        ("add row", 2.0),
        ("add transposed", 3.0),
        ("relu", 2.0),
        ("gelu", 2.0),
        ("copy transposed", 2.0),
    ];
    let all = PRECISIONS
        .iter()
        .flat_map(|of| whats.map(|what| (of, what)));
    all.map(|(&(dtype, precision), (what, moved))| {
        Case::new(
            format!("{what} {precision} {rows}x{rows}"),
            Work::Bytes(moved * (count * dtype.size()) as f64),
            json!({ "kind": "elementwise", "what": what, "dtype": precision, "rows": rows }),
            move || {
                let (a, b) = (normal(&[rows, rows], dtype), normal(&[rows, rows], dtype));
                let row = normal(&[rows], dtype);
                move || match what {
                    "add" => drop(&a + &b),
                    "add row" => drop(&a + &row),
                    "add transposed" => drop(&a + &b.t()),
                    "relu" => drop(a.relu()),
                    "gelu" => drop(a.gelu()),
                    _ => drop(a.t().copy()),
                }
            },
        )
    })
    .collect()
}

fn reductions(scale: Scale) -> Vec<Case> {
    let rows: usize = scale.pick(64, 1024, 8192);
    ["all", "rows", "columns"]
        .map(|over| {
            Case::new(
                format!("sum of {over} f32 {rows}x{rows}"),
                Work::Bytes(4.0 * (rows * rows) as f64),
                json!({ "kind": "sum", "over": over, "rows": rows }),
                move || {
                    let x = normal(&[rows, rows], DType::F32);
                    let dims: &[usize] = match over {
                        "all" => &[0, 1],
                        "rows" => &[1],
                        _ => &[0],
                    };
                    let axes = Axes {
                        dims: dims.into(),
                        keepdim: false,
                    };
                    let sum = Prim::Reduce(Reduce::Sum, axes);
                    move || apply(&sum, &[&x])
                },
            )
        })
        .into()
}

fn norms(scale: Scale) -> Vec<Case> {
    let (batch, channels, plane) = scale.pick((2, 3, 5), (16, 64, 28), (64, 64, 56));
    let shape = [batch, channels, plane, plane];
    let bytes = 4.0 * shape.iter().product::<usize>() as f64;
    let name = |what| format!("batch norm {what} f32 {batch}x{channels}x{plane}x{plane}");
    let request = |what| json!({ "kind": "batch_norm", "what": what, "shape": shape });
    // The input is read twice and the output written; gradients read input and gradient twice.
    vec![
        Case::new(
            name("training"),
            Work::Bytes(3.0 * bytes),
            request("training"),
            move || {
                let [x, weight, bias, _, _] = norm_operands(&shape);
                move || {
                    let affine = Some((&weight, &bias));
                    drop(x.batch_norm_train(affine, None, 1e-5, Activation::None));
                }
            },
        ),
        Case::new(
            name("gradient"),
            Work::Bytes(5.0 * bytes),
            request("gradient"),
            move || {
                let [x, weight, _, gradient, statistics] = norm_operands(&shape);
                let norm = hammerhead::tensor::prim::BatchNorm {
                    mode: hammerhead::tensor::prim::NormMode::Train,
                    epsilon: 1e-5,
                    affine: true,
                    residual: false,
                    activation: Activation::None,
                };
                let prim = Prim::BatchNormGrad(norm);
                move || apply(&prim, &[&gradient, &x, &statistics, &statistics, &weight])
            },
        ),
    ]
}

/// Input, weight, bias, gradient, and something for mean and variance.
fn norm_operands(shape: &[usize]) -> [Tensor; 5] {
    let channels = &shape[1..2];
    [
        normal(shape, DType::F32),
        normal(channels, DType::F32),
        normal(channels, DType::F32),
        normal(shape, DType::F32),
        Tensor::rand(channels) + 0.5,
    ]
}
