//! Convolution as an implicit matrix product: panels of patches are packed straight from the
//! image, a part at a time.
//!
//! A *correlation* sums, for every destination pixel, a list of taps over a list of channels.
//! The forward direction is one; the gradient of the source is one per phase of the stride, over
//! the gradient of the destination.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use smallvec::SmallVec;

use super::columns::{Block, Source};
use super::cut::{Cut, IN_PLACE_ROWS, parts};
use super::{Weight, Weights};
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::gemm::pack::Steps;
use crate::cpu::gemm::pairs::ImageKernels;
use crate::cpu::gemm::rearrange::Matrix;
use crate::cpu::gemm::sides::{Access, Left, Output, Right, Shared};
use crate::cpu::gemm::{RowNorm, Store};
use crate::cpu::prepared::{Key, prepare};
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::pool::HostMemory;
use crate::prim::Activation;

/// When the columns of a block are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    /// In every task, a panel at a time, which is used from the first-level cache.
    Strips,
    /// All before the first of a block's tasks that a thread runs: the next one finds them.
    Blocks,
    /// Those of all blocks, before all tasks.
    Shared,
}

/// Most values of a block's packed columns: they stay in the second-level cache.
const BLOCK_VALUES: usize = 1 << 17;

/// Most values of all blocks' packed columns.
const SHARED_VALUES: usize = 1 << 20;

impl Packing {
    /// For so many blocks, each in so many parts, of packed columns of so many values, and weights of so many.
    fn of(parts: usize, blocks: usize, values: usize, weights: usize) -> Self {
        let all = blocks * values;
        if parts == 1 {
            Self::Strips
        } else if all <= weights && all <= SHARED_VALUES {
            // Each thread then reads some of the weights only.
            Self::Shared
        } else if values <= BLOCK_VALUES {
            Self::Blocks
        } else {
            Self::Strips
        }
    }
}

/// A place in the window of a correlation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    /// Source row relative to `stride * destination row`.
    pub(super) dy: isize,
    /// Source column relative to `stride * destination column`.
    pub(super) dx: isize,
    /// Offset of its weight.
    pub(super) weight: usize,
}

/// `dst[n][row][y][x] = sum over channels and taps of
/// weight[row][channel][tap] * src[n][channel][y * stride + dy][x * stride + dx]`,
/// separately for every group.
#[derive(Clone, Copy)]
pub(super) struct Correlation<'a, T = f32> {
    pub(super) n: usize,
    pub(super) groups: usize,
    /// Source channels of a group.
    pub(super) channels: usize,
    /// Source height and width.
    pub(super) size: [usize; 2],
    /// Destination channels of a group.
    pub(super) rows: usize,
    /// Destination height and width (of this phase).
    pub(super) out: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) taps: &'a [Tap],
    pub(super) src: *const T,
    pub(super) weight: Weight,
    /// Elements between the weights of neighbouring destination channels, source channels, groups.
    pub(super) weight_strides: [usize; 3],
    /// Taps of a channel's weight, of which some may only touch padding.
    pub(super) weight_taps: usize,
    pub(super) prepared: Option<Weights<'a>>,
    pub(super) norm: RowNorm,
    pub(super) bias: Option<*const f32>,
    pub(super) activation: Activation,
    pub(super) target: Target<T>,
}

/// Where the results go.
#[derive(Clone, Copy)]
pub(super) struct Target<T = f32> {
    pub(super) ptr: *mut T,
    /// Pixels of a whole destination channel.
    pub(super) plane: usize,
    /// Pixels between rows.
    pub(super) width: usize,
    /// First row and column of the phase.
    pub(super) offset: [usize; 2],
    /// Rows and columns between neighbours of the phase.
    pub(super) step: [usize; 2],
}

// SAFETY: addresses only; `correlate` states what must hold.
unsafe impl<T> Sync for Correlation<'_, T> {}

/// Runs a correlation.
///
/// # Safety
///
/// `src`, `weight`, `bias` and the target are valid for the sizes, none of which is zero; the
/// target's memory is not accessed by anything else; the machine has the instruction set.
pub(super) unsafe fn correlate<T: 'static>(
    kernels: &ImageKernels<T>,
    job: &Correlation<T>,
    parallel: Parallel,
) {
    let single = kernels.steps == 1;
    let cut = job.cut(single);
    let depth = job.channels * job.taps.len();
    let blocking = Blocking::with(kernels.products, job.rows, depth, kernels.steps);
    let [height, width] = cut.local;
    let local_plane = height * width;
    let image_stride = if cut.inside {
        job.groups * job.channels * local_plane
    } else {
        job.channels * local_plane
    };
    let mut tables = Scratch::<i32>::take(2 * depth + cut.images * cut.rows * job.out[1]);
    let (weight_offsets, rest) = tables.filled(0).split_at_mut(depth);
    let (source_offsets, pixel_offsets) = rest.split_at_mut(depth);
    let origin = if cut.inside {
        [0, 0]
    } else {
        [cut.reach[0], cut.reach[1]]
    };
    let taps = job.taps.len();
    let within: SmallVec<[isize; 16]> = (job.taps.iter())
        .map(|tap| (tap.dy - origin[0]) * width as isize + cut.column(tap.dx - origin[1]))
        .collect();
    let channels = weight_offsets.chunks_exact_mut(taps);
    for (channel, (weights, sources)) in channels
        .zip(source_offsets.chunks_exact_mut(taps))
        .enumerate()
    {
        let (weight, source) = (channel * job.weight_strides[1], channel * local_plane);
        for tap in 0..taps {
            weights[tap] = (weight + job.taps[tap].weight) as i32;
            sources[tap] = (source as isize + within[tap]) as i32;
        }
    }
    // As in a weight of the forward direction, which packs faster by squares.
    let adjacent = weight_offsets
        .iter()
        .enumerate()
        .all(|(i, &offset)| i == offset as usize);
    let weight_steps = if adjacent {
        Steps::Stride(1)
    } else {
        Steps::Table(weight_offsets)
    };
    for (index, offset) in pixel_offsets.iter_mut().enumerate() {
        let (rest, x) = (index / job.out[1], index % job.out[1]);
        let (image, y) = (rest / cut.rows, rest % cut.rows);
        let column = cut.column((x * job.stride[1]) as isize) as usize;
        let row = y * (job.stride[0] / cut.row_step);
        *offset = (image * image_stride + row * width + column) as i32;
    }
    let side_by_side = cut.images == 1 && job.stride == [1, 1] && cut.pitch == width;
    let pixels = if side_by_side {
        Steps::Stride(1)
    } else {
        Steps::Table(pixel_offsets)
    };
    let access = if single && side_by_side && job.rows <= IN_PLACE_ROWS {
        Access::InPlace
    } else {
        Access::Packed
    };

    let in_place = single
        && cut.images == 1
        && job.target.step == [1, 1]
        && job.out[1] == job.target.width
        && cut.pitch == job.out[1];
    let source = Source {
        job,
        cut: &cut,
        kernels,
        blocking,
        offsets: source_offsets,
        pixels,
        access,
    };
    let blocks = source.blocks();
    let parts = parts(blocks, blocking.row_panels);
    let flops = 2 * job.n * job.groups * job.rows * depth * job.out[0] * job.out[1];
    let parallel = parallel.if_worth(flops);
    let packed_len = source.packed_len().next_multiple_of(16);
    let left_len = blocking.left_len();
    let packing = match access {
        Access::Packed => Packing::of(parts, blocks, packed_len, job.groups * left_len),
        _ => Packing::Strips,
    };
    let (shared_len, kept_len) = match packing {
        Packing::Strips => (0, 0),
        Packing::Blocks => (0, packed_len),
        Packing::Shared => (blocks * packed_len, 0),
    };

    let local_len = source.local_len().next_multiple_of(16);
    let sums_stride = cut.columns(job, cut.images, cut.rows).next_multiple_of(16);
    // The first part has the most panels, and the first panels the most rows.
    let most_rows = blocking.rows(run(blocking.row_panels, parts, 0)).len();
    let sums_len = if in_place { 0 } else { most_rows * sums_stride };
    let slot_len = blocking.right_len() + local_len + sums_len + kept_len;
    let scratch = Scratch::<f32>::take(shared_len + parallel.slots() * slot_len);
    let columns = Shared(scratch.as_ptr());
    let slots = Shared(scratch.as_ptr().wrapping_add(shared_len));
    let key = Key {
        kernel: match kernels.steps {
            1 => "implicit",
            _ => "implicit of pairs",
        },
        sizes: [
            job.prepared.map_or(0, |weights| weights.offset),
            job.groups,
            job.rows,
            job.channels,
            job.taps.len(),
            job.weight_strides[0],
            job.weight_strides[1],
            job.weight_strides[2],
        ],
    };
    let pack = |memory: &HostMemory, weight: *const f32| {
        for group in 0..job.groups {
            // SAFETY: the memory holds the packed weights of every group; the rest is the caller's contract.
            unsafe {
                let left = Left {
                    ptr: weight.add(group * job.weight_strides[2]),
                    rows: Steps::Stride(job.weight_strides[0] as isize),
                    depth: weight_steps,
                };
                let packed = memory.as_ptr().cast::<f32>().add(group * left_len);
                blocking.pack_left(left, packed, parallel);
            }
        }
    };
    let prepared = job.prepared.map(|weights| weights.prepared);
    let packed = prepare(prepared, key, 4 * job.groups * left_len, |memory| {
        // The strides belong to a weight without gaps.
        let len = job.groups * job.rows * job.channels * job.weight_taps;
        // SAFETY: the caller's weight holds so many values.
        unsafe { job.weight.widened(len, |weight| pack(memory, weight)) };
    });
    let packed = Shared(packed.as_ptr().cast());
    // SAFETY: the scratch block holds the memory of every slot; tasks write disjoint parts of the
    // target; the rest is the caller's contract.
    unsafe {
        if packing == Packing::Shared {
            parallel.for_each(blocks * blocking.depth_blocks, |task, slot| {
                let (index, depth_block) = (task % blocks, task / blocks);
                let local = slots.get().add(slot * slot_len + blocking.right_len());
                let packed = columns.get().add(index * packed_len);
                source.pack(&source.block(index), depth_block, local, packed);
            });
        }
        let kept: SmallVec<[AtomicUsize; 16]> = (0..parallel.slots())
            .map(|_| AtomicUsize::new(usize::MAX))
            .collect();
        parallel.for_each(blocks * parts, |task, slot| {
            // Neighbouring tasks share the weights of their rows, or the columns that are kept.
            let (part, index) = match packing {
                Packing::Blocks => (task % parts, task / parts),
                _ => (task / blocks, task % blocks),
            };
            let row_panels = run(blocking.row_panels, parts, part);
            let summed = blocking.rows(row_panels.clone());
            let block = source.block(index);
            let panel = slots.get().add(slot * slot_len);
            let local = panel.add(blocking.right_len());
            let sums = local.add(local_len);
            let ready = |ptr: *mut f32| Right {
                ptr,
                depth: Steps::Stride(0),
                columns: Steps::Stride(0),
                access: Access::Ready,
            };
            let right = match packing {
                Packing::Strips => source.read(&block, local),
                Packing::Shared => ready(columns.get().add(index * packed_len)),
                Packing::Blocks => {
                    let packed = sums.add(sums_len);
                    if kept[slot].swap(index, Ordering::Relaxed) != index {
                        for depth_block in 0..blocking.depth_blocks {
                            source.pack(&block, depth_block, local, packed);
                        }
                    }
                    ready(packed)
                }
            };
            let columns = source.columns(&block);
            let Block {
                group,
                images,
                rows,
            } = block;
            let channel = group * job.rows;
            let output = Output {
                ptr: if in_place {
                    let first = (images.start * job.groups * job.rows + channel) * job.target.plane;
                    job.target
                        .ptr
                        .cast::<f32>()
                        .add(first + rows.start * job.out[1])
                } else {
                    sums.wrapping_sub(summed.start * sums_stride)
                },
                row_stride: if in_place {
                    job.target.plane
                } else {
                    sums_stride
                } as isize,
                store: Store::Overwrite,
                row_norm: job.norm.from(channel),
                row_bias: job.bias.map_or(std::ptr::null(), |bias| bias.add(channel)),
                column_bias: std::ptr::null(),
                activation: job.activation,
            };
            let left = packed.get().add(group * left_len);
            blocking.multiply(left, &right, row_panels, 0..columns, &output, panel);
            if !in_place {
                let channels = channel + summed.start..channel + summed.end;
                scatter(
                    kernels,
                    job,
                    &cut,
                    channels,
                    images,
                    rows,
                    sums,
                    sums_stride,
                );
            }
        });
    }
}

/// Writes the sums of a task to their places in the target.
unsafe fn scatter<T: 'static>(
    kernels: &ImageKernels<T>,
    job: &Correlation<T>,
    cut: &Cut,
    channels: Range<usize>,
    images: Range<usize>,
    rows: Range<usize>,
    sums: *const f32,
    sums_stride: usize,
) {
    let Target {
        ptr,
        plane,
        width,
        offset,
        step,
    } = job.target;
    for (row, channel) in channels.enumerate() {
        for (at, image) in images.clone().enumerate() {
            let source = sums.wrapping_add(row * sums_stride + at * rows.len() * cut.pitch);
            let pixel = (rows.start * step[0] + offset[0]) * width + offset[1];
            let first = (image * job.groups * job.rows + channel) * plane + pixel;
            // SAFETY: the caller's target covers every pixel of the phase, and `sums` holds a
            // value for each.
            unsafe {
                let target = ptr.add(first);
                if step[1] == 1 {
                    let side_by_side = [cut.pitch, width * step[0]] == [job.out[1]; 2];
                    let (rows, columns) = match side_by_side {
                        true => (1, rows.len() * job.out[1]),
                        false => (rows.len(), job.out[1]),
                    };
                    (kernels.narrow)(&Matrix {
                        src: source,
                        src_stride: cut.pitch,
                        rows,
                        columns,
                        dst: target,
                        dst_stride: width * step[0],
                    });
                    continue;
                }
                // Only gradients skip pixels, and they are of f32.
                debug_assert_eq!(kernels.steps, 1);
                let target = target.cast::<f32>();
                for y in 0..rows.len() {
                    let (source, target) =
                        (source.add(y * cut.pitch), target.add(y * step[0] * width));
                    for x in 0..job.out[1] {
                        *target.add(x * step[1]) = *source.add(x);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_packed_before_where_tasks_share_them() {
        let cases = [
            // blocks, parts, values of a block, weights
            ([14, 1, 32_000, 37_000], Packing::Strips),
            ([7, 2, 32_000, 37_000], Packing::Blocks),
            ([1, 8, 73_000, 590_000], Packing::Shared),
            ([2, 4, 200_000, 100_000], Packing::Strips),
        ];
        for ([blocks, parts, values, weights], expected) in cases {
            assert_eq!(Packing::of(parts, blocks, values, weights), expected);
        }
    }
}
