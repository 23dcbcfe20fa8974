//! Per-channel numbers of a tile, laid out so that a loop over elements reads them in blocks.

use super::{BLOCK, Extent, WIDTH};

/// One number per column of a tile, or one for all of them.
pub(super) struct Coefficients {
    values: [f64; WIDTH],
    /// How far the values move on with the elements: 1 in columns, 0 for a single channel.
    step: usize,
}

impl Coefficients {
    /// One number per channel, each repeated over its columns.
    #[inline(always)]
    pub(super) fn new(extent: Extent, of_channels: &[f64]) -> Self {
        let mut values = [0.0; WIDTH];
        if !extent.in_columns() {
            values[..BLOCK].fill(of_channels[0]);
            return Self { values, step: 0 };
        }
        for (columns, &value) in values.chunks_exact_mut(extent.s).zip(of_channels) {
            columns.fill(value);
        }
        Self { values, step: 1 }
    }

    /// The numbers of `LANES` elements from `start` on.
    #[inline(always)]
    pub(super) fn at<const LANES: usize>(&self, start: usize) -> &[f64; LANES] {
        let start = start * self.step;
        self.values[start..start + LANES]
            .try_into()
            .expect("as many as asked")
    }
}
