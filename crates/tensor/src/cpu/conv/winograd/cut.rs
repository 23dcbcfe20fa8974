//! How forward direction and source gradient are cut into tasks.

use std::ops::Range;

use super::Tiles;
use super::correlate::{Job, MIN_TASKS, ROW_PANELS};
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::tasks::run;

/// The panels, and parts of rows; from the sizes alone.
pub(super) struct Cut {
    pub(super) tiles: Tiles,
    pub(super) lanes: usize,
    /// Registers of tiles.
    registers: usize,
    pub(super) panels: usize,
    /// Parts of the rows, of which each panel has a task.
    pub(super) row_parts: usize,
}

impl Cut {
    pub(super) fn new<T>(job: &Job<T>, blocking: &Blocking) -> Self {
        let tiles = Tiles::of(job.n, job.out, job.height);
        let lanes = blocking.lanes();
        let registers = tiles.count().div_ceil(lanes);
        let panels = registers.div_ceil(blocking.width() / lanes);
        // An even number of tasks, for any even number of threads.
        let uneven = panels >= MIN_TASKS && panels % 2 == 1 && panels < registers;
        let panels = panels + usize::from(uneven);
        let parts = MIN_TASKS.div_ceil(panels);
        let parts = match parts > 1 && parts * panels % 2 == 1 {
            true => parts + 1,
            false => parts,
        };
        let row_parts = parts.clamp(1, blocking.row_panels.div_ceil(ROW_PANELS));
        Self {
            tiles,
            lanes,
            registers,
            panels,
            row_parts,
        }
    }

    /// The tiles of a panel.
    pub(super) fn panel(&self, index: usize) -> Range<usize> {
        let registers = run(self.registers, self.panels, index);
        registers.start * self.lanes..(registers.end * self.lanes).min(self.tiles.count())
    }
}
