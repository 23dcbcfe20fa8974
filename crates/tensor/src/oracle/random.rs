//! Random draws: the default generator's own numbers, at the precision the dtype asks for.

use crate::DType;
use crate::prim::{Distribution, Random};
use crate::random::{CounterGenerator, Generator};

use super::array::Array;

/// The same draws as on every other device; scaled in `f64`.
pub(super) fn draw(random: &Random, dtype: DType, shape: &[usize]) -> Array {
    let mut generator = CounterGenerator::with_stream(random.seed, random.stream);
    generator.seek(random.position);
    let mut array = Array::zeros(shape);
    match (random.distribution, dtype) {
        (Distribution::Uniform { .. }, DType::F64) => generator.uniform_f64(&mut array.values),
        (Distribution::Normal { .. }, DType::F64) => generator.normal_f64(&mut array.values),
        (Distribution::Uniform { .. }, _) => {
            narrow(&mut array, |draws| generator.uniform_f32(draws))
        }
        (Distribution::Normal { .. }, _) => narrow(&mut array, |draws| generator.normal_f32(draws)),
    }
    match random.distribution {
        Distribution::Uniform { low, high } => array.map(|draw| low + (high - low) * draw),
        Distribution::Normal { mean, std } => array.map(|draw| mean + std * draw),
    }
}

/// A 32-bit draw takes half the bits of a 64-bit one, so it can't be had by rounding.
fn narrow(array: &mut Array, fill: impl FnOnce(&mut [f32])) {
    let mut draws = vec![0.0; array.values.len()];
    fill(&mut draws);
    array.values = draws.into_iter().map(f64::from).collect();
}
