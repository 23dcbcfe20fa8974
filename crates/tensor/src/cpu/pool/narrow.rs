//! Max pooling of 16-bit planes.
#![allow(unsafe_code)] // Tasks write planes of a shared output.

use half::bf16;

use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::ranges;
use super::super::workspace::{Shared, Workspace};
use super::Planes;
use super::search::{Maxima, Ordered, Search};
use crate::prim::Windows;

/// The place of a 16-bit float among all others, the not-a-numbers last: twice as many fit a register as of f32.
#[derive(Clone, Copy)]
struct Rank(i16);

impl Rank {
    #[inline(always)]
    fn of(x: bf16) -> Self {
        let bits = x.to_bits();
        let is_nan = bits & 0x7fff > bf16::INFINITY.to_bits();
        Self(if is_nan {
            i16::MAX
        } else {
            Self::turned(bits as i16)
        })
    }

    #[inline(always)]
    fn number(self) -> bf16 {
        bf16::from_bits(Self::turned(self.0) as u16)
    }

    /// Negative numbers with their order reversed, as those of floats is; there and back.
    #[inline(always)]
    fn turned(bits: i16) -> i16 {
        bits ^ ((bits >> 15) & i16::MAX)
    }
}

impl Ordered for Rank {
    const HOT: bool = true;
    const LEAST: Self = Self(!0x7f80);

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }
}

/// The maxima of planes of 16 bits.
pub(super) fn forward(planes: Planes, windows: &Windows, x: &[bf16], y: &mut [bf16]) {
    let search = Search::new(planes, windows);
    let count = y.len() / planes.output().max(1);
    let y = Shared::new(y);
    ranges(count, planes.input() + planes.output(), |range| {
        let mut lines = Workspace::new(search.lines_len(), Rank::LEAST);
        let mut ranks = Workspace::new(planes.input(), Rank::LEAST);
        let mut best = Workspace::new(planes.output(), Rank::LEAST);
        for index in range {
            let x = &x[index * planes.input()..][..planes.input()];
            // SAFETY: every plane is written by one task.
            let y = unsafe { y.part(index * planes.output(), planes.output()) };
            fastest(NarrowMaxima {
                search: &search,
                x,
                ranks: &mut ranks,
                best: &mut best,
                lines: &mut lines,
                y,
            });
        }
    });
}

/// The maxima of one plane of 16 bits, with working memory for it, its maxima and one line.
struct NarrowMaxima<'a> {
    search: &'a Search,
    x: &'a [bf16],
    ranks: &'a mut [Rank],
    best: &'a mut [Rank],
    lines: &'a mut [Rank],
    y: &'a mut [bf16],
}

impl HotLoop for NarrowMaxima<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (rank, &x) in self.ranks.iter_mut().zip(self.x) {
            *rank = Rank::of(x);
        }
        Maxima {
            search: self.search,
            x: self.ranks,
            best: &mut *self.best,
            lines: self.lines,
        }
        .run();
        for (y, best) in self.y.iter_mut().zip(self.best.iter()) {
            *y = best.number();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_in_the_order_of_the_numbers_and_each_is_of_one() {
        let all = || (0..=u16::MAX).map(bf16::from_bits);
        let mut numbers: Vec<bf16> = all().filter(|x| !x.is_nan()).collect();
        numbers.sort_by(bf16::total_cmp);
        assert!(
            numbers
                .windows(2)
                .all(|pair| Rank::of(pair[0]).0 < Rank::of(pair[1]).0)
        );
        assert_eq!(Rank::of(numbers[0]).0, Rank::LEAST.0);
        for x in all() {
            let back = Rank::of(x).number();
            assert_eq!(back.is_nan(), x.is_nan());
            assert!(x.is_nan() || back.to_bits() == x.to_bits());
            assert!(!x.is_nan() || Rank::of(x).0 == i16::MAX);
        }
    }
}
