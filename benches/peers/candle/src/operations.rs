//! Single operations.

use candle_core::{Device, Tensor};
use candle_nn::{BatchNorm, ModuleT, ops};
use serde_json::Value;

use crate::asked::{Ways, number, word};
use crate::{run, said};

type Made = Result<Ways, String>;

fn normal(shape: &[usize]) -> Result<Tensor, String> {
    Tensor::randn(0f32, 1.0, shape, &Device::Cpu).map_err(said)
}

pub fn matmul(request: &Value) -> Made {
    let [m, n, k] = ["m", "n", "k"].map(|key| number(request, key));
    let (m, n, k) = (m?, n?, k?);
    let (a, b) = (normal(&[m, k])?, normal(&[k, n])?);
    Ok(vec![("", run(move || a.matmul(&b)))])
}

pub fn function(request: &Value) -> Made {
    let count = number(request, "count")?;
    let (a, b) = (normal(&[count])?, normal(&[count])?);
    let positive = a.abs().map_err(said)?;
    let run = match word(request, "what") {
        "add" => run(move || &a + &b),
        "relu" => run(move || a.relu()),
        "sigmoid" => run(move || ops::sigmoid(&a)),
        "exp" => run(move || a.exp()),
        "tanh" => run(move || a.tanh()),
        "log" => run(move || positive.log()),
        other => return Err(format!("it does not know {other}")),
    };
    Ok(vec![("", run)])
}

pub fn matrix(request: &Value) -> Made {
    let (rows, columns) = (number(request, "rows")?, number(request, "columns")?);
    let (x, row) = (normal(&[rows, columns])?, normal(&[columns])?);
    let run = match word(request, "what") {
        "add a row" => run(move || x.broadcast_add(&row)),
        "add the transpose" => run(move || &x + x.t()?),
        "sum of rows" => run(move || x.sum(1)),
        "sum of columns" => run(move || x.sum(0)),
        "sum of all" => run(move || x.sum_all()),
        "softmax" => {
            let again = x.clone();
            return Ok(vec![
                ("in one", run(move || ops::softmax_last_dim(&x))),
                ("in parts", run(move || ops::softmax(&again, 1))),
            ]);
        }
        other => return Err(format!("it does not know {other}")),
    };
    Ok(vec![("", run)])
}

pub fn batch_norm(request: &Value) -> Made {
    let shape = request["shape"]
        .as_array()
        .ok_or("no shape in the request")?;
    let shape: Vec<usize> = shape
        .iter()
        .filter_map(Value::as_u64)
        .map(|size| size as usize)
        .collect();
    let (x, channels) = (normal(&shape)?, shape[1]);
    let part = || normal(&[channels]);
    let variance = part()?.abs().map_err(said)?;
    let norm = BatchNorm::new(channels, part()?, variance, part()?, part()?, 1e-5).map_err(said)?;
    Ok(vec![("", run(move || norm.forward_t(&x, true)))])
}

pub fn conv(request: &Value) -> Made {
    let [batch, channels, plane] = ["batch", "channels", "plane"].map(|key| number(request, key));
    let [out, kernel, stride] = ["out", "kernel", "stride"].map(|key| number(request, key));
    let (channels, plane, kernel, stride) = (channels?, plane?, kernel?, stride?);
    if word(request, "direction") != "forward" {
        return Err("it has no gradient of one operand alone".to_owned());
    }
    let x = normal(&[batch?, channels, plane, plane])?;
    let weight = normal(&[out?, channels, kernel, kernel])?;
    Ok(vec![(
        "",
        run(move || x.conv2d(&weight, kernel / 2, stride, 1, 1)),
    )])
}
