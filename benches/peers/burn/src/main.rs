//! burn on the CPU, asked by `cargo xtask bench cpu` for the time of the shapes that it measures itself.
//!
//! `operations` and `networks` give what is asked for, of the models in `models`.
#![recursion_limit = "256"]

#[path = "../../asked.rs"]
mod asked;
mod models;
mod networks;
mod operations;

use std::env;

use burn::tensor::Device;
use serde_json::Value;

use asked::{Run, Ways, answer_all, word};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    answer_all("burn 0.22.1 (flex)", &arguments, make);
}

fn make(request: &Value) -> Result<Ways, String> {
    match word(request, "kind") {
        "matmul" => operations::matmul(request),
        "function" => operations::function(request),
        "matrix" => operations::matrix(request),
        "batch_norm" => operations::batch_norm(request),
        "conv" => operations::conv(request),
        "network" => networks::network(request),
        other => Err(format!("it does not know {other}")),
    }
}

/// What is run until it is done.
fn run<T>(mut once: impl FnMut() -> T + 'static) -> Run {
    let device = Device::flex();
    Box::new(move || {
        let result = once();
        device.sync().map_err(|why| format!("{why:?}"))?;
        drop(result);
        Ok(())
    })
}
