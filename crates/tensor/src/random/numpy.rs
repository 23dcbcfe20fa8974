//! numpy's `RandomState`, the generator behind `np.random.seed`, draw for draw.
//!
//! After numpy's `random/src/mt19937` and `random/src/legacy`: which bits are taken, in which order.

use super::bounded::span;
use super::mt19937::{Mt19937, SAVED_WORDS};
use super::{Generator, GeneratorState, StateError};

pub(super) const ALGORITHM: &str = "numpy.mt19937";

/// numpy's `RandomState`: Mersenne Twister, 53-bit doubles, polar normals with one kept back.
///
/// ```
/// use hammerhead_tensor::random::NumpyGenerator;
///
/// // np.random.seed(42); np.random.normal(scale=.3, size=2)
/// let values = NumpyGenerator::new(42).normal(0.0, 0.3, 2);
/// assert!((values[0] - 0.149014245903).abs() < 1e-12);
/// assert!((values[1] + 0.041479290351).abs() < 1e-12);
/// ```
#[derive(Clone)]
pub struct NumpyGenerator {
    engine: Mt19937,
    /// The second of the last pair of normals, kept for the next draw.
    spare_normal: Option<f64>,
}

impl NumpyGenerator {
    /// The generator after `np.random.seed(seed)`.
    pub fn new(seed: u32) -> Self {
        Self {
            engine: Mt19937::new(seed),
            spare_normal: None,
        }
    }

    /// `n` draws of mean `loc` and standard deviation `scale`, as `RandomState.normal` makes them.
    pub fn normal(&mut self, loc: f64, scale: f64, n: usize) -> Vec<f64> {
        (0..n).map(|_| loc + scale * self.gauss()).collect()
    }

    /// `n` draws from `[low, high)`, as `RandomState.uniform` makes them.
    pub fn uniform(&mut self, low: f64, high: f64, n: usize) -> Vec<f64> {
        (0..n).map(|_| low + (high - low) * self.unit()).collect()
    }

    fn unit(&mut self) -> f64 {
        let high = f64::from(self.engine.next_u32() >> 5);
        let low = f64::from(self.engine.next_u32() >> 6);
        (high * 2f64.powi(26) + low) * 2f64.powi(-53)
    }

    /// One normal by Marsaglia's polar method, the second of each pair kept back.
    fn gauss(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let x = 2.0 * self.unit() - 1.0;
            let y = 2.0 * self.unit() - 1.0;
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare_normal = Some(factor * x);
                return factor * y;
            }
        }
    }

    /// A uniform integer in `0..=largest`: as many bits as it has, until they are small enough.
    fn at_most(&mut self, largest: u64) -> u64 {
        if largest == 0 {
            return 0;
        }
        let mask = u64::MAX >> largest.leading_zeros();
        loop {
            let bits = if largest <= u64::from(u32::MAX) {
                u64::from(self.engine.next_u32())
            } else {
                self.engine.next_u64()
            };
            if bits & mask <= largest {
                return bits & mask;
            }
        }
    }
}

impl Generator for NumpyGenerator {
    fn algorithm(&self) -> &'static str {
        ALGORITHM
    }

    fn next_u64(&mut self) -> u64 {
        self.engine.next_u64()
    }

    /// Fills `out` with numpy's doubles rounded to `f32`, those that would round to 1 kept below it.
    fn uniform_f32(&mut self, out: &mut [f32]) {
        out.fill_with(|| (self.unit() as f32).min(1.0 - f32::EPSILON / 2.0));
    }

    /// Fills `out` as `RandomState.random_sample(n)` does.
    fn uniform_f64(&mut self, out: &mut [f64]) {
        out.fill_with(|| self.unit());
    }

    /// Fills `out` with numpy's doubles rounded to `f32`.
    fn normal_f32(&mut self, out: &mut [f32]) {
        out.fill_with(|| self.gauss() as f32);
    }

    /// Fills `out` as `RandomState.standard_normal(n)` does.
    fn normal_f64(&mut self, out: &mut [f64]) {
        out.fill_with(|| self.gauss());
    }

    /// Fills `out` as `RandomState.randint(low, high, n, dtype=np.int64)` does.
    fn integers(&mut self, low: i64, high: i64, out: &mut [i64]) {
        let largest = span(low, high) - 1;
        out.fill_with(|| low.wrapping_add(self.at_most(largest) as i64));
    }

    /// The order `RandomState.permutation(n)` gives.
    fn permutation(&mut self, n: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0..n as i64).collect();
        for last in (1..n).rev() {
            let chosen = self.at_most(last as u64) as usize;
            order.swap(last, chosen);
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
