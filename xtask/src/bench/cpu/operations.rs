//! Single operations.

use hammerhead::tensor::Tensor;
use hammerhead::tensor::prim::{Activation, Conv2d, Prim};
use serde_json::json;

use crate::bench::case::{Case, Work};

const M: usize = 1 << 20;

/// All of them, in the order they are printed.
pub fn cases(quick: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(products(quick));
    cases.extend(functions(quick));
    cases.extend(matrices(quick));
    cases.extend(norms(quick));
    cases.extend(convolutions(quick));
    cases
}

/// Rows, depth and columns: squares, and the layers of small networks.
const PRODUCTS: [[usize; 3]; 7] = [
    [256; 3],
    [512; 3],
    [1024; 3],
    [2048; 3],
    [64, 784, 256],
    [256, 784, 30],
    [64, 9216, 128],
];

fn products(quick: bool) -> impl Iterator<Item = Case> {
    let sizes = if quick { &[[48; 3]][..] } else { &PRODUCTS[..] };
    sizes.iter().map(|&[m, k, n]| {
        Case::new(
            format!("matmul {m}x{k}x{n}"),
            Work::Flops(2.0 * (m * k * n) as f64),
            json!({ "kind": "matmul", "m": m, "k": k, "n": n }),
            move || {
                let (a, b) = (Tensor::randn([m, k]), Tensor::randn([k, n]));
                move || drop(a.matmul(&b))
            },
        )
    })
}

/// Functions of one or two large vectors, and how often each element is moved.
const FUNCTIONS: [(&str, f64); 6] = [
    ("add", 3.0),
    ("relu", 2.0),
    ("sigmoid", 2.0),
    ("exp", 2.0),
    ("tanh", 2.0),
    ("log", 2.0),
];

fn functions(quick: bool) -> impl Iterator<Item = Case> {
    let counts: &[usize] = if quick { &[1000] } else { &[M, 16 * M] };
    let all = counts
        .iter()
        .flat_map(|count| FUNCTIONS.map(|function| (*count, function)));
    all.map(|(count, (what, moved))| {
        let size = match count {
            M.. => format!("{} M", count / M),
            _ => count.to_string(),
        };
        Case::new(
            format!("{what} {size}"),
            Work::Bytes(4.0 * moved * count as f64),
            json!({ "kind": "function", "what": what, "count": count }),
            move || {
                let (a, b) = (Tensor::randn([count]), Tensor::randn([count]));
                let positive = a.abs();
                move || match what {
                    "add" => drop(&a + &b),
                    "relu" => drop(a.relu()),
                    "sigmoid" => drop(a.sigmoid()),
                    "exp" => drop(a.exp()),
                    "tanh" => drop(a.tanh()),
                    _ => drop(positive.log()),
                }
            },
        )
    })
}

/// Work on a matrix, its rows and columns, and how often each element is moved.
const MATRICES: [(&str, [usize; 2], f64); 6] = [
    ("add a row", [1024, 1024], 2.0),
    ("add the transpose", [1024, 1024], 3.0),
    ("sum of rows", [1024, 1024], 1.0),
    ("sum of columns", [1024, 1024], 1.0),
    ("sum of all", [1024, 1024], 1.0),
    ("softmax", [256, 1000], 2.0),
];

fn matrices(quick: bool) -> impl Iterator<Item = Case> {
    MATRICES
        .map(|(what, shape, moved)| {
            let [rows, columns] = if quick { [16, 24] } else { shape };
            // A matrix and its transpose are of one shape.
            let columns = if quick && what == "add the transpose" {
                rows
            } else {
                columns
            };
            Case::new(
                format!("{what} {rows}x{columns}"),
                Work::Bytes(4.0 * moved * (rows * columns) as f64),
                json!({ "kind": "matrix", "what": what, "rows": rows, "columns": columns }),
                move || {
                    let x = Tensor::randn([rows, columns]);
                    let row = Tensor::randn([columns]);
                    move || match what {
                        "add a row" => drop(&x + &row),
                        "add the transpose" => drop(&x + &x.t()),
                        "sum of rows" => drop(x.sum_dim(1)),
                        "sum of columns" => drop(x.sum_dim(0)),
                        "sum of all" => drop(x.sum()),
                        _ => drop(x.softmax(1)),
                    }
                },
            )
        })
        .into_iter()
}

fn norms(quick: bool) -> impl Iterator<Item = Case> {
    let (batch, channels, plane) = if quick { (2, 3, 5) } else { (8, 64, 56) };
    let shape = [batch, channels, plane, plane];
    let bytes = 4.0 * shape.iter().product::<usize>() as f64;
    // The input is read twice and the output written.
    let training = Case::new(
        format!("batch norm {batch}x{channels}x{plane}x{plane}"),
        Work::Bytes(3.0 * bytes),
        json!({ "kind": "batch_norm", "shape": shape }),
        move || {
            let x = Tensor::randn(shape);
            let (weight, bias) = (Tensor::randn([channels]), Tensor::randn([channels]));
            move || {
                let affine = Some((&weight, &bias));
                drop(x.batch_norm_train(affine, None, 1e-5, Activation::None));
            }
        },
    );
    [training].into_iter()
}

/// Channels in, size of the plane, channels out, size of the kernel, stride: those of resnet18.
const LAYERS: [[usize; 5]; 8] = [
    [3, 224, 64, 7, 2],
    [64, 56, 64, 3, 1],
    [64, 56, 128, 3, 2],
    [64, 56, 128, 1, 2],
    [128, 28, 128, 3, 1],
    [256, 14, 256, 3, 1],
    [256, 14, 512, 3, 2],
    [512, 7, 512, 3, 1],
];

fn convolutions(quick: bool) -> impl Iterator<Item = Case> {
    let batch = if quick { 1 } else { 8 };
    let layers = if quick {
        &[[3, 9, 5, 3, 1]][..]
    } else {
        &LAYERS[..]
    };
    let all = layers.iter().flat_map(|layer| {
        ["forward", "input gradient", "weight gradient"].map(|direction| (*layer, direction))
    });
    all.map(move |([channels, plane, out, kernel, stride], direction)| {
        let conv = Conv2d {
            stride: [stride; 2],
            padding: [kernel / 2; 2],
            ..Conv2d::default()
        };
        let result = (plane + 2 * (kernel / 2) - kernel) / stride + 1;
        let taps = batch * result * result * channels * out * kernel * kernel;
        Case::new(
            format!(
                "conv {direction} {channels}x{plane}x{plane} to {out}, {kernel}x{kernel}/{stride}"
            ),
            Work::Flops(2.0 * taps as f64),
            json!({
                "kind": "conv", "direction": direction, "batch": batch, "channels": channels,
                "plane": plane, "out": out, "kernel": kernel, "stride": stride,
            }),
            move || {
                let x = Tensor::randn([batch, channels, plane, plane]);
                let weight = Tensor::randn([out, channels, kernel, kernel]);
                let y = x.conv2d(&weight, None, conv);
                move || match direction {
                    "forward" => drop(x.conv2d(&weight, None, conv)),
                    "input gradient" => {
                        apply(Prim::Conv2dInputGrad(conv, [plane; 2]), [&y, &weight]);
                    }
                    _ => apply(Prim::Conv2dWeightGrad(conv, [kernel; 2]), [&y, &x]),
                }
            },
        )
    })
}

fn apply(prim: Prim, inputs: [&Tensor; 2]) {
    Tensor::try_apply(prim, &inputs).expect("the operation is right");
}
