//! The default generator: ChaCha8 addressed by position.
//!
//! The stream of a seed is a fixed sequence of 32-bit words. An `f32` draw takes one word, an `f64`
//! draw two, so the n-th draw is a function of seed and position alone: a large fill is cut into
//! pieces that threads compute on their own, each after seeking to its place.

use bytemuck::{Pod, Zeroable};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::bounded::below;
use super::quantile::normal_quantile;
use super::{Generator, GeneratorState, StateError};
use crate::cpu::split::chunks;

pub(super) const ALGORITHM: &str = "hammerhead.chacha8";

/// Elements one thread fills at a time; large enough that seeking costs nothing beside drawing.
const PIECE: usize = 1 << 14;

/// Words drawn into the stack buffer at a time.
const WORDS: usize = 256;

/// Sets this generator's key apart from any other use of the cipher with a small key.
const DOMAIN: &[u8; 24] = b"hammerhead random stream";

/// The default generator: counter-based, seekable, and equal for any number of threads.
///
/// Splitting a fill changes nothing: drawing 3 and then 5 numbers gives the 8 that one draw gives.
///
/// ```
/// use hammerhead_tensor::random::{CounterGenerator, Generator};
///
/// let (mut whole, mut parts) = ([0.0; 8], [0.0; 8]);
/// CounterGenerator::new(1).normal_f32(&mut whole);
/// let mut generator = CounterGenerator::new(1);
/// generator.normal_f32(&mut parts[..3]);
/// generator.normal_f32(&mut parts[3..]);
/// assert_eq!(whole, parts);
/// ```
#[derive(Clone)]
pub struct CounterGenerator {
    seed: u64,
    words: ChaCha8Rng,
}

impl CounterGenerator {
    /// The generator of `seed`, at the beginning of stream 0.
    pub fn new(seed: u64) -> Self {
        Self::with_stream(seed, 0)
    }

    /// The generator of `seed`, at the beginning of one of its 2^64 independent streams.
    ///
    /// Streams give every epoch, worker or sample its own numbers without drawing a seed for each.
    pub fn with_stream(seed: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..].copy_from_slice(DOMAIN);
        let mut words = ChaCha8Rng::from_seed(key);
        words.set_stream(stream);
        Self { seed, words }
    }

    /// The seed this generator was made with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The stream this generator draws from.
    pub fn stream(&self) -> u64 {
        self.words.get_stream()
    }

    /// How many 32-bit words have been taken from the stream.
    pub fn position(&self) -> u64 {
        self.words.get_word_pos() as u64
    }

    /// Moves to a position in the stream, counted in 32-bit words from its beginning.
    pub fn seek(&mut self, position: u64) {
        self.words.set_word_pos(u128::from(position));
    }

    /// Fills `out` with one `draw` per element, each from its own `W` at its own position.
    fn fill<W: Word, T: Copy + Send>(&mut self, out: &mut [T], draw: impl Fn(W) -> T + Sync) {
        if out.len() <= PIECE {
            return fill_in_order(&mut self.words, out, &draw);
        }
        let start = self.words.get_word_pos();
        let words_before = |element: usize| start + (element * W::WORDS) as u128;
        let seekable = &self.words;
        chunks(out, PIECE, PIECE, |index, piece| {
            let mut words = seekable.clone();
            words.set_word_pos(words_before(index * PIECE));
            fill_in_order(&mut words, piece, &draw);
        });
        self.words.set_word_pos(words_before(out.len()));
    }
}

/// An unsigned integer that is drawn as a fixed number of 32-bit words.
trait Word: Pod + Zeroable {
    const WORDS: usize = size_of::<Self>() / size_of::<u32>();

    /// The value of little-endian bytes read in this machine's order.
    fn little_endian_value(self) -> Self;
}

impl Word for u32 {
    fn little_endian_value(self) -> Self {
        u32::from_le(self)
    }
}

impl Word for u64 {
    fn little_endian_value(self) -> Self {
        u64::from_le(self)
    }
}

fn fill_in_order<W: Word, T>(words: &mut ChaCha8Rng, out: &mut [T], draw: &impl Fn(W) -> T) {
    let mut buffer = [W::zeroed(); WORDS];
    for part in out.chunks_mut(WORDS) {
        let bits = &mut buffer[..part.len()];
        words.fill_bytes(bytemuck::cast_slice_mut(bits));
        for (value, bits) in part.iter_mut().zip(bits) {
            *value = draw(bits.little_endian_value());
        }
    }
}

impl Generator for CounterGenerator {
    fn algorithm(&self) -> &'static str {
        ALGORITHM
    }

    fn as_counter(&mut self) -> Option<&mut CounterGenerator> {
        Some(self)
    }

    fn next_u64(&mut self) -> u64 {
        self.words.next_u64()
    }

    fn uniform_f32(&mut self, out: &mut [f32]) {
        self.fill(out, |bits: u32| (bits >> 8) as f32 * 2f32.powi(-24));
    }

    fn uniform_f64(&mut self, out: &mut [f64]) {
        self.fill(out, |bits: u64| (bits >> 11) as f64 * 2f64.powi(-53));
    }

    fn normal_f32(&mut self, out: &mut [f32]) {
        // The half keeps the quantile's argument inside (0, 1), and the distribution symmetric.
        self.fill(out, |bits: u32| {
            normal_quantile((f64::from(bits) + 0.5) * 2f64.powi(-32)) as f32
        });
    }

    fn normal_f64(&mut self, out: &mut [f64]) {
        self.fill(out, |bits: u64| {
            normal_quantile(((bits >> 12) as f64 + 0.5) * 2f64.powi(-52))
        });
    }

    fn permutation(&mut self, n: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0..n as i64).collect();
        for left in (2..=n).rev() {
            let chosen = below(left as u64, || self.words.next_u64()) as usize;
            order.swap(left - 1, chosen);
        }
        order
    }

    fn state(&self) -> GeneratorState {
        GeneratorState::new(ALGORITHM, vec![self.seed, self.stream(), self.position()])
    }

    fn restore(&mut self, state: &GeneratorState) -> Result<(), StateError> {
        let words = state.words(ALGORITHM, 3)?;
        *self = Self::with_stream(words[0], words[1]);
        self.seek(words[2]);
        Ok(())
    }
}
