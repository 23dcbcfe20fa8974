//! What a product asks of memory before it needs it.

use crate::cpu::prefetch::prefetch;

/// Values of a cache line.
const LINE: usize = 16;

/// Columns apart from one another that the next block of the depth will read: asked for bit by bit between tiles, as
/// all of them at once would be more than a core can wait for.
#[derive(Clone, Copy)]
pub(super) struct Ahead {
    pub(super) first: *const f32,
    pub(super) stride: isize,
    pub(super) columns: usize,
    pub(super) depth: usize,
}

impl Ahead {
    /// Equal parts, of which the last may have less or nothing.
    pub(super) fn parts(self, parts: usize) -> Parts {
        Parts {
            columns: self.columns.div_ceil(parts.max(1)),
            left: self,
        }
    }
}

/// What has not been asked for yet.
pub(super) struct Parts {
    /// Of a part.
    columns: usize,
    left: Ahead,
}

impl Parts {
    /// Asks for one part more.
    pub(super) fn ask_next(&mut self) {
        let Ahead {
            mut first,
            stride,
            columns,
            depth,
        } = self.left;
        let asked = self.columns.min(columns);
        for _ in 0..asked {
            for step in (0..depth).step_by(LINE) {
                prefetch(first.wrapping_add(step).cast());
            }
            first = first.wrapping_offset(stride);
        }
        self.left.first = first;
        self.left.columns -= asked;
    }
}
