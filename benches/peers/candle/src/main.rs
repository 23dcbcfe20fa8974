//! candle on the CPU, asked by `cargo xtask bench cpu` for the time of the shapes that it measures itself.
//!
//! `operations` and `networks` give what is asked for.

#[path = "../../asked.rs"]
mod asked;
mod networks;
mod operations;

use std::env;

use candle_core::Result;
use serde_json::Value;

use asked::{Run, Ways, answer_all, word};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    answer_all("candle 0.11.1", &arguments, make);
}

fn make(request: &Value) -> std::result::Result<Ways, String> {
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

/// What is run, with candle's errors as texts.
fn run<T>(mut once: impl FnMut() -> Result<T> + 'static) -> Run {
    Box::new(move || once().map(drop).map_err(said))
}

/// An error without the calls that led to it.
fn said(error: candle_core::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
