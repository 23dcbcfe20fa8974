//! Products on cooperative matrices: which there are for, and how they are cut up.

use hammerhead_tensor::DType;

use super::{BUSY, Product, Tile};
use crate::device::State;
use crate::vk::Matrices;

/// Smaller products would multiply padding more than numbers.
const LEAST: usize = 8;
/// Elements in a vector, the unit of shared memory.
const EIGHT: usize = 8;
/// Invocations of a workgroup, where a tile has work for them.
const THREADS: usize = 128;

/// A kernel's sizes, and the device's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) tile: Tile,
    /// Places along the sum that are in shared memory at a time.
    slice: usize,
    matrices: Matrices,
}

impl Plan {
    /// How to compute a product on the device's cooperative matrices, if it has some and they are fit
    /// for it: f32 would lose digits.
    pub(super) fn of(product: &Product<'_>, state: &State) -> Option<Self> {
        let matrices = state.matrices()?;
        let half = product.left.dtype == DType::F16 && product.right.dtype == DType::F16;
        let sizes = [product.rows, product.columns, product.depth];
        if !half || sizes.iter().any(|&size| size < LEAST) {
            return None;
        }
        // Places of many columns, all of their own, would take the registers of the larger sums.
        let many_places = product.deep[1] && !product.wide[1];
        let largest = largest(product.rows, product.columns, product.batch, many_places);
        let mut sizes = [128, 64, 32].into_iter().filter(|&size| size <= largest);
        sizes.find_map(|size| Self::cut(size, product.deep, matrices))
    }

    /// A square tile on a device, if that can hold it.
    fn cut(size: usize, deep: [bool; 2], matrices: Matrices) -> Option<Self> {
        let Matrices { m, n, lanes, .. } = matrices;
        let most = if size == 32 { 4 } else { usize::MAX };
        let subgroups = (THREADS / lanes).clamp(1, most);
        let across = 1 << (subgroups.ilog2() / 2);
        let down = subgroups / across;
        let threads = subgroups * lanes;
        let parts = [size / down / m, size / across / n];
        let slice = [32, 16].into_iter().find(|&slice| {
            let bytes = deep.map(|deep| tile_bytes(size, slice, deep));
            // Sums leave through the memory of the left tile.
            let sums = subgroups * m * n * size_of::<f32>();
            bytes[0] + bytes[1] <= matrices.shared && sums <= bytes[0]
        })?;
        // Every invocation fetches something, and all of them a whole number of lines.
        let fetches = threads >= size / 2 && threads <= size * slice / EIGHT;
        let fits =
            parts.iter().all(|&parts| parts > 0) && 2 * lanes >= n && threads <= matrices.threads;
        (fetches && fits).then_some(Self {
            tile: Tile {
                rows: size,
                columns: size,
                row_parts: parts[0] as u32,
                column_parts: parts[1] as u32,
                threads: threads as u32,
                across: across as u32,
            },
            slice,
            matrices,
        })
    }

    /// The shader's constants after those of every product.
    pub(super) fn constants(&self, product: &Product<'_>) -> [u32; 10] {
        let Matrices { m, n, k, lanes, .. } = self.matrices;
        let step = |wide: bool| if wide { EIGHT as u32 } else { 2 };
        [
            self.tile.across,
            u32::from(product.deep[0]),
            u32::from(product.deep[1]),
            step(product.wide[0]),
            step(product.wide[1]),
            lanes as u32,
            m as u32,
            n as u32,
            k as u32,
            self.slice as u32,
        ]
    }
}

/// The largest tile that leaves all of a device something to do.
fn largest(rows: usize, columns: usize, batch: usize, many_places: bool) -> usize {
    let tiles = |size: usize| rows.div_ceil(size) * columns.div_ceil(size) * batch;
    let least = rows.min(columns);
    if least > 64 && !many_places && tiles(128) >= BUSY {
        128
    } else if least > 32 && tiles(64) >= BUSY / 4 {
        64
    } else {
        32
    }
}

/// Bytes of both halves of an operand's tile: lines of neighbours, each a vector longer than needed.
fn tile_bytes(size: usize, slice: usize, deep: bool) -> usize {
    let (lines, length) = if deep { (size, slice) } else { (slice, size) };
    2 * lines * (length / EIGHT + 1) * EIGHT * size_of::<u16>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(size: usize, sides: [usize; 3], lanes: usize, shared: usize) -> Option<Plan> {
        let [m, n, k] = sides;
        let matrices = Matrices {
            m,
            n,
            k,
            lanes,
            shared,
            threads: 1024,
        };
        Plan::cut(size, [true, false], matrices)
    }

    #[test]
    fn a_large_tile_fits_the_devices_there_are() {
        // NVIDIA; AMD with either subgroup; Intel; a driver in software.
        for (sides, lanes, shared, slice, down, parts) in [
            ([16, 16, 16], 32, 49_152, 32, 2, [4, 4]),
            ([16, 16, 16], 64, 65_536, 32, 2, [4, 8]),
            ([8, 16, 16], 16, 65_536, 32, 4, [4, 4]),
            ([8, 8, 8], 8, 32_768, 16, 4, [4, 4]),
        ] {
            let plan = plan(128, sides, lanes, shared).unwrap();
            let tile = plan.tile;
            assert_eq!(plan.slice, slice);
            assert_eq!(tile.threads / tile.across / lanes as u32, down);
            assert_eq!([tile.row_parts, tile.column_parts], parts);
        }
    }

    #[test]
    fn tiles_follow_the_shape() {
        assert_eq!(largest(4096, 4096, 1, false), 128);
        assert_eq!(largest(4096, 4096, 1, true), 64);
        assert_eq!(largest(512, 512, 1, false), 64);
        assert_eq!(largest(16_257, 65, 1, false), 128);
        assert_eq!(largest(2041, 45, 1, false), 64);
        assert_eq!(largest(8, 4096, 64, false), 32);
    }

    #[test]
    fn tiles_are_cut_without_a_rest() {
        for sides in [[16, 16, 16], [16, 8, 16], [8, 16, 16], [8, 8, 8]] {
            for lanes in [4, 8, 16, 32, 64] {
                for shared in [16_384, 32_768, 65_536] {
                    for size in [32, 64, 128] {
                        let Some(plan) = plan(size, sides, lanes, shared) else {
                            continue;
                        };
                        let Tile {
                            row_parts,
                            column_parts,
                            threads,
                            across,
                            ..
                        } = plan.tile;
                        let down = threads / across / lanes as u32;
                        assert_eq!((down * row_parts) as usize * sides[0], size);
                        assert_eq!((across * column_parts) as usize * sides[1], size);
                    }
                }
            }
        }
    }

    #[test]
    fn every_device_has_a_small_tile() {
        for sides in [[16, 16, 16], [8, 16, 16], [8, 8, 8]] {
            for lanes in [8, 16, 32, 64] {
                assert!(
                    plan(32, sides, lanes, 16_384).is_some(),
                    "{sides:?} {lanes}"
                );
            }
        }
    }
}
