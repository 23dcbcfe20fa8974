//! Lines of a product cut into pieces, of which a thread takes whole lines as long as there are many.

use std::ops::Range;

use crate::cpu::tasks::run;

/// A line, here a panel of rows, is so many pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pieces(usize);

impl Pieces {
    /// At most so many, of so many operations at least.
    pub(super) fn new(flops_of_line: usize, most: usize, fewest_flops: usize) -> Self {
        Self((flops_of_line / fewest_flops).clamp(1, most.max(1)))
    }

    /// The pieces of so many lines.
    pub(super) fn of(self, lines: usize) -> usize {
        lines * self.0
    }

    /// Neighbouring pieces as lines and what of them belongs to the pieces, given how many things a line has.
    pub(super) fn lines(
        self,
        pieces: Range<usize>,
        of_line: usize,
    ) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let Self(parts) = self;
        let mut at = pieces.start;
        std::iter::from_fn(move || {
            let (line, part) = (at / parts, at % parts);
            let left = pieces.end.checked_sub(at).filter(|&left| left > 0)?;
            let (lines, len) = match part == 0 && left >= parts {
                true => (left / parts, parts),
                false => (1, left.min(parts - part)),
            };
            at += lines * len;
            let first = run(of_line, parts, part).start;
            let end = run(of_line, parts, part + len - 1).end;
            Some((line..line + lines, first..end))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_stay_together() {
        let pieces = Pieces::new(100, 7, 30);
        assert_eq!(pieces.of(4), 12);
        let lines = |run| pieces.lines(run, 10).collect::<Vec<_>>();
        assert_eq!(lines(0..12), [(0..4, 0..10)]);
        assert_eq!(lines(2..11), [(0..1, 7..10), (1..3, 0..10), (3..4, 0..7)]);
        assert_eq!(lines(4..5), [(1..2, 4..7)]);
        assert_eq!(lines(5..5), []);
        assert_eq!(Pieces::new(100, 2, 30), Pieces(2));
        assert_eq!(Pieces::new(10, 2, 30), Pieces(1));
    }
}
