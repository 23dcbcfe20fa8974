//! The Mersenne Twister MT19937, the engine under both compatibility generators.
//!
//! Matsumoto and Nishimura, "Mersenne Twister: A 623-dimensionally equidistributed uniform
//! pseudorandom number generator", 1998, with the 2002 initialisation.

use super::StateError;

const SIZE: usize = 624;
const SHIFT: usize = 397;
const TWIST: u32 = 0x9908_b0df;

/// Words [`Mt19937::save`] writes: the state two to a word, and the position in it.
pub(super) const SAVED_WORDS: usize = SIZE / 2 + 1;

/// A source of 32-bit words with a period of 2^19937 - 1.
#[derive(Clone)]
pub(super) struct Mt19937 {
    words: [u32; SIZE],
    next: usize,
}

impl Mt19937 {
    pub(super) fn new(seed: u32) -> Self {
        let mut words = [seed; SIZE];
        for index in 1..SIZE {
            let previous = words[index - 1];
            words[index] = (previous ^ (previous >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(index as u32);
        }
        Self { words, next: SIZE }
    }

    pub(super) fn next_u32(&mut self) -> u32 {
        if self.next == SIZE {
            self.twist();
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// Two words, the first one in the high half, as both PyTorch and numpy join them.
    pub(super) fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }

    fn twist(&mut self) {
        for index in 0..SIZE {
            let joined =
                (self.words[index] & 0x8000_0000) | (self.words[(index + 1) % SIZE] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { TWIST } else { 0 };
            self.words[index] = self.words[(index + SHIFT) % SIZE] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }

    pub(super) fn save(&self) -> Vec<u64> {
        let (pairs, _) = self.words.as_chunks::<2>();
        let mut saved: Vec<u64> = pairs
            .iter()
            .map(|[low, high]| u64::from(*low) | u64::from(*high) << 32)
            .collect();
        saved.push(self.next as u64);
        saved
    }

    pub(super) fn load(saved: &[u64]) -> Result<Self, StateError> {
        let (&next, pairs) = saved
            .split_last()
            .expect("mt19937: the caller checks the count");
        if next > SIZE as u64 {
            return Err(StateError::Malformed(format!(
                "position {next} is past the last of {SIZE} words"
            )));
        }
        let mut words = [0; SIZE];
        for (both, pair) in words.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
            *both = [*pair as u32, (*pair >> 32) as u32];
        }
        Ok(Self {
            words,
            next: next as usize,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_thousandth_word_is_the_standard_one() {
        // The C++ standard fixes this value for mt19937 with its default seed, 5489.
        let mut engine = Mt19937::new(5489);
        let last = (0..10_000).map(|_| engine.next_u32()).last();
        assert_eq!(last, Some(4_123_659_995));
    }
}
