//! What a product asks of memory before it needs it.

use crate::cpu::prefetch::prefetch;
use crate::cpu::tasks::run;

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
    /// Asks for one of some equal parts.
    pub(super) fn ask(&self, part: usize, parts: usize) {
        for column in run(self.columns, parts, part) {
            let first = self.first.wrapping_offset(column as isize * self.stride);
            for step in (0..self.depth).step_by(LINE) {
                prefetch(first.wrapping_add(step).cast());
            }
        }
    }
}
