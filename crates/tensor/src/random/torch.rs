//! PyTorch's CPU generator, draw for draw.
//!
//! After `aten/src/ATen/CPUGeneratorImpl.cpp`, `ATen/core/DistributionsHelper.h` and
//! `ATen/native/cpu/DistributionTemplates.h` of PyTorch: which bits are taken, in which order.

use std::f64::consts::TAU;

use super::bounded::span;
use super::mt19937::{Mt19937, SAVED_WORDS};
use super::{Generator, GeneratorState, StateError};

pub(super) const ALGORITHM: &str = "torch.mt19937";

/// Normals PyTorch makes at once, from 8 uniforms for the radius and 8 for the angle.
const BLOCK: usize = 16;
const HALF: usize = BLOCK / 2;

/// From this length on `randperm` draws 64 bits a step, for 32 would be visibly biased.
const LONG_PERMUTATION: u64 = u32::MAX as u64 / 20;

/// From this range on `randint` takes 64 bits a draw, for the same reason.
const WIDE_RANGE: u64 = 1 << 28;

/// PyTorch's CPU generator: `rand` and `randperm` bit-equal, `randn` within 1e-6.
///
/// ```
/// use hammerhead_tensor::random::{Generator, TorchGenerator};
///
/// // torch.manual_seed(42); torch.randn(3)
/// let mut values = [0.0; 3];
/// TorchGenerator::new(42).normal_f32(&mut values);
/// assert_eq!(values.map(|value| format!("{value:.4}")), ["0.3367", "0.1288", "0.2345"]);
/// ```
#[derive(Clone)]
pub struct TorchGenerator {
    engine: Mt19937,
    /// The second of a pair of normals drawn one by one, kept for the next such draw.
    spare_normal: Option<f64>,
}

impl TorchGenerator {
    /// The generator after `torch.manual_seed(seed)`, which looks at the seed's low 32 bits only.
    pub fn new(seed: u64) -> Self {
        Self {
            engine: Mt19937::new(seed as u32),
            spare_normal: None,
        }
    }

    fn unit_f32(&mut self) -> f32 {
        (self.engine.next_u32() & 0xff_ffff) as f32 * 2f32.powi(-24)
    }

    fn unit_f64(&mut self) -> f64 {
        (self.engine.next_u64() & ((1 << 53) - 1)) as f64 * 2f64.powi(-53)
    }

    /// One normal, by the double-precision path PyTorch takes for fewer than 16 elements.
    fn single_normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        let angle = TAU * self.unit_f64();
        let radius = (-2.0 * (-self.unit_f64()).ln_1p()).sqrt();
        self.spare_normal = Some(radius * angle.sin());
        radius * angle.cos()
    }
}

/// Turns 16 uniforms into 16 normals in place, rounding to `f32` where PyTorch does.
fn box_muller_f32(block: &mut [f32; BLOCK]) {
    for lane in 0..HALF {
        let radius = (-2.0 * (1.0 - block[lane]).ln()).sqrt();
        let angle = std::f32::consts::TAU * block[lane + HALF];
        let (sin, cos) = f64::from(angle).sin_cos();
        block[lane] = radius * cos as f32;
        block[lane + HALF] = radius * sin as f32;
    }
}

fn box_muller_f64(block: &mut [f64; BLOCK]) {
    for lane in 0..HALF {
        let radius = (-2.0 * (1.0 - block[lane]).ln()).sqrt();
        let (sin, cos) = (TAU * block[lane + HALF]).sin_cos();
        block[lane] = radius * cos;
        block[lane + HALF] = radius * sin;
    }
}

/// Fills `out`, at least a block long, from uniforms; a ragged end redraws the last 16 afresh.
fn fill_by_blocks<T>(
    out: &mut [T],
    mut uniform: impl FnMut() -> T,
    transform: impl Fn(&mut [T; BLOCK]),
) {
    out.fill_with(&mut uniform);
    let ragged = !out.len().is_multiple_of(BLOCK);
    out.as_chunks_mut().0.iter_mut().for_each(&transform);
    if ragged {
        let last = out.last_chunk_mut().expect("at least one block");
        last.fill_with(uniform);
        transform(last);
    }
}

impl Generator for TorchGenerator {
    fn algorithm(&self) -> &'static str {
        ALGORITHM
    }

    fn next_u64(&mut self) -> u64 {
        self.engine.next_u64()
    }

    /// Fills `out` as `torch.rand(n)` does.
    fn uniform_f32(&mut self, out: &mut [f32]) {
        out.fill_with(|| self.unit_f32());
    }

    /// Fills `out` as `torch.rand(n, dtype=torch.float64)` does.
    fn uniform_f64(&mut self, out: &mut [f64]) {
        out.fill_with(|| self.unit_f64());
    }

    /// Fills `out` as `torch.randn(n)` does.
    fn normal_f32(&mut self, out: &mut [f32]) {
        if out.len() < BLOCK {
            out.fill_with(|| self.single_normal() as f32);
        } else {
            fill_by_blocks(out, || self.unit_f32(), box_muller_f32);
        }
    }

    /// Fills `out` as `torch.randn(n, dtype=torch.float64)` does.
    fn normal_f64(&mut self, out: &mut [f64]) {
        if out.len() < BLOCK {
            out.fill_with(|| self.single_normal());
        } else {
            fill_by_blocks(out, || self.unit_f64(), box_muller_f64);
        }
    }

    /// Fills `out` as `torch.randint(low, high, (n,))` does.
    fn integers(&mut self, low: i64, high: i64, out: &mut [i64]) {
        let span = span(low, high);
        for value in out {
            let bits = if span >= WIDE_RANGE {
                self.engine.next_u64()
            } else {
                u64::from(self.engine.next_u32())
            };
            *value = low.wrapping_add((bits % span) as i64);
        }
    }

    /// The order `torch.randperm(n)` gives.
    fn permutation(&mut self, n: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0..n as i64).collect();
        if (n as u64) < LONG_PERMUTATION {
            for index in 0..n.saturating_sub(1) {
                let step = self.engine.next_u32() as usize % (n - index);
                order.swap(index, index + step);
            }
        } else {
            for index in 0..n {
                let other = (self.engine.next_u64() % (index as u64 + 1)) as usize;
                order.swap(index, other);
            }
        }
        order
    }

    fn state(&self) -> GeneratorState {
        let mut words = self.engine.save();
        words.push(u64::from(self.spare_normal.is_some()));
        words.push(self.spare_normal.unwrap_or_default().to_bits());
        GeneratorState::new(ALGORITHM, words)
    }

    fn restore(&mut self, state: &GeneratorState) -> Result<(), StateError> {
        let words = state.words(ALGORITHM, SAVED_WORDS + 2)?;
        let (engine, spare) = words.split_at(SAVED_WORDS);
        self.engine = Mt19937::load(engine)?;
        self.spare_normal = (spare[0] != 0).then(|| f64::from_bits(spare[1]));
        Ok(())
    }
}
