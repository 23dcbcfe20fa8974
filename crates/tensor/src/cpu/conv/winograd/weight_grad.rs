//! The weight's gradient: both operands are transformed, multiplied point by point and summed over all tiles, and
//! the sums transformed back.
//!
//! Tiles are taken a piece at a time. Where the sums are small, every task has sums of its own and pieces small enough
//! for its second-level cache. Else tasks share a large piece: its transforms by strips of an image, then its products by
//! points, so that sums need no copies and no order but the pieces'.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use std::ops::Range;

use super::super::WeightGradArgs;
use super::super::patch::{Patch, Planes};
use super::super::shape::ConvShape;
use super::channels::{FilterSums, Strip};
use super::point;
use super::transforms::Height;
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::gemm::kernels::Isa;
use crate::cpu::gemm::pack::Steps;
use crate::cpu::gemm::places::Places;
use crate::cpu::gemm::sides::{Left, Output, Right, Shared};
use crate::cpu::gemm::{MatRef, Size, Store};
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};

/// Bytes of the sums up to which every task has its own.
const OWN_SUMS_BYTES: usize = 1 << 19;

/// Most tasks with sums of their own.
const MAX_CHUNKS: usize = 8;

/// Bytes of a piece's transformed operands: of a task's, and of all tasks' together, there at least as many as the sums
/// take, which are read and written again for every piece.
const PIECE_BYTES: [usize; 2] = [1 << 19, 1 << 23];

/// Bytes of a strip's pixels, which are transformed while in the second-level cache.
const STRIP_BYTES: usize = 1 << 18;

/// Fewest strips of a piece that tasks share.
const MIN_STRIPS: usize = 4;

/// How the work is cut; from the shape alone.
struct Cut {
    /// Rows and columns of tiles of an image.
    tiles: [usize; 2],
    /// Strips of an image.
    strips: usize,
    /// Strips of all images.
    all: usize,
    pieces: usize,
    /// Parts of the pieces with sums of their own; one if tasks share pieces.
    chunks: usize,
}

impl Cut {
    fn new(shape: &ConvShape, height: Height) -> Self {
        let tiles = [shape.oh.div_ceil(height.results()), shape.ow.div_ceil(2)];
        let tile_bytes = 4 * height.points() * (shape.c + shape.oc);
        let sums_bytes = 4 * height.points() * shape.c * shape.oc;
        let own = sums_bytes <= OWN_SUMS_BYTES;
        let piece_bytes = match own {
            true => PIECE_BYTES[0],
            false => PIECE_BYTES[1].max(sums_bytes),
        };
        // A strip has two rows of pixels more than of results.
        let row_bytes = 4 * (2 * tiles[1] + 2) * shape.c.max(shape.oc);
        let fitting = (STRIP_BYTES / row_bytes).saturating_sub(2) / height.results();
        let in_piece = piece_bytes / (tile_bytes * tiles[1]);
        let rows = fitting.min(in_piece).clamp(1, tiles[0]);
        let strips = tiles[0].div_ceil(rows);
        let all = shape.n * strips;
        let strip_bytes = tile_bytes * tiles[0].div_ceil(strips) * tiles[1];
        let fewest = if own { 1 } else { MIN_STRIPS };
        let pieces = all.div_ceil((piece_bytes / strip_bytes).max(fewest));
        Self {
            tiles,
            strips,
            all,
            pieces,
            chunks: if own { pieces.min(MAX_CHUNKS) } else { 1 },
        }
    }

    /// The strips of a piece.
    fn piece(&self, index: usize) -> Range<usize> {
        run(self.all, self.pieces, index)
    }

    /// The image of a strip and its rows of tiles.
    fn strip(&self, index: usize) -> (usize, Range<usize>) {
        let rows = run(self.tiles[0], self.strips, index % self.strips);
        (index / self.strips, rows)
    }

    /// How many tiles lie before a strip.
    fn before(&self, index: usize) -> usize {
        let (image, row) = match index == self.all {
            true => (index / self.strips, 0),
            false => {
                let (image, rows) = self.strip(index);
                (image, rows.start)
            }
        };
        (image * self.tiles[0] + row) * self.tiles[1]
    }

    /// Tiles of a piece.
    fn count(&self, piece: usize) -> usize {
        let strips = self.piece(piece);
        self.before(strips.end) - self.before(strips.start)
    }
}

/// The work, and how large its parts are.
struct Work<'a> {
    isa: Isa,
    shape: &'a ConvShape,
    height: Height,
    args: WeightGradArgs<f32>,
    cut: &'a Cut,
    /// Values between points of the transformed operands and of the sums.
    source_point: usize,
    grad_point: usize,
    sums_point: usize,
    /// Values that a strip or the products of a point need.
    slot_len: usize,
    packed_len: usize,
}

impl<'a> Work<'a> {
    fn new(
        isa: Isa,
        shape: &'a ConvShape,
        height: Height,
        args: WeightGradArgs<f32>,
        cut: &'a Cut,
    ) -> Self {
        let (m, c) = (shape.oc, shape.c);
        let longest = (0..cut.pieces).map(|piece| cut.count(piece)).max();
        let longest = longest.unwrap_or(0);
        let rows = height.results() * cut.tiles[0].div_ceil(cut.strips) + 2;
        let pixels = rows * (2 * cut.tiles[1] + 2) * c.max(m);
        let blocking = Blocking::new(isa, m, longest);
        let packed_len = blocking.left_len().next_multiple_of(16);
        let panels_len = packed_len + blocking.right_len();
        Self {
            isa,
            shape,
            height,
            args,
            cut,
            source_point: point(longest * c),
            grad_point: point(longest * m),
            sums_point: point(m * c),
            slot_len: pixels.max(panels_len).next_multiple_of(16),
            packed_len,
        }
    }

    /// Values of a piece's transformed operands.
    fn operands_len(&self) -> usize {
        self.height.points() * (self.source_point + self.grad_point)
    }

    /// Transforms both operands of a strip, `before` tiles after the piece's first.
    ///
    /// # Safety
    ///
    /// The tensors are valid for the shape, `operands` and `local` have room for a piece's operands and a strip's pixels,
    /// and the machine has the instruction set.
    unsafe fn transform(&self, strip: usize, before: usize, operands: *mut f32, local: *mut f32) {
        let kernels = self.isa.kernels();
        let transforms = &kernels.winograd[self.height as usize];
        let shape = self.shape;
        let (image, rows) = self.cut.strip(strip);
        let width = self.cut.tiles[1];
        let results = self.height.results();
        let top = (results * rows.start) as isize;
        let [above, left] = shape.padding.map(|padding| padding as isize);
        let source = Planes {
            ptr: self.args.src,
            channels: shape.c,
            image_channels: shape.c,
            size: [shape.h, shape.w],
        };
        let patch = Patch {
            start: [top - above, -left],
            size: [results * rows.len() + 2, 2 * width + 2],
            row_step: 1,
        };
        let grad = Planes {
            ptr: self.args.grad,
            channels: shape.oc,
            image_channels: shape.oc,
            size: [shape.oh, shape.ow],
        };
        let of_grad = Patch {
            start: [top, 0],
            size: [results * rows.len(), 2 * width],
            row_step: 1,
        };
        let strip_of = |channels: usize, columns: usize, dst: *mut f32, point: usize| Strip {
            src: local,
            columns,
            tiles: [rows.len(), width],
            channels,
            dst: dst.wrapping_add(before * channels),
            point,
        };
        // SAFETY: the contract above.
        unsafe {
            source.copy_channels_last(kernels, image..image + 1, patch, local);
            let columns = patch.size[1];
            (transforms.spread_sources)(&strip_of(shape.c, columns, operands, self.source_point));
            grad.copy_channels_last(kernels, image..image + 1, of_grad, local);
            let columns = of_grad.size[1];
            let operands = operands.add(self.height.points() * self.source_point);
            (transforms.spread_grads)(&strip_of(shape.oc, columns, operands, self.grad_point));
        }
    }

    /// Multiplies the operands of a piece of so many tiles at one point.
    ///
    /// # Safety
    ///
    /// As for [`transform`](Self::transform); `sums` has room for all points' sums, `slot` for a point's panels.
    unsafe fn multiply(
        &self,
        at: usize,
        count: usize,
        operands: *const f32,
        sums: *mut f32,
        store: Store,
        slot: *mut f32,
    ) {
        let (m, c) = (self.shape.oc, self.shape.c);
        let blocking = Blocking::new(self.isa, m, count);
        let grads = operands.wrapping_add(self.height.points() * self.source_point);
        let left = MatRef {
            ptr: grads.wrapping_add(at * self.grad_point),
            row_stride: 1,
            col_stride: m as isize,
        };
        let right = MatRef {
            ptr: operands.wrapping_add(at * self.source_point),
            row_stride: c as isize,
            col_stride: 1,
        };
        let size = Size { m, n: c, k: count };
        let places = Places::new(size, &left, &right);
        let right = Right {
            ptr: right.ptr,
            depth: Steps::Stride(right.row_stride),
            columns: Steps::Stride(1),
            access: places.right,
        };
        let output = Output::of_sums(sums.wrapping_add(at * self.sums_point), c, store);
        // SAFETY: the contract above.
        unsafe {
            let (rows, panel) = (0..blocking.row_panels, slot.add(self.packed_len));
            if places.left_in_place {
                return blocking.multiply_lying(left, &right, rows, 0..c, &output, panel);
            }
            let left = Left {
                ptr: left.ptr,
                rows: Steps::Stride(left.row_stride),
                depth: Steps::Stride(left.col_stride),
            };
            blocking.pack_left(left, slot, Parallel::Off);
            blocking.multiply(slot, &right, rows, 0..c, &output, panel);
        }
    }
}

/// # Safety
///
/// The contract of [`weight_grad`](super::super::weight_grad), a shape that [`fits`](super::fits), no size zero, and
/// the instruction set.
pub(in super::super) unsafe fn weight_grad(
    isa: Isa,
    shape: &ConvShape,
    height: Height,
    args: WeightGradArgs<f32>,
    parallel: Parallel,
) {
    let transforms = &isa.kernels().winograd[height as usize];
    let points = height.points();
    let (m, c) = (shape.oc, shape.c);
    let cut = Cut::new(shape, height);
    let work = Work::new(isa, shape, height, args, &cut);
    let tiles = shape.n * cut.tiles[0] * cut.tiles[1];
    let parallel = parallel.if_worth(2 * points * tiles * m * c);
    let sums_len = points * work.sums_point;
    let shared = cut.chunks == 1;
    let own_len = if shared { 0 } else { work.operands_len() };
    let slot_len = work.slot_len + own_len;
    let shared_len = work.operands_len() - own_len;
    let scratch =
        Scratch::<f32>::take(cut.chunks * sums_len + shared_len + parallel.slots() * slot_len);
    let sums = Shared(scratch.as_ptr());
    let operands = Shared(sums.get().wrapping_add(cut.chunks * sums_len));
    let slots = Shared(operands.get().wrapping_add(shared_len));
    let store_of = |first: bool| match first {
        true => Store::Overwrite,
        false => Store::Accumulate,
    };
    // SAFETY: the scratch block holds the transformed operands, the sums and the memory of every slot; tasks write tiles,
    // points or chunks of their own; the rest is the caller's contract.
    unsafe {
        if shared {
            for piece in 0..cut.pieces {
                let strips = cut.piece(piece);
                let first = cut.before(strips.start);
                parallel.for_each(strips.len(), |task, slot| {
                    let strip = strips.start + task;
                    let local = slots.get().add(slot * slot_len);
                    work.transform(strip, cut.before(strip) - first, operands.get(), local);
                });
                let (count, store) = (cut.count(piece), store_of(piece == 0));
                parallel.for_each(points, |at, slot| {
                    let slot = slots.get().add(slot * slot_len);
                    work.multiply(at, count, operands.get(), sums.get(), store, slot);
                });
            }
        } else {
            parallel.for_each(cut.chunks, |chunk, slot| {
                let slot = slots.get().add(slot * slot_len);
                let operands = slot.add(work.slot_len);
                let sums = sums.get().add(chunk * sums_len);
                let pieces = run(cut.pieces, cut.chunks, chunk);
                for piece in pieces.clone() {
                    let strips = cut.piece(piece);
                    let first = cut.before(strips.start);
                    for strip in strips {
                        work.transform(strip, cut.before(strip) - first, operands, slot);
                    }
                    let (count, store) = (cut.count(piece), store_of(piece == pieces.start));
                    for at in 0..points {
                        work.multiply(at, count, operands, sums, store, slot);
                    }
                }
            });
        }
        let dst = Shared(args.dst);
        parallel.for_each(m, |row, _| {
            for at in 0..points {
                let first = sums.get().add(at * work.sums_point + row * c);
                let total = std::slice::from_raw_parts_mut(first, c);
                for chunk in 1..cut.chunks {
                    let part = std::slice::from_raw_parts(first.add(chunk * sums_len), c);
                    let both = total.iter_mut().zip(part);
                    both.for_each(|(total, part)| *total += part);
                }
            }
            (transforms.gather_filters)(&FilterSums {
                sums: sums.get().add(row * c),
                point: work.sums_point,
                count: c,
                dst: dst.get().add(row * shape.depth()),
            });
        });
    }
}
