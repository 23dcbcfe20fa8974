//! Draws of the default generator, the same words as on the CPU.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{Distribution, Random};
use hammerhead_tensor::{DType, Result};

use super::call::Dispatch;
use super::code;
use crate::device::State;
use crate::kernels::Shader;

pub(super) fn run(state: &State, random: &Random, y: &Operand<'_>) -> Result<()> {
    let numel = y.layout.numel();
    if numel == 0 {
        return Ok(());
    }
    let (normal, numbers) = match random.distribution {
        Distribution::Uniform { low, high } => {
            let most = match y.dtype {
                DType::F64 => high.next_down(),
                _ => f64::from((high as f32).next_down()),
            };
            (0, [low, high - low, most])
        }
        Distribution::Normal { mean, std } => (1, [mean, std, 0.0]),
    };
    let [one, two, three] = numbers;
    let before = (random.position % 16) as usize;
    let words = if y.dtype == DType::F64 { 2 } else { 1 };
    Dispatch::new(state, Shader::Random.of(y.dtype), &[normal, code(y.dtype)])
        .word(numel)
        .wide(random.seed)
        .wide(random.stream)
        .wide(random.position)
        .number(one)
        .number(two)
        .number(three)
        .output(y)
        .run((before + numel * words).div_ceil(16 * 64))
}
