//! Forward direction and source gradient.
//!
//! A task transforms the source of a panel of squares, as wide as the micro-kernels' tiles, in all channels; its 16
//! points are then the packed right operands of 16 products with the transformed filters, whose sums are
//! transformed back while they are in cache.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use std::ops::Range;

use super::super::shape::ConvShape;
use super::super::{ForwardArgs, InputGradArgs};
use super::tiles::{Filters, POINTS, SourceTiles, TargetTiles};
use super::{Squares, batch, point};
use crate::cpu::gemm::Store;
use crate::cpu::gemm::blocked::{Access, Blocking, Output, Right, Shared};
use crate::cpu::gemm::kernels::{Isa, Kernels};
use crate::cpu::gemm::pack::Steps;
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Panels of rows whose sums are transformed back at a time.
pub(super) const ROW_PANELS: usize = 8;

/// Tasks that work should be cut into at least, for several threads.
const MIN_TASKS: usize = 8;

/// `dst[n][row][y][x] = sum over channels and taps of
/// filter[row][channel][tap] * src[n][channel][y + dy - padding][x + dx - padding]`.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub(super) n: usize,
    pub(super) channels: usize,
    /// Source height and width.
    pub(super) size: [usize; 2],
    pub(super) rows: usize,
    /// Destination height and width.
    pub(super) out: [usize; 2],
    pub(super) padding: [usize; 2],
    pub(super) src: *const f32,
    pub(super) weight: *const f32,
    /// Values between filters of neighbouring rows and channels.
    pub(super) strides: [usize; 2],
    pub(super) turned: bool,
    pub(super) bias: *const f32,
    pub(super) activation: Activation,
    pub(super) dst: *mut f32,
}

// SAFETY: addresses only; `correlate` states what must hold.
unsafe impl Sync for Job {}

/// # Safety
///
/// The contract of [`forward`](super::super::forward), a shape that [`fits`](super::fits), no size zero, and the instruction set.
pub(in super::super) unsafe fn forward(
    isa: Isa,
    shape: &ConvShape,
    args: ForwardArgs<f32>,
    parallel: Parallel,
) {
    let job = Job {
        n: shape.n,
        channels: shape.c,
        size: [shape.h, shape.w],
        rows: shape.oc,
        out: [shape.oh, shape.ow],
        padding: shape.padding,
        src: args.src,
        weight: args.weight,
        strides: [shape.depth(), shape.taps()],
        turned: false,
        bias: args.bias.unwrap_or(std::ptr::null()),
        activation: args.activation,
        dst: args.dst,
    };
    // SAFETY: the caller's contract.
    unsafe { correlate(isa, &job, parallel) }
}

/// # Safety
///
/// The contract of [`input_grad`](super::super::input_grad), a shape that [`fits`](super::fits), no size zero, and the instruction set.
pub(in super::super) unsafe fn input_grad(
    isa: Isa,
    shape: &ConvShape,
    args: InputGradArgs<f32>,
    parallel: Parallel,
) {
    let job = Job {
        n: shape.n,
        channels: shape.oc,
        size: [shape.oh, shape.ow],
        rows: shape.c,
        out: [shape.h, shape.w],
        padding: shape.padding.map(|padding| 2 - padding),
        src: args.grad,
        weight: args.weight,
        strides: [shape.taps(), shape.depth()],
        turned: true,
        bias: std::ptr::null(),
        activation: Activation::None,
        dst: args.dst,
    };
    // SAFETY: the caller's contract.
    unsafe { correlate(isa, &job, parallel) }
}

/// How the work is cut; from its sizes alone.
struct Cut {
    squares: Squares,
    lanes: usize,
    /// Registers of squares.
    registers: usize,
    panels: usize,
    /// Parts of the rows, each of whose tasks transforms the source again.
    row_parts: usize,
}

impl Cut {
    fn new(job: &Job, blocking: &Blocking) -> Self {
        let squares = Squares::of(job.n, job.out);
        let lanes = blocking.lanes();
        let registers = squares.count().div_ceil(lanes);
        let panels = registers.div_ceil(blocking.width() / lanes);
        let row_parts = MIN_TASKS
            .div_ceil(panels)
            .clamp(1, blocking.row_panels.div_ceil(ROW_PANELS));
        Self {
            squares,
            lanes,
            registers,
            panels,
            row_parts,
        }
    }

    /// The squares of a panel.
    fn panel(&self, index: usize) -> Range<usize> {
        let registers = run(self.registers, self.panels, index);
        registers.start * self.lanes..(registers.end * self.lanes).min(self.squares.count())
    }
}

/// # Safety
///
/// `src`, `weight`, `bias` and `dst` are valid for the sizes, none of which is zero; nothing else accesses `dst`; the
/// machine has the instruction set.
unsafe fn correlate(isa: Isa, job: &Job, parallel: Parallel) {
    if batch::pays(job) {
        // SAFETY: the same contract.
        return unsafe { batch::correlate(isa, job, parallel) };
    }
    let kernels = isa.kernels();
    let blocking = Blocking::new(isa, job.rows, job.channels);
    let cut = Cut::new(job, &blocking);
    let parallel = parallel.if_worth(2 * POINTS * cut.squares.count() * job.rows * job.channels);
    let width = blocking.width();
    let left_len = point(blocking.left_len());
    let source_len = POINTS * point(job.channels * width);
    let sums_len = POINTS * point(ROW_PANELS * kernels.rows() * width);
    let slot_len = source_len + sums_len;
    let scratch = Scratch::<f32>::take(POINTS * left_len + parallel.slots() * slot_len);
    let filters = Shared(scratch.as_ptr());
    let slots = Shared(scratch.as_ptr().wrapping_add(POINTS * left_len));
    // SAFETY: the scratch block holds the transformed filters and the memory of every slot; panels of filters and
    // squares are disjoint; the rest is the caller's contract.
    unsafe {
        transform_filters(kernels, job, &blocking, filters, left_len, parallel);
        parallel.for_each(cut.panels * cut.row_parts, |task, slot| {
            let squares = cut.panel(task / cut.row_parts);
            let row_panels = run(blocking.row_panels, cut.row_parts, task % cut.row_parts);
            let source = slots.get().add(slot * slot_len);
            let sums = source.add(source_len);
            let columns = squares.len();
            let width = columns.next_multiple_of(cut.lanes);
            if width > columns {
                source.write_bytes(0, source_len);
            }
            let runs = cut.squares.runs(squares, cut.lanes);
            let source_point = point(job.channels * width);
            (kernels.transform_source)(&SourceTiles {
                runs: &runs,
                src: job.src,
                channels: job.channels,
                size: job.size,
                padding: job.padding,
                dst: source,
                width,
                point: source_point,
            });
            for first in row_panels.clone().step_by(ROW_PANELS) {
                let row_panels = first..row_panels.end.min(first + ROW_PANELS);
                let rows = blocking.rows(row_panels.clone());
                let sums_point = point(rows.len() * width);
                for at in 0..POINTS {
                    let right = Right {
                        ptr: source.add(at * source_point),
                        depth: Steps::Stride(width as isize),
                        columns: Steps::Stride(1),
                        access: Access::Ready,
                    };
                    let sums = sums.add(at * sums_point);
                    let output = Output {
                        ptr: sums.wrapping_sub(rows.start * width),
                        row_stride: width as isize,
                        store: Store::Overwrite,
                        row_bias: std::ptr::null(),
                        column_bias: std::ptr::null(),
                        activation: Activation::None,
                    };
                    let left = filters.get().add(at * left_len);
                    let panel = std::ptr::null_mut();
                    blocking.multiply(left, &right, row_panels.clone(), 0..columns, &output, panel);
                }
                (kernels.transform_target)(&TargetTiles {
                    runs: &runs,
                    sums,
                    width,
                    point: sums_point,
                    channels: rows.len(),
                    bias: match job.bias.is_null() {
                        true => job.bias,
                        false => job.bias.add(rows.start),
                    },
                    activation: job.activation,
                    dst: job.dst.add(rows.start * job.out[0] * job.out[1]),
                    image_channels: job.rows,
                    size: job.out,
                });
            }
        });
    }
}

/// Transforms all filters into packed left operands, `left_len` values apart.
///
/// # Safety
///
/// The weight is valid for the sizes, `filters` has room for the operands, and the machine has the kernels' instruction
/// set.
pub(super) unsafe fn transform_filters(
    kernels: &Kernels,
    job: &Job,
    blocking: &Blocking,
    filters: Shared,
    left_len: usize,
    parallel: Parallel,
) {
    parallel.for_each(blocking.left_panels(), |task, _| {
        let (rows, depth, offset) = blocking.left_panel(task);
        // SAFETY: the contract above; panels of filters are disjoint.
        unsafe {
            (kernels.transform_filters)(&Filters {
                src: job
                    .weight
                    .add(rows.start * job.strides[0] + depth.start * job.strides[1]),
                strides: job.strides,
                rows: rows.len(),
                depth: depth.len(),
                turned: job.turned,
                dst: filters.get().add(offset),
                point: left_len,
            });
        }
    });
}
