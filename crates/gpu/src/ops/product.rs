//! What matrix products and convolutions share: how the work is cut up, and what both kernels are told.
//!
//! Every choice is a function of the shapes, and no element's sum depends on the size of a tile.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::{Layout, contiguous_strides};
use hammerhead_tensor::{DType, Result};
use smallvec::{SmallVec, smallvec};

use super::{code, elementwise, piece, wrapped};
use crate::device::{Call, State};
use crate::kernels::{Constants, Shader};
use crate::memory::Piece;

/// What a bias goes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    Column = 1,
    Row = 2,
}

/// Products of a left and a right matrix, of one shape or smaller.
pub(super) struct Product<'a> {
    /// The kernel for GPUs, the one for drivers in software, and the one for cooperative matrices.
    pub(super) shaders: [Shader; 3],
    pub(super) batch: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) depth: usize,
    pub(super) left: &'a Operand<'a>,
    pub(super) right: &'a Operand<'a>,
    pub(super) output: &'a Operand<'a>,
    pub(super) bias: Option<(&'a Operand<'a>, Per)>,
    pub(super) relu: bool,
    /// Whether neighbours along the sum are the nearest in memory: left and right.
    pub(super) deep: [bool; 2],
    /// Whether neighbours, from every multiple of 8 on, lie side by side from a multiple of 8 on, in the
    /// direction of `deep`: left and right.
    pub(super) wide: [bool; 2],
    /// Whether pairs of columns are neighbours in the output, from an even place on.
    pub(super) pairs: bool,
    /// The parameters of the shader's front end.
    pub(super) front: Vec<u32>,
}

/// A kernel's sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tile {
    rows: usize,
    columns: usize,
    row_parts: u32,
    column_parts: u32,
    threads: u32,
    across: u32,
}

/// Elements of a sum that one workgroup adds up in a row, at most: longer ones would lose digits.
const LONGEST: usize = 4096;
/// Shorter sums aren't split for the sake of more workgroups.
const SHORTEST: usize = 256;
/// Workgroups of 64 x 64 elements that keep a large device busy.
const BUSY: usize = 128;

/// The parts of a sum: few tiles are split, so that all of the device has work, and long sums, so that
/// they stay accurate.
fn splits(tiles: usize, depth: usize, numel: usize) -> usize {
    let for_accuracy = depth.div_ceil(LONGEST);
    let for_work = if depth >= 4 * SHORTEST && tiles < BUSY / 2 {
        (BUSY / tiles).min(depth / SHORTEST)
    } else {
        1
    };
    // The parts must be memory that can be indexed, and not much of it.
    let room = ((1 << 26) / numel).max(1);
    for_accuracy.max(for_work).min(room)
}

/// A tile for a device with shared memory.
fn shared_tile(rows: usize, columns: usize, batch: usize, sums: DType) -> Tile {
    let tiles = |size: usize| rows.div_ceil(size) * columns.div_ceil(size) * batch;
    let (rows, columns, row_parts, column_parts, threads, across) =
        // Two large tiles of doubles are more memory than every device lets a workgroup share; square ones of
        // floats would leave the registers of an invocation no room for what it fetches.
        if rows > 64 && columns > 64 && tiles(128) >= BUSY && sums == DType::F32 {
            (64, 128, 2, 1, 256, 32)
        } else if rows > 32 && columns > 32 && tiles(64) >= BUSY / 4 {
            (64, 64, 2, 1, 128, 16)
        } else {
            (32, 32, 1, 1, 64, 8)
        };
    Tile {
        rows,
        columns,
        row_parts,
        column_parts,
        threads,
        across,
    }
}

/// A tile for a driver in software: as many sums as its loads can feed before they no longer fit a cache.
fn lane_tile(rows: usize, columns: usize, lanes: usize, sums: DType) -> Tile {
    let parts = |size: usize, most: usize| size.div_ceil(lanes).next_power_of_two().min(most);
    let (row_parts, column_parts) = (
        parts(rows, (64 / lanes).min(8)),
        parts(columns, 32 / sums.size()),
    );
    Tile {
        rows: row_parts * lanes,
        columns: column_parts * lanes,
        row_parts: row_parts as u32,
        column_parts: column_parts as u32,
        threads: lanes as u32,
        across: 0,
    }
}

impl Product<'_> {
    /// What sums are kept in.
    fn part(&self) -> DType {
        match self.output.dtype {
            DType::F64 => DType::F64,
            _ => DType::F32,
        }
    }

    pub(super) fn run(&self, state: &State) -> Result<()> {
        let numel = self.output.layout.numel();
        let tiles = self.rows.div_ceil(64) * self.columns.div_ceil(64) * self.batch;
        let splits = splits(tiles, self.depth, numel);
        if splits == 1 {
            return self.sum(state, 1, piece(self.output));
        }
        let parts = state.take((splits * numel * self.part().size()) as u64)?;
        self.sum(state, splits, &parts)?;
        self.finish(state, splits, &parts)
    }

    /// Writes the sums, or the parts of them side by side.
    fn sum(&self, state: &State, splits: usize, to: &Piece) -> Result<()> {
        let whole = splits == 1;
        let bias = self.bias.filter(|_| whole);
        let (dtype, offset) = if whole {
            (self.output.dtype, self.output.layout.offset())
        } else {
            (self.part(), 0)
        };
        let plan = coop::Plan::of(self, state);
        let tile = match (plan, state.lanes()) {
            (Some(plan), _) => plan.tile,
            (None, Some(lanes)) => lane_tile(self.rows, self.columns, lanes, self.part()),
            (None, None) => shared_tile(self.rows, self.columns, self.batch, self.part()),
        };
        let narrow = matches!(dtype, DType::F16 | DType::BF16);
        let pairs = narrow && self.pairs && offset.is_multiple_of(2);
        let mut constants: Constants = smallvec![
            tile.threads,
            code(self.left.dtype),
            code(dtype),
            bias.map_or(0, |(_, per)| per as u32),
            u32::from(self.relu && whole),
            u32::from(pairs),
            tile.row_parts,
            tile.column_parts,
            tile.threads,
        ];
        let shader = if let Some(plan) = plan {
            constants.extend(plan.constants(self));
            self.shaders[2]
        } else if state.lanes().is_some() {
            self.shaders[1]
        } else {
            constants.push(tile.across);
            constants.extend(self.deep.map(u32::from));
            constants.extend(self.wide.map(|wide| if wide { 4 } else { 1 }));
            self.shaders[0]
        };
        let tiles = [
            self.rows.div_ceil(tile.rows),
            self.columns.div_ceil(tile.columns),
        ];
        let chunk = self.depth.div_ceil(splits).next_multiple_of(16);
        let mut words = vec![
            splits as u32,
            chunk as u32,
            tiles[0] as u32,
            tiles[1] as u32,
        ];
        let from = bias.map_or(self.left, |(bias, _)| bias);
        for address in [
            piece(self.left).address(),
            piece(self.right).address(),
            to.address(),
            piece(from).address(),
        ] {
            words.extend(elementwise::halves(address));
        }
        words.extend([
            self.left.layout.offset() as u32,
            self.right.layout.offset() as u32,
            offset as u32,
            from.layout.offset() as u32,
            bias.map_or(0, |(bias, _)| word(bias.layout.strides()[0])),
            self.output.layout.numel() as u32,
        ]);
        words.extend(&self.front);
        let mut reads: SmallVec<[&Piece; 3]> = smallvec![piece(self.left), piece(self.right)];
        reads.extend(bias.map(|(bias, _)| piece(bias)));
        state.call(Call {
            shader: shader.of(self.left.dtype),
            constants,
            params: &words,
            groups: wrapped(tiles[0] * tiles[1] * self.batch * splits),
            reads: &reads,
            writes: &[to],
        })
    }

    /// Adds up the parts, in their order.
    fn finish(&self, state: &State, splits: usize, parts: &Piece) -> Result<()> {
        let shape = self.output.layout.shape();
        let first = Layout::contiguous(shape);
        let spread;
        let mut inputs: SmallVec<[Operand<'_>; 2]> = smallvec![Operand {
            memory: parts,
            layout: &first,
            dtype: self.part(),
        }];
        if let Some((bias, per)) = self.bias {
            spread = match per {
                Per::Column => bias.layout.clone(),
                Per::Row => {
                    let shape = [bias.layout.shape()[0], 1, 1];
                    let mut strides = contiguous_strides(&shape);
                    strides[0] = bias.layout.strides()[0];
                    Layout::new(shape.as_slice().into(), strides, bias.layout.offset())
                }
            };
            inputs.push(Operand {
                layout: &spread,
                ..*bias
            });
        }
        let operation = u32::from(self.bias.is_some()) + 2 * u32::from(self.relu);
        let params = [splits as u32, first.numel() as u32, 0, 0];
        elementwise::run(
            state,
            Shader::ProductSum,
            operation,
            params,
            self.output,
            &inputs,
        )
    }
}

/// A signed number as a parameter.
pub(super) fn word(number: isize) -> u32 {
    number as i32 as u32
}

/// Whether every one of these numbers of elements is a whole number of vectors.
pub(super) fn in_eights(numbers: &[isize]) -> bool {
    numbers.iter().all(|number| number % 8 == 0)
}

mod coop;
#[cfg(test)]
mod tests;
