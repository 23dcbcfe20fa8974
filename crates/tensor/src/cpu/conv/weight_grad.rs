//! Gradient of the weight as a matrix product over pixels.
//!
//! Source and gradient are copied channels-last, so that a tap of the kernel is a shift of the
//! source; sources of few channels stay planar, and a panel's columns run over channels and taps.
//! The batch is cut into a fixed number of chunks with sums of their own, added in order. Taps that touch only
//! padding have no part in it.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use smallvec::SmallVec;

use super::implicit::reaches;
use super::patch::{Patch, Planes};
use super::shape::ConvShape;
use super::{WeightGradArgs, clear};
use crate::cpu::gemm::Store;
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::gemm::kernels::{Isa, Kernels};
use crate::cpu::gemm::pack::Steps;
use crate::cpu::gemm::sides::{Access, Left, Output, Right, Shared};
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};

type Taps = SmallVec<[usize; 16]>;

/// The taps that touch the source somewhere.
fn touching(shape: &ConvShape) -> Taps {
    let along = |axis: usize, tap: usize, out: usize, size: usize| {
        let distance = (tap * shape.dilation[axis]) as isize - shape.padding[axis] as isize;
        reaches(distance, out, shape.stride[axis], size)
    };
    (0..shape.taps())
        .filter(|tap| {
            along(0, tap / shape.kw, shape.oh, shape.h)
                && along(1, tap % shape.kw, shape.ow, shape.w)
        })
        .collect()
}

/// Fewer source channels than this stay planar.
const MIN_CHANNELS_LAST: usize = 8;

/// Pixels of a piece, at least if the images together have as many: long enough to amortise
/// adding to the sums.
const PIECE_PIXELS: usize = 512;

/// Most rows of a product that reads its columns in place: with more, packed panels pay.
const IN_PLACE_ROWS: usize = 128;

/// Most chunks of the batch.
const MAX_CHUNKS: usize = 8;

/// Most bytes the sums of all chunks may take, unless one chunk takes more.
const SUM_BYTES: usize = 1 << 21;

/// How the work is cut; from the shape alone.
struct Cut {
    channels_last: bool,
    /// Images of a piece.
    images: usize,
    /// Destination rows of a piece.
    rows: usize,
    chunks: usize,
    /// Blocks of columns.
    blocks: usize,
    /// Part of an image a piece reads.
    local: [usize; 2],
}

impl Cut {
    /// For `sums` values of a chunk's sums.
    fn new(shape: &ConvShape, sums: usize) -> Self {
        let plane = shape.plane();
        let images = (PIECE_PIXELS / plane).clamp(1, shape.n);
        let rows = PIECE_PIXELS.div_ceil(shape.ow).min(shape.oh);
        let rows = shape.oh.div_ceil(shape.oh.div_ceil(rows));
        let pieces = shape.n.div_ceil(images);
        let chunks = (SUM_BYTES / (4 * sums)).clamp(1, MAX_CHUNKS).min(pieces);
        let blocks = MAX_CHUNKS.div_ceil(chunks * shape.groups);
        let reach = |axis: usize, out: usize, kernel: usize| {
            (out - 1) * shape.stride[axis] + (kernel - 1) * shape.dilation[axis] + 1
        };
        Self {
            channels_last: shape.group_c() >= MIN_CHANNELS_LAST,
            images,
            rows,
            chunks,
            blocks,
            local: [reach(0, rows, shape.kh), reach(1, shape.ow, shape.kw)],
        }
    }
}

/// # Safety
///
/// The contract of [`super::weight_grad`], no size zero, and the instruction set.
pub(super) unsafe fn weight_grad(
    isa: Isa,
    shape: &ConvShape,
    args: WeightGradArgs<f32>,
    parallel: Parallel,
) {
    let kernels = isa.kernels();
    let taps = touching(shape);
    let (m, c) = (shape.group_oc(), shape.group_c());
    let depth = c * taps.len();
    if depth == 0 {
        // SAFETY: the destination holds the weight's values.
        return unsafe { clear(args.dst, shape.weight_len()) };
    }
    let sums_len = shape.oc * depth;
    let cut = Cut::new(shape, sums_len);
    let parallel = parallel.if_worth(shape.flops());
    let [height, width] = cut.local;
    let (image_blocks, row_blocks) = (shape.n.div_ceil(cut.images), shape.oh.div_ceil(cut.rows));
    let piece_pixels = cut.images * cut.rows * shape.ow;
    let blocking_of = |pixels: usize| Blocking::new(isa, m, pixels);

    // Strides of the working copy: between channels and between pixels.
    let (channel_step, pixel_step) = if cut.channels_last {
        (1, c)
    } else {
        (height * width, 1)
    };
    let mut tables = Scratch::<i32>::take(piece_pixels + depth);
    let (pixel_offsets, column_offsets) = tables.filled(0).split_at_mut(piece_pixels);
    for (index, offset) in pixel_offsets.iter_mut().enumerate() {
        let (rest, x) = (index / shape.ow, index % shape.ow);
        let (image, y) = (rest / cut.rows, rest % cut.rows);
        let pixel = y * shape.stride[0] * width + x * shape.stride[1];
        *offset = (image * c * height * width + pixel * pixel_step) as i32;
    }
    // Columns run over channels within taps, or (planar) as in the weight itself.
    for (index, offset) in column_offsets.iter_mut().enumerate() {
        let (channel, tap) = if cut.channels_last {
            (index % c, taps[index / c])
        } else {
            (index / taps.len(), taps[index % taps.len()])
        };
        let pixel = tap / shape.kw * shape.dilation[0] * width + tap % shape.kw * shape.dilation[1];
        *offset = (channel * channel_step + pixel * pixel_step) as i32;
    }
    let (pixel_offsets, column_offsets) = (&*pixel_offsets, &*column_offsets);

    let whole = blocking_of(piece_pixels);
    let lens = [
        whole.left_len(),
        whole.right_len(),
        cut.images * c * height * width,
        m * piece_pixels,
    ]
    .map(|len| len.next_multiple_of(16));
    let slot_len: usize = lens.iter().sum();
    let scratch = Scratch::<f32>::take(cut.chunks * sums_len + parallel.slots() * slot_len);
    let sums = Shared(scratch.as_ptr());
    let slots = Shared(scratch.as_ptr().wrapping_add(cut.chunks * sums_len));
    let blocks = cut.blocks.min(depth.div_ceil(kernels.width()));

    parallel.for_each(cut.chunks * shape.groups * blocks, |task, slot| {
        #[expect(
            clippy::redundant_locals,
            reason = "captures the whole, which may be shared"
        )]
        let args = args;
        let (block, rest) = (task % blocks, task / blocks);
        let (group, chunk) = (rest % shape.groups, rest / shape.groups);
        // SAFETY: offsets stay within the tensors and the slot's memory; tasks write disjoint
        // columns, groups or chunks of the sums.
        unsafe {
            let packed = slots.get().add(slot * slot_len);
            let panel = packed.add(lens[0]);
            let local = panel.add(lens[1]);
            let gradient = local.add(lens[2]);
            let source = Planes {
                ptr: args.src.add(group * c * shape.source_plane()),
                channels: c,
                image_channels: shape.c,
                size: [shape.h, shape.w],
            };
            let grad = Planes {
                ptr: args.grad.add(group * m * shape.plane()),
                channels: m,
                image_channels: shape.oc,
                size: [shape.oh, shape.ow],
            };
            let mut store = Store::Overwrite;
            for image_block in run(image_blocks, cut.chunks, chunk) {
                for row_block in 0..row_blocks {
                    let images =
                        image_block * cut.images..((image_block + 1) * cut.images).min(shape.n);
                    let rows = row_block * cut.rows..((row_block + 1) * cut.rows).min(shape.oh);
                    let start = [
                        (rows.start * shape.stride[0]) as isize - shape.padding[0] as isize,
                        -(shape.padding[1] as isize),
                    ];
                    let patch = Patch {
                        start,
                        size: cut.local,
                        row_step: 1,
                    };
                    if cut.channels_last {
                        source.copy_channels_last(kernels, images.clone(), patch, local);
                    } else {
                        source.copy(kernels, images.clone(), patch, local);
                    }
                    let piece = Patch {
                        start: [rows.start as isize, 0],
                        size: [rows.len(), shape.ow],
                        row_step: 1,
                    };
                    grad.copy_channels_last(kernels, images.clone(), piece, gradient);
                    let blocking = blocking_of(images.len() * piece.pixels());
                    let left = Left {
                        ptr: gradient,
                        rows: Steps::Stride(1),
                        depth: Steps::Stride(m as isize),
                    };
                    blocking.pack_left(left, packed, Parallel::Off);
                    let right = Right {
                        ptr: local.cast_const(),
                        depth: Steps::Table(pixel_offsets),
                        columns: Steps::Table(column_offsets),
                        access: if m <= IN_PLACE_ROWS {
                            Access::InPlace
                        } else {
                            Access::Packed
                        },
                    };
                    let output = Output::of_sums(
                        sums.get().add(chunk * sums_len + group * m * depth),
                        depth,
                        store,
                    );
                    let panels = run(depth.div_ceil(kernels.width()), blocks, block);
                    let columns =
                        panels.start * kernels.width()..(panels.end * kernels.width()).min(depth);
                    blocking.multiply(
                        packed,
                        &right,
                        0..blocking.row_panels,
                        columns,
                        &output,
                        panel,
                    );
                    store = Store::Accumulate;
                }
            }
        }
    });
    // SAFETY: every chunk filled its sums; tasks write rows of their own.
    unsafe { add_chunks(kernels, shape, &cut, &taps, sums, args.dst, parallel) };
}

/// Adds the sums of the chunks, in order, into the weight's own layout.
unsafe fn add_chunks(
    kernels: &Kernels,
    shape: &ConvShape,
    cut: &Cut,
    taps: &[usize],
    sums: Shared,
    dst: *mut f32,
    parallel: Parallel,
) {
    let c = shape.group_c();
    let (depth, sums_len) = (c * taps.len(), shape.oc * c * taps.len());
    let dst = Shared(dst);
    parallel
        .if_worth(cut.chunks * sums_len * 4)
        .for_each(shape.oc, |row, _| {
            // SAFETY: rows of the sums and of the weight belong to one task.
            unsafe {
                let total = std::slice::from_raw_parts_mut(sums.get().add(row * depth), depth);
                for chunk in 1..cut.chunks {
                    let part = sums.get().add(chunk * sums_len + row * depth);
                    let part = std::slice::from_raw_parts(part, depth);
                    total
                        .iter_mut()
                        .zip(part)
                        .for_each(|(total, part)| *total += part);
                }
                let (total, dst) = (total.as_ptr(), dst.get().add(row * shape.depth()));
                if taps.len() < shape.taps() {
                    clear(dst, shape.depth());
                    for (at, &tap) in taps.iter().enumerate() {
                        for channel in 0..c {
                            let column = match cut.channels_last {
                                true => at * c + channel,
                                false => channel * taps.len() + at,
                            };
                            *dst.add(channel * shape.taps() + tap) = *total.add(column);
                        }
                    }
                } else if cut.channels_last {
                    kernels.transpose(total, c, taps.len(), c, dst, taps.len());
                } else {
                    kernels.copy(total, depth, 1, depth, dst, depth);
                }
            }
        });
}
