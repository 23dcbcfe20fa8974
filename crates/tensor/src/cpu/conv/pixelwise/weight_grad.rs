//! The weight's gradient: for every tap, products over the images of the pixels that meet there.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use super::super::shape::ConvShape;
use super::super::{WeightGradArgs, clear};
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

/// Panels of rows of a task: few, so that there are tasks for every thread and their sums stay in cache.
const ROW_PANELS: usize = 2;

/// Most taps whose gradients are put one by one among the zeros of the others.
const MAX_SCATTERED: usize = 2;

/// # Safety
///
/// The contract of [`weight_grad`](super::super::weight_grad), a shape that [`pays`](super::pays), no size zero, and the
/// instruction set.
pub(in super::super) unsafe fn weight_grad(
    isa: Isa,
    shape: &ConvShape,
    args: WeightGradArgs<f32>,
    parallel: Parallel,
) {
    let kernels = isa.kernels();
    let (n, m, c, taps) = (shape.n, shape.oc, shape.c, shape.taps());
    let (plane, source_plane) = (shape.plane(), shape.source_plane());
    let sums_of = Sums::new(shape, taps, |pair| pair.tap);
    let used = (0..taps).filter(|&tap| !sums_of.of(tap).is_empty()).count();
    let sparse = used <= MAX_SCATTERED && used < taps;
    let parallel = parallel.if_worth(2 * n * m * c * sums_of.pairs.len());
    let blocking = Blocking::new(isa, m, n);
    let lanes = kernels.lanes;
    let registers = c.div_ceil(lanes);
    let column_panels = registers.div_ceil(kernels.vectors);
    // The columns of a panel, and how many the panels before it have.
    let columns_of = |panel: usize| {
        let registers = run(registers, column_panels, panel);
        registers.start * lanes..(registers.end * lanes).min(c)
    };

    let left_len = apart(blocking.left_len());
    let right_len = apart(n * registers * lanes);
    let most_rows = ROW_PANELS * kernels.rows();
    let sums_point = apart(most_rows * c);
    let slot_len = taps * sums_point;
    let scratch = Scratch::<f32>::take(
        plane * left_len + source_plane * right_len + parallel.slots() * slot_len,
    );
    let left = Shared(scratch.as_ptr());
    let right = Shared(left.get().wrapping_add(plane * left_len));
    let slots = Shared(right.get().wrapping_add(source_plane * right_len));
    let left_tasks = plane * blocking.left_panels();
    let right_tasks = blocking.depth_blocks * column_panels;
    // SAFETY: the scratch block holds every pixel's packed matrices and the memory of every slot; panels and rows are
    // disjoint; the rest is the caller's contract.
    unsafe {
        parallel.for_each(left_tasks + right_tasks, |task, _| {
            #[expect(
                clippy::redundant_locals,
                reason = "captures the whole, which may be shared"
            )]
            let args = args;
            if task < left_tasks {
                let (pixel, panel) = (task % plane, task / plane);
                let source = Left {
                    ptr: args.grad.add(pixel),
                    rows: Steps::Stride(plane as isize),
                    depth: Steps::Stride((m * plane) as isize),
                };
                blocking.pack_left_panel(&source, panel, left.get().add(pixel * left_len));
                return;
            }
            let task = task - left_tasks;
            let images = blocking.depth_block(task / column_panels);
            let columns = columns_of(task % column_panels);
            let width = columns.len().next_multiple_of(lanes);
            let panel = images.start * registers * lanes + columns.start * images.len();
            for (at, image) in images.enumerate() {
                let src = args.src.add((image * c + columns.start) * source_plane);
                let dst = right.get().add(panel + at * width);
                for pixel in 0..source_plane {
                    // The last register's unused lanes.
                    let fill = dst.add(pixel * right_len + columns.len());
                    fill.write_bytes(0, width - columns.len());
                }
                for first in (0..columns.len()).step_by(lanes) {
                    let count = (columns.len() - first).min(lanes);
                    let src = src.add(first * source_plane);
                    kernels.transpose(
                        src,
                        source_plane,
                        count,
                        source_plane,
                        dst.add(first),
                        right_len,
                    );
                }
            }
        });
        parallel.for_each(blocking.row_panels.div_ceil(ROW_PANELS), |task, slot| {
            #[expect(
                clippy::redundant_locals,
                reason = "captures the whole, which may be shared"
            )]
            let args = args;
            let sums = slots.get().add(slot * slot_len);
            let first = task * ROW_PANELS;
            let row_panels = first..(first + ROW_PANELS).min(blocking.row_panels);
            let rows = blocking.rows(row_panels.clone());
            for tap in 0..taps {
                let pairs = sums_of.of(tap);
                let sums = sums.add(tap * sums_point);
                if pairs.is_empty() && !sparse {
                    sums.write_bytes(0, rows.len() * c);
                }
                for panel in 0..column_panels {
                    let columns = columns_of(panel);
                    for (index, pair) in pairs.iter().enumerate() {
                        for block in 0..blocking.depth_blocks {
                            let images = blocking.depth_block(block);
                            let at =
                                images.start * registers * lanes + columns.start * images.len();
                            for panel in row_panels.clone() {
                                let (own, _, offset) =
                                    blocking.left_panel(block * blocking.row_panels + panel);
                                kernels.multiply(&Product {
                                    left: left.get().add(pair.dst * left_len + offset),
                                    rows: own.len(),
                                    right: right.get().add(pair.src * right_len + at),
                                    columns: columns.len(),
                                    depth: images.len(),
                                    dst: sums.add((own.start - rows.start) * c + columns.start),
                                    dst_stride: c,
                                    store: match (index, block) {
                                        (0, 0) => Store::Overwrite,
                                        _ => Store::Accumulate,
                                    },
                                    bias: std::ptr::null(),
                                    activation: Activation::None,
                                });
                            }
                        }
                    }
                }
            }
            for (at, row) in rows.enumerate() {
                let (sums, dst) = (sums.add(at * c), args.dst.add(row * shape.depth()));
                if sparse {
                    clear(dst, shape.depth());
                    for tap in (0..taps).filter(|&tap| !sums_of.of(tap).is_empty()) {
                        let sums = sums.add(tap * sums_point);
                        (0..c).for_each(|channel| {
                            *dst.add(channel * taps + tap) = *sums.add(channel)
                        });
                    }
                } else {
                    kernels.transpose(sums, sums_point, taps, c, dst, taps);
                }
            }
        });
    }
}
