//! A generator's state as plain words, and those words as bytes.

use thiserror::Error;

/// Everything that decides a generator's coming draws, ready to be written to a file.
///
/// ```
/// use hammerhead_tensor::random::{CounterGenerator, Generator, GeneratorState};
///
/// let mut generator = CounterGenerator::new(3);
/// generator.next_u64();
/// let bytes = generator.state().to_bytes();
/// let next = generator.next_u64();
///
/// let mut resumed = CounterGenerator::new(0);
/// resumed.restore(&GeneratorState::from_bytes(&bytes)?)?;
/// assert_eq!(resumed.next_u64(), next);
/// # Ok::<(), hammerhead_tensor::random::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratorState {
    algorithm: String,
    words: Vec<u64>,
}

/// Why a saved generator state could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The state was saved by a generator of another kind.
    #[error("generator state: saved by `{saved}`, but this generator is `{expected}`")]
    OtherAlgorithm {
        /// The algorithm of the generator that was asked to restore.
        expected: &'static str,
        /// The algorithm the state was saved by.
        saved: String,
    },
    /// No generator of this library has the state's algorithm.
    #[error("generator state: no generator is called `{0}`")]
    UnknownAlgorithm(String),
    /// The state's words or bytes do not have the form its algorithm writes.
    #[error("generator state: {0}; the state is truncated or damaged")]
    Malformed(String),
}

impl GeneratorState {
    /// A state of `algorithm` made of `words`, whose meaning only the algorithm knows.
    pub fn new(algorithm: &str, words: Vec<u64>) -> Self {
        Self {
            algorithm: algorithm.to_owned(),
            words,
        }
    }

    /// The algorithm that saved this state.
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The state's words, if it was saved by `algorithm` and has `count` of them.
    ///
    /// # Errors
    /// When the algorithm or the number of words is another.
    pub fn words(&self, algorithm: &'static str, count: usize) -> Result<&[u64], StateError> {
        if self.algorithm != algorithm {
            return Err(StateError::OtherAlgorithm {
                expected: algorithm,
                saved: self.algorithm.clone(),
            });
        }
        if self.words.len() != count {
            return Err(StateError::Malformed(format!(
                "`{algorithm}` saves {count} words, not {}",
                self.words.len()
            )));
        }
        Ok(&self.words)
    }

    /// The state as bytes: the name's length (one byte), the name, then the words, little-endian.
    ///
    /// # Panics
    /// When the algorithm's name is longer than 255 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = u8::try_from(self.algorithm.len())
            .expect("generator state: an algorithm's name has at most 255 bytes");
        let mut bytes = vec![length];
        bytes.extend_from_slice(self.algorithm.as_bytes());
        for word in &self.words {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// When `bytes` cannot have been written by it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let malformed = |what: &str| StateError::Malformed(what.to_owned());
        let (&length, rest) = bytes.split_first().ok_or_else(|| malformed("no bytes"))?;
        let (name, rest) = rest
            .split_at_checked(usize::from(length))
            .ok_or_else(|| malformed("the name is cut off"))?;
        let name = str::from_utf8(name).map_err(|_| malformed("the name is not text"))?;
        let (words, remainder) = rest.as_chunks::<8>();
        if !remainder.is_empty() {
            return Err(malformed("the last word is cut off"));
        }
        let words = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        Ok(Self::new(name, words))
    }
}
