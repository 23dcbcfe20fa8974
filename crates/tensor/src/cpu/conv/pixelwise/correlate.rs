//! Forward direction and source gradient.
//!
//! Rows of the products are images, columns are channels of the results. A task packs the weights of its columns, a block
//! of the depth at a time, and uses them for all pixels of its images while they are in cache.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use smallvec::SmallVec;

use super::super::shape::ConvShape;
use super::super::{ForwardArgs, InputGradArgs};
use super::weights::{Packer, Weight};
use super::{Sums, apart};
use crate::cpu::gemm::Store;
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::gemm::kernels::Isa;
use crate::cpu::gemm::pack::Steps;
use crate::cpu::gemm::panels::Product;
use crate::cpu::gemm::sides::{Left, Shared};
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Registers of columns of a task: few, so that there are tasks for every thread.
const REGISTERS: usize = 2;

/// Images of a task, whose sums then stay in cache.
const IMAGES: usize = 128;

/// A correlation: results from source and weight.
struct Job<'a> {
    images: usize,
    src: *const f32,
    /// Channels and pixels of a source image.
    channels: usize,
    plane: usize,
    weight: Weight,
    dst: *mut f32,
    /// Channels and pixels of a result.
    out_channels: usize,
    out_plane: usize,
    /// For every pixel of the results: what it reads.
    sums: &'a Sums,
    /// The source pixel of a pair, which is the results' for the gradient.
    source_of: fn(&super::Pair) -> usize,
    bias: *const f32,
    activation: Activation,
}

// SAFETY: addresses only; `correlate` states what must hold.
unsafe impl Sync for Job<'_> {}

/// # Safety
///
/// The contract of [`forward`](super::super::forward), a shape that [`pays`](super::pays), no size zero, and the
/// instruction set.
pub(in super::super) unsafe fn forward(
    isa: Isa,
    shape: &ConvShape,
    args: ForwardArgs<f32>,
    parallel: Parallel,
) {
    let job = Job {
        images: shape.n,
        src: args.src,
        channels: shape.c,
        plane: shape.source_plane(),
        weight: Weight {
            ptr: args.weight,
            taps: shape.taps(),
            column: shape.depth(),
            step: shape.taps(),
        },
        dst: args.dst,
        out_channels: shape.oc,
        out_plane: shape.plane(),
        sums: &Sums::new(shape, shape.plane(), |pair| pair.dst),
        source_of: |pair| pair.src,
        bias: args.bias.unwrap_or(std::ptr::null()),
        activation: args.activation,
    };
    // SAFETY: the caller's contract.
    unsafe { correlate(isa, &job, parallel) }
}

/// # Safety
///
/// The contract of [`input_grad`](super::super::input_grad), a shape that [`pays`](super::pays), no size zero, and the
/// instruction set.
pub(in super::super) unsafe fn input_grad(
    isa: Isa,
    shape: &ConvShape,
    args: InputGradArgs<f32>,
    parallel: Parallel,
) {
    let job = Job {
        images: shape.n,
        src: args.grad,
        channels: shape.oc,
        plane: shape.plane(),
        weight: Weight {
            ptr: args.weight,
            taps: shape.taps(),
            column: shape.taps(),
            step: shape.depth(),
        },
        dst: args.dst,
        out_channels: shape.c,
        out_plane: shape.source_plane(),
        sums: &Sums::new(shape, shape.source_plane(), |pair| pair.src),
        source_of: |pair| pair.dst,
        bias: std::ptr::null(),
        activation: Activation::None,
    };
    // SAFETY: the caller's contract.
    unsafe { correlate(isa, &job, parallel) }
}

/// # Safety
///
/// Source, weight, bias and destination are valid for the sizes, none of which is zero; nothing else accesses the
/// destination; the machine has the instruction set.
unsafe fn correlate(isa: Isa, job: &Job, parallel: Parallel) {
    let kernels = isa.kernels();
    let n = job.images;
    let blocking = Blocking::new(isa, n, job.channels);
    let flops = 2 * n * job.channels * job.out_channels * job.sums.pairs.len();
    let parallel = parallel.if_worth(flops);
    let width = REGISTERS.min(kernels.vectors) * kernels.lanes;
    let tasks = job.out_channels.div_ceil(width);
    let groups = n.div_ceil(IMAGES).min(blocking.row_panels);
    let most_rows = blocking.rows(run(blocking.row_panels, groups, 0)).len();

    // A stride leaves some pixels out.
    let read = |pixel: &usize| {
        job.sums
            .pairs
            .iter()
            .any(|pair| (job.source_of)(pair) == *pixel)
    };
    let pixels: SmallVec<[usize; 64]> = (0..job.plane).filter(read).collect();
    let left_len = apart(blocking.left_len());
    let packer = Packer::new(kernels, job.weight, job.sums, width);
    let sum_len = apart(most_rows * width);
    let slot_len = packer.len() + job.out_plane * sum_len;
    let scratch = Scratch::<f32>::take(job.plane * left_len + parallel.slots() * slot_len);
    let packed = Shared(scratch.as_ptr());
    let slots = Shared(scratch.as_ptr().wrapping_add(job.plane * left_len));
    let panels = blocking.left_panels();
    // SAFETY: the scratch block holds every pixel's packed matrix and the memory of every slot; panels and columns are
    // disjoint; the rest is the caller's contract.
    unsafe {
        parallel.for_each(pixels.len() * blocking.row_panels, |task, _| {
            let panel = task % blocking.row_panels;
            let pixel = pixels[task / blocking.row_panels];
            let left = Left {
                ptr: job.src.add(pixel),
                rows: Steps::Stride((job.channels * job.plane) as isize),
                depth: Steps::Stride(job.plane as isize),
            };
            let dst = packed.get().add(pixel * left_len);
            for index in (panel..panels).step_by(blocking.row_panels) {
                blocking.pack_left_panel(&left, index, dst);
            }
        });
        parallel.for_each(tasks * groups, |task, slot| {
            let row_panels = run(blocking.row_panels, groups, task % groups);
            let images = blocking.rows(row_panels.clone());
            let first = task / groups * width;
            let columns = (job.out_channels - first).min(width);
            let weights = slots.get().add(slot * slot_len);
            let sums = weights.add(packer.len());
            packer.fetch(first, columns, blocking.depth_block(0));
            for block in 0..blocking.depth_blocks {
                let depth = blocking.depth_block(block);
                packer.pack(first, columns, depth.clone(), weights);
                packer.fetch(first, columns, blocking.depth_block(block + 1));
                let last = block + 1 == blocking.depth_blocks;
                for pixel in 0..job.out_plane {
                    let pairs = job.sums.of(pixel);
                    for index in 0..pairs.len().max(1) {
                        let pair = pairs.get(index);
                        let finished = last && index + 1 >= pairs.len();
                        let source = pair.map_or(0, job.source_of);
                        let tap = pair.map_or(0, |pair| pair.tap);
                        for panel in row_panels.clone() {
                            let at = block * blocking.row_panels + panel;
                            let (rows, _, offset) = blocking.left_panel(at);
                            kernels.multiply(&Product {
                                left: packed.get().add(source * left_len + offset),
                                rows: rows.len(),
                                right: weights.add(tap * packer.block_len()),
                                columns,
                                // What reads nothing is zero.
                                depth: pair.map_or(0, |_| depth.len()),
                                dst: sums
                                    .add(pixel * sum_len + (rows.start - images.start) * width),
                                dst_stride: width,
                                store: match (block, index) {
                                    (0, 0) => Store::Overwrite,
                                    _ => Store::Accumulate,
                                },
                                bias: match finished && !job.bias.is_null() {
                                    true => job.bias.add(first),
                                    false => std::ptr::null(),
                                },
                                activation: match finished {
                                    true => job.activation,
                                    false => Activation::None,
                                },
                            });
                        }
                    }
                }
            }
            for (at, image) in images.enumerate() {
                let sums = sums.add(at * width);
                let dst = image * job.out_channels + first;
                let dst = job.dst.add(dst * job.out_plane);
                if job.out_plane == 1 {
                    kernels.copy(sums, width, 1, columns, dst, columns);
                } else {
                    let (rows, stride) = (job.out_plane, job.out_plane);
                    kernels.transpose(sums, sum_len, rows, columns, dst, stride);
                }
            }
        });
    }
}
