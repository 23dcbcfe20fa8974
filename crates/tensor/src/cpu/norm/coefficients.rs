//! Per-channel numbers of a tile, one per element of a segment or one for all of them.

use super::super::float::Float;
use super::{Extent, WIDTH};

/// One number per column of a tile, or just one if the tile is a single channel.
pub(super) struct Coefficients<C = f64>([C; WIDTH]);

impl<C: Float> Coefficients<C> {
    /// One number per channel, each repeated over its columns.
    #[inline(always)]
    pub(super) fn new(extent: Extent, of_channels: &[C]) -> Self {
        let mut values = [C::default(); WIDTH];
        if extent.in_columns() {
            for (columns, &value) in values.chunks_exact_mut(extent.s).zip(of_channels) {
                columns.fill(value);
            }
        } else {
            values[0] = of_channels[0];
        }
        Self(values)
    }

    /// The numbers of a segment of `len` elements; with one for all, `at` reads the same every time.
    #[inline(always)]
    pub(super) fn of<const COLUMNS: bool>(&self, len: usize) -> impl Fn(usize) -> C {
        let (values, only) = (&self.0[..if COLUMNS { len } else { 1 }], self.0[0]);
        move |index| if COLUMNS { values[index] } else { only }
    }

    /// The numbers of `len` columns.
    pub(super) fn columns(&self, len: usize) -> &[C] {
        &self.0[..len]
    }
}
