//! What the criterion benches in `benches/` share: inputs that are the same in every run.
//!
//! Run them with `cargo xtask bench`, or each once with `cargo xtask bench --quick`. Names read
//! `family/operation/size`, so that a filter picks a family, an operation or a size.

use hammerhead_tensor::random::CounterGenerator;
use hammerhead_tensor::{Tensor, with_generator};

/// Standard normal values of this shape, from a fixed seed.
pub fn normal(shape: impl Into<Vec<usize>>) -> Tensor {
    with_generator(&mut CounterGenerator::new(42), || {
        Tensor::randn(shape.into())
    })
}

/// Values between 0.5 and 1.5, where logarithm and square root are defined.
pub fn positive(shape: impl Into<Vec<usize>>) -> Tensor {
    let shape = shape.into();
    with_generator(&mut CounterGenerator::new(42), || Tensor::rand(shape)) + 0.5
}

/// A shape as it stands in a bench's name: `64x3x28x28`.
pub fn name(shape: &[usize]) -> String {
    shape
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("x")
}
