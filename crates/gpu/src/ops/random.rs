//! Draws of the default generator, the same words as on the CPU.

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{Distribution, Random};

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
            let most = (high as f32).next_down();
            (0, [low, high - low, f64::from(most)])
        }
        Distribution::Normal { mean, std } => (1, [mean, std, 0.0]),
    };
    let [one, two, three] = numbers;
    let before = (random.position % 16) as usize;
    Dispatch::new(state, Shader::Random, &[normal, code(y.dtype)])
        .word(numel)
        .wide(random.seed)
        .wide(random.stream)
        .wide(random.position)
        .float(one)
        .float(two)
        .float(three)
        .output(y)
        .run((before + numel).div_ceil(16 * 64))
}
