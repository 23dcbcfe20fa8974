//! How a correlation is cut into tasks: by images, by rows of the destination and, for want of those, by channels.

use super::correlate::{Correlation, Tap};

/// Bytes of source a task should read at most, so that they stay in the second-level cache.
const SOURCE_BYTES: usize = 1 << 18;

/// Columns of the product a task should have at least, merging images if need be.
const MIN_COLUMNS: usize = 192;

/// Columns for which weights are worth reading.
const PANEL_COLUMNS: usize = 48;

/// Bytes of sums that wait to be rounded, at most: they stay in the second-level cache.
const SUMS_BYTES: usize = 1 << 18;

/// Tasks that work should be cut into at least, for several threads.
const MIN_TASKS: usize = 8;

/// Fewest panels of rows that repay packing columns.
const MIN_ROW_PANELS: usize = 4;

/// Operations a task should at least do.
const TASK_FLOPS: usize = 1 << 22;

/// Most rows of a product that reads its columns in place: with more, packed panels repay
/// being read by many tiles, at aligned addresses and without the pixels between rows.
pub(super) const IN_PLACE_ROWS: usize = 16;

/// How a correlation is cut into tasks; from its sizes alone.
pub(super) struct Cut {
    /// Smallest tap row and column, largest tap row and column.
    pub(super) reach: [isize; 4],
    /// Whether every window lies inside the source, so that it can be read in place.
    pub(super) inside: bool,
    /// So many even columns of a row lie before the odd ones in the working copy: with a stride of two the columns that
    /// neighbouring destinations read then lie side by side. 0 where they lie in their order.
    pub(super) half: usize,
    /// Rows of the source from one row of the working copy to the next: a window of a single row passes over others.
    pub(super) row_step: usize,
    /// Images of a task.
    pub(super) images: usize,
    /// Destination rows of a task.
    pub(super) rows: usize,
    /// Size of the part of a channel a task reads.
    pub(super) local: [usize; 2],
    /// Columns of the product per destination row. Where neighbouring destinations read
    /// neighbouring sources, computing the few pixels between the end of a row and the start of
    /// the next turns a whole block into one run of columns that tiles read in place.
    pub(super) pitch: usize,
}

impl<T> Correlation<'_, T> {
    /// Images of f32 may be read where they lie.
    pub(super) fn cut(&self, single: bool) -> Cut {
        let fold = |pick: fn(&Tap) -> isize, best: fn(isize, isize) -> isize| {
            self.taps.iter().map(pick).reduce(best).unwrap_or(0)
        };
        let reach = [
            fold(|t| t.dy, isize::min),
            fold(|t| t.dx, isize::min),
            fold(|t| t.dy, isize::max),
            fold(|t| t.dx, isize::max),
        ];
        let end =
            |axis: usize| ((self.out[axis] - 1) * self.stride[axis]) as isize + reach[2 + axis];
        // A single tap reads its columns once, which is not worth a copy that need not be.
        let split = self.stride[1] == 2 && (self.taps.len() > 1 || !single);
        let inside = single
            && !split
            && reach[0] >= 0
            && reach[1] >= 0
            && end(0) < self.size[0] as isize
            && end(1) < self.size[1] as isize;
        let span = |axis: usize| (reach[2 + axis] - reach[axis]) as usize;
        let local_size = |axis: usize, out: usize| (out - 1) * self.stride[axis] + span(axis) + 1;
        let half = if split {
            local_size(1, self.out[1]).div_ceil(2)
        } else {
            0
        };
        let width = match (split, span(1)) {
            _ if inside => self.size[1],
            (false, _) => local_size(1, self.out[1]),
            // A window of a single column passes over the odd ones.
            (true, 0) => half,
            (true, _) => 2 * half,
        };
        let row_step = match span(0) {
            0 if !inside => self.stride[0],
            _ => 1,
        };
        let step = self.stride[0] / row_step;
        let plane = self.out[0] * self.out[1];
        let images = (MIN_COLUMNS / plane).clamp(1, self.n);
        let row_flops = 2 * self.rows * self.channels * self.taps.len() * self.out[1];
        let cached = (SOURCE_BYTES / (4 * self.channels * width)).max(1) / step;
        let shared = self.out[0].div_ceil(MIN_TASKS.div_ceil(self.n * self.groups));
        let summed = match single {
            true => self.out[0],
            false => SUMS_BYTES / (4 * self.rows * self.out[1]),
        };
        let rows = if images > 1 {
            self.out[0]
        } else {
            cached
                .min(shared)
                .min(summed)
                .max(TASK_FLOPS.div_ceil(row_flops))
                .max(PANEL_COLUMNS.div_ceil(self.out[1]))
                .clamp(1, self.out[0])
        };
        // Blocks of equal height, so that one table of offsets serves all.
        let rows = self.out[0].div_ceil(self.out[0].div_ceil(rows));
        let height = if inside {
            self.size[0]
        } else {
            (rows - 1) * step + span(0) + 1
        };
        let wide = self.stride == [1, 1] && images == 1 && self.rows <= IN_PLACE_ROWS;
        let pitch = if wide { width } else { self.out[1] };
        Cut {
            reach,
            inside,
            half,
            row_step,
            images,
            rows,
            local: [height, width],
            pitch,
        }
    }
}

impl Cut {
    /// Columns of the product for some images and rows; the last row needs no filling up.
    pub(super) fn columns<T>(&self, job: &Correlation<T>, images: usize, rows: usize) -> usize {
        images * rows * self.pitch - (self.pitch - job.out[1])
    }

    /// Where a column of the working copy lies in its row.
    pub(super) fn column(&self, at: isize) -> isize {
        match self.half {
            0 => at,
            half => at % 2 * half as isize + at / 2,
        }
    }
}

/// Parts of the rows, whose tasks need the same packed columns: for want of columns only.
pub(super) fn parts(blocks: usize, row_panels: usize) -> usize {
    let parts = MIN_TASKS.div_ceil(blocks);
    // An even number of tasks, for any even number of threads.
    let parts = parts + usize::from(parts > 1 && parts * blocks % 2 == 1);
    parts.clamp(1, row_panels.div_ceil(MIN_ROW_PANELS))
}
