//! Random numbers: one trait, a seekable default, and two generators that replay other libraries.
//!
//! | file | holds |
//! |---|---|
//! | [`counter`](CounterGenerator) | the default: ChaCha8 by position, filled in parallel |
//! | [`torch`](TorchGenerator) | PyTorch's CPU generator, draw for draw |
//! | [`numpy`](NumpyGenerator) | numpy's `RandomState`, draw for draw |
//! | [`state`](GeneratorState) | a generator's position as bytes, for resuming a killed run |
//!
//! A draw never depends on the number of threads or on timing: a generator is its seed and how
//! much has been taken from it, nothing else.

mod bounded;
mod counter;
mod mt19937;
mod numpy;
mod quantile;
mod state;
mod torch;

pub use counter::CounterGenerator;
pub use numpy::NumpyGenerator;
pub use state::{GeneratorState, StateError};
pub use torch::TorchGenerator;

/// A source of random numbers with a position that can be saved.
///
/// The trait is object-safe, so code that draws takes `&mut dyn Generator` and works alike with the
/// default generator and with the compatibility ones.
///
/// ```
/// use hammerhead_tensor::random::{CounterGenerator, Generator, TorchGenerator};
///
/// fn coin(generator: &mut dyn Generator) -> bool {
///     let mut toss = [0.0];
///     generator.uniform_f64(&mut toss);
///     toss[0] < 0.5
/// }
/// coin(&mut CounterGenerator::new(7));
/// coin(&mut TorchGenerator::new(7));
/// ```
pub trait Generator: Send {
    /// The algorithm's name, which a saved state carries so that it is never restored into another.
    fn algorithm(&self) -> &'static str;

    /// The next 64 random bits.
    fn next_u64(&mut self) -> u64;

    /// Fills `out` with uniform draws from `[0, 1)`.
    fn uniform_f32(&mut self, out: &mut [f32]);

    /// Fills `out` with uniform draws from `[0, 1)`.
    fn uniform_f64(&mut self, out: &mut [f64]);

    /// Fills `out` with draws from the normal distribution of mean 0 and standard deviation 1.
    fn normal_f32(&mut self, out: &mut [f32]);

    /// Fills `out` with draws from the normal distribution of mean 0 and standard deviation 1.
    fn normal_f64(&mut self, out: &mut [f64]);

    /// Fills `out` with uniform integers from `low` (included) to `high` (not included).
    ///
    /// # Panics
    /// When `low >= high`: there is nothing to draw from.
    #[track_caller]
    fn integers(&mut self, low: i64, high: i64, out: &mut [i64]) {
        let span = bounded::span(low, high);
        for value in out {
            *value = low.wrapping_add(bounded::below(span, || self.next_u64()) as i64);
        }
    }

    /// A non-negative integer, as `torch.empty((), dtype=torch.int64).random_()` draws it.
    ///
    /// PyTorch's `DataLoader` takes one such base seed at the start of every iteration.
    fn random_i64(&mut self) -> i64 {
        (self.next_u64() & i64::MAX as u64) as i64
    }

    /// The integers `0..n` in random order, every order equally likely.
    fn permutation(&mut self, n: usize) -> Vec<i64>;

    /// The counter-based generator behind this one, if it is: a device can then draw by itself.
    fn as_counter(&mut self) -> Option<&mut CounterGenerator> {
        None
    }

    /// Everything that decides the draws to come.
    fn state(&self) -> GeneratorState;

    /// Goes back (or forward) to a saved state; the generator is unchanged when this fails.
    ///
    /// # Errors
    /// When `state` belongs to another algorithm or does not have this algorithm's form.
    fn restore(&mut self, state: &GeneratorState) -> Result<(), StateError>;
}

/// Makes the generator a saved state belongs to, at that state.
///
/// ```
/// use hammerhead_tensor::random::{self, Generator, NumpyGenerator};
///
/// let mut generator = NumpyGenerator::new(42);
/// generator.next_u64();
/// let mut resumed = random::from_state(&generator.state())?;
/// assert_eq!(resumed.next_u64(), generator.next_u64());
/// # Ok::<(), hammerhead_tensor::random::StateError>(())
/// ```
///
/// # Errors
/// When no generator here has the state's algorithm, or the state is malformed.
pub fn from_state(state: &GeneratorState) -> Result<Box<dyn Generator>, StateError> {
    let mut generator: Box<dyn Generator> = match state.algorithm() {
        counter::ALGORITHM => Box::new(CounterGenerator::new(0)),
        torch::ALGORITHM => Box::new(TorchGenerator::new(0)),
        numpy::ALGORITHM => Box::new(NumpyGenerator::new(0)),
        other => return Err(StateError::UnknownAlgorithm(other.to_owned())),
    };
    generator.restore(state)?;
    Ok(generator)
}
