//! Single operations.

use burn::nn::BatchNormConfig;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Tensor, activation};
use serde_json::Value;

use crate::asked::{Ways, number, word};
use crate::run;

type Made = Result<Ways, String>;

fn normal<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

pub fn matmul(request: &Value) -> Made {
    let [m, n, k] = ["m", "n", "k"].map(|key| number(request, key));
    let (m, n, k) = (m?, n?, k?);
    let device = Device::flex();
    let (a, b) = (normal([m, k], &device), normal([k, n], &device));
    Ok(vec![("", run(move || a.clone().matmul(b.clone())))])
}

pub fn function(request: &Value) -> Made {
    let (count, device) = (number(request, "count")?, Device::flex());
    let (a, b) = (normal([count], &device), normal([count], &device));
    let positive = a.clone().abs();
    let run = match word(request, "what") {
        "add" => run(move || a.clone() + b.clone()),
        "relu" => run(move || activation::relu(a.clone())),
        "sigmoid" => run(move || activation::sigmoid(a.clone())),
        "exp" => run(move || a.clone().exp()),
        "tanh" => run(move || a.clone().tanh()),
        "log" => run(move || positive.clone().log()),
        other => return Err(format!("it does not know {other}")),
    };
    Ok(vec![("", run)])
}

pub fn matrix(request: &Value) -> Made {
    let (rows, columns) = (number(request, "rows")?, number(request, "columns")?);
    let device = Device::flex();
    let (x, row) = (
        normal([rows, columns], &device),
        normal([1, columns], &device),
    );
    let run = match word(request, "what") {
        "add a row" => run(move || x.clone() + row.clone()),
        "add the transpose" => run(move || x.clone() + x.clone().transpose()),
        "sum of rows" => run(move || x.clone().sum_dim(1)),
        "sum of columns" => run(move || x.clone().sum_dim(0)),
        "sum of all" => run(move || x.clone().sum()),
        "softmax" => run(move || activation::softmax(x.clone(), 1)),
        other => return Err(format!("it does not know {other}")),
    };
    Ok(vec![("", run)])
}

pub fn batch_norm(request: &Value) -> Made {
    let sizes: Vec<usize> = request["shape"]
        .as_array()
        .ok_or("no shape in the request")?
        .iter()
        .filter_map(|size| size.as_u64().map(|size| size as usize))
        .collect();
    let shape: [usize; 4] = sizes
        .try_into()
        .map_err(|_| "a shape of other than 4 sizes")?;
    // It takes the batch's own mean only where gradients are wanted.
    let device = Device::flex().autodiff();
    let norm = BatchNormConfig::new(shape[1]).init(&device);
    let x = normal(shape, &device);
    Ok(vec![("", run(move || norm.forward(x.clone())))])
}

pub fn conv(request: &Value) -> Made {
    let [batch, channels, plane] = ["batch", "channels", "plane"].map(|key| number(request, key));
    let [out, kernel, stride] = ["out", "kernel", "stride"].map(|key| number(request, key));
    let (channels, plane, kernel, stride) = (channels?, plane?, kernel?, stride?);
    if word(request, "direction") != "forward" {
        return Err("it has no gradient of one operand alone".to_owned());
    }
    let device = Device::flex();
    let x = normal([batch?, channels, plane, plane], &device);
    let weight = normal([out?, channels, kernel, kernel], &device);
    let options = move || ConvOptions::new([stride; 2], [kernel / 2; 2], [1, 1], 1);
    Ok(vec![(
        "",
        run(move || conv2d(x.clone(), weight.clone(), None, options())),
    )])
}
