//! Forward direction and source gradient.
//!
//! The source of a panel of tiles, as wide as the micro-kernels' tiles, is transformed in all channels; its
//! points are then the packed right operands of as many products with the transformed filters, whose sums are
//! transformed back while they are in cache. A task does all of it for a panel or, where there are few, the products of
//! some rows.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use std::ops::Range;
use std::sync::Arc;

use super::super::shape::ConvShape;
use super::super::{ForwardArgs, InputGradArgs, Weight, Weights};
use super::cut::Cut;
use super::products::Products;
use super::tiles::{Filters, SourceTiles, TAPS, TargetTiles};
use super::transforms::Height;
use super::{batch, point};
use crate::cpu::gemm::RowNorm;
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::gemm::kernels::Isa;
use crate::cpu::gemm::pairs::ImageKernels;
use crate::cpu::gemm::sides::Shared;
use crate::cpu::prepared::{Key, prepare};
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::pool::HostMemory;
use crate::prim::Activation;

/// Panels of rows whose sums are transformed back at a time.
pub(super) const ROW_PANELS: usize = 8;

/// Tasks that work should be cut into at least, for several threads.
pub(super) const MIN_TASKS: usize = 8;

/// `dst[n][row][y][x] = sum over channels and taps of
/// filter[row][channel][tap] * src[n][channel][y + dy - padding][x + dx - padding]`.
#[derive(Clone, Copy)]
pub(super) struct Job<'a, T = f32> {
    pub(super) height: Height,
    pub(super) n: usize,
    pub(super) channels: usize,
    /// Source height and width.
    pub(super) size: [usize; 2],
    pub(super) rows: usize,
    /// Destination height and width.
    pub(super) out: [usize; 2],
    pub(super) padding: [usize; 2],
    pub(super) src: *const T,
    pub(super) weight: Weight,
    /// Values between filters of neighbouring rows and channels.
    pub(super) strides: [usize; 2],
    pub(super) turned: bool,
    pub(super) prepared: Option<Weights<'a>>,
    pub(super) norm: RowNorm,
    pub(super) bias: *const f32,
    pub(super) residual: *const T,
    pub(super) activation: Activation,
    pub(super) dst: *mut T,
}

// SAFETY: addresses only; `correlate` states what must hold.
unsafe impl<T> Sync for Job<'_, T> {}

/// # Safety
///
/// The contract of [`forward`](super::super::forward), a shape that [`fits`](super::fits), no size zero, and the instruction set.
pub(in super::super) unsafe fn forward(
    isa: Isa,
    shape: &ConvShape,
    height: Height,
    args: ForwardArgs<'_, f32>,
    parallel: Parallel,
) {
    let job = Job::forward(shape, height, args);
    // SAFETY: the caller's contract.
    unsafe { correlate_single(isa, &job, parallel) }
}

/// As [`forward`], of images of any number.
///
/// # Safety
///
/// As for it.
pub(in super::super) unsafe fn forward_with<T: 'static, W: Into<Weight>>(
    kernels: &ImageKernels<T>,
    shape: &ConvShape,
    height: Height,
    args: ForwardArgs<'_, T, W, f32>,
    parallel: Parallel,
) {
    // SAFETY: the caller's contract.
    unsafe { correlate(kernels, &Job::forward(shape, height, args), parallel) }
}

/// Whether nothing but the convolution itself is computed with registers across images.
pub(in super::super) fn is_batched(shape: &ConvShape) -> bool {
    batch::pays(shape.n, [shape.oh, shape.ow])
}

impl<'a, T> Job<'a, T> {
    fn forward<W: Into<Weight>>(
        shape: &ConvShape,
        height: Height,
        args: ForwardArgs<'a, T, W, f32>,
    ) -> Self {
        Self {
            height,
            n: shape.n,
            channels: shape.c,
            size: [shape.h, shape.w],
            rows: shape.oc,
            out: [shape.oh, shape.ow],
            padding: shape.padding,
            src: args.src,
            weight: args.weight.into(),
            strides: [shape.depth(), shape.taps()],
            turned: false,
            prepared: args.prepared,
            norm: args.norm.unwrap_or(RowNorm::NONE),
            bias: args.bias.unwrap_or(std::ptr::null()),
            residual: args.residual.unwrap_or(std::ptr::null()),
            activation: args.activation,
            dst: args.dst,
        }
    }
}

/// # Safety
///
/// The contract of [`input_grad`](super::super::input_grad), a shape that [`fits`](super::fits), no size zero, and the instruction set.
pub(in super::super) unsafe fn input_grad(
    isa: Isa,
    shape: &ConvShape,
    height: Height,
    args: InputGradArgs<f32>,
    parallel: Parallel,
) {
    let job = Job {
        height,
        n: shape.n,
        channels: shape.oc,
        size: [shape.oh, shape.ow],
        rows: shape.c,
        out: [shape.h, shape.w],
        padding: shape.padding.map(|padding| 2 - padding),
        src: args.grad,
        weight: args.weight.into(),
        strides: [shape.taps(), shape.depth()],
        turned: true,
        prepared: None,
        norm: RowNorm::NONE,
        bias: std::ptr::null(),
        residual: std::ptr::null(),
        activation: Activation::None,
        dst: args.dst,
    };
    // SAFETY: the caller's contract.
    unsafe { correlate_single(isa, &job, parallel) }
}

/// # Safety
///
/// As for [`correlate`].
unsafe fn correlate_single(isa: Isa, job: &Job, parallel: Parallel) {
    let kernels = ImageKernels::of(isa);
    let plain = job.norm.mean.is_null() && job.residual.is_null();
    // SAFETY: the same contract.
    unsafe {
        match plain && job.height == Height::Two && batch::pays(job.n, job.out) {
            true => batch::correlate(&kernels, job, parallel),
            false => correlate(&kernels, job, parallel),
        }
    }
}

/// All filters transformed into packed left operands, `left_len` values apart.
///
/// # Safety
///
/// The weight is valid for the sizes, and the machine has the kernels' instruction set.
pub(super) unsafe fn filters<T: 'static>(
    kernels: &ImageKernels<T>,
    job: &Job<T>,
    blocking: &Blocking,
    left_len: usize,
    parallel: Parallel,
) -> Arc<HostMemory> {
    let key = Key {
        kernel: match kernels.steps {
            1 => "winograd",
            _ => "winograd of pairs",
        },
        sizes: [
            job.prepared.map_or(0, |weights| weights.offset),
            job.rows,
            job.channels,
            job.strides[0],
            job.strides[1],
            usize::from(job.turned),
            job.height.results(),
            0,
        ],
    };
    let transforms = kernels.tiles(job.height);
    let transform = |memory: &HostMemory, weight: *const f32| {
        let weight = Shared(weight.cast_mut());
        let filters = Shared(memory.as_ptr().cast());
        // A transformed filter costs about as much as some hundred multiplications.
        let parallel = parallel.if_worth(128 * job.rows * job.channels);
        parallel.for_each(blocking.left_panels(), |task, _| {
            let (rows, depth, offset) = blocking.left_panel(task);
            let channels =
                depth.start * kernels.steps..(depth.end * kernels.steps).min(job.channels);
            let first = rows.start * job.strides[0] + channels.start * job.strides[1];
            // SAFETY: the memory holds all transformed filters, whose panels are disjoint.
            unsafe {
                (transforms.filters)(&Filters {
                    src: weight.get().cast_const().add(first),
                    strides: job.strides,
                    rows: rows.len(),
                    depth: channels.len(),
                    turned: job.turned,
                    dst: filters.get().add(offset),
                    point: left_len,
                })
            };
        });
    };
    let prepared = job.prepared.map(|weights| weights.prepared);
    prepare(
        prepared,
        key,
        4 * job.height.points() * left_len,
        |memory| {
            let len = job.rows * job.channels * TAPS;
            // SAFETY: the caller's weight has a filter for each row and channel.
            unsafe { job.weight.widened(len, |weight| transform(memory, weight)) };
        },
    )
}

/// # Safety
///
/// `src`, `weight`, `bias` and `dst` are valid for the sizes, none of which is zero; nothing else accesses `dst`; the
/// machine has the instruction set.
unsafe fn correlate<T: 'static>(kernels: &ImageKernels<T>, job: &Job<T>, parallel: Parallel) {
    let blocking = Blocking::with(kernels.products, job.rows, job.channels, kernels.steps);
    let depth = job.channels.div_ceil(kernels.steps);
    let cut = Cut::new(job, &blocking);
    let (transforms, points) = (kernels.tiles(job.height), job.height.points());
    let parallel = parallel.if_worth(2 * points * cut.tiles.count() * job.rows * job.channels);
    let width = blocking.width();
    let left_len = point(blocking.left_len());
    let source_len = points * point(depth * width);
    let sums_len = points * point(ROW_PANELS * kernels.products.rows() * width);
    // SAFETY: the caller's contract.
    let filters = unsafe { filters(kernels, job, &blocking, left_len, parallel) };
    let filters = Shared(filters.as_ptr().cast());
    // Where tasks share a panel its source is transformed before, once.
    let shared = cut.row_parts > 1;
    let (before, slot_len) = match shared {
        true => (cut.panels * source_len, sums_len),
        false => (0, source_len + sums_len),
    };
    let scratch = Scratch::<f32>::take(before + parallel.slots() * slot_len);
    let sources = Shared(scratch.as_ptr());
    let slots = Shared(scratch.as_ptr().wrapping_add(before));
    let transform_source = |panel: usize, steps: Range<usize>, source: *mut f32| {
        let tiles = cut.panel(panel);
        let columns = tiles.len();
        let width = columns.next_multiple_of(cut.lanes);
        let point = point(depth * width);
        let channels = steps.start * kernels.steps..(steps.end * kernels.steps).min(job.channels);
        // SAFETY: the source of a panel has room for all steps at every point; the rest is the caller's contract.
        unsafe {
            let dst = source.add(steps.start * width);
            if width > columns {
                for (at, step) in (0..points).flat_map(|at| (0..steps.len()).map(move |k| (at, k)))
                {
                    let rest = dst.add(at * point + step * width + columns);
                    rest.write_bytes(0, width - columns);
                }
            }
            (transforms.source)(&SourceTiles {
                runs: &cut.tiles.runs(tiles, cut.lanes),
                src: job.src.add(channels.start * job.size[0] * job.size[1]),
                channels: channels.len(),
                image_channels: job.channels,
                size: job.size,
                padding: job.padding,
                dst,
                width,
                point,
            });
        }
    };
    if shared {
        let parts = MIN_TASKS.div_ceil(cut.panels).min(depth);
        parallel.for_each(cut.panels * parts, |task, _| {
            let (panel, part) = (task / parts, task % parts);
            let source = sources.get().wrapping_add(panel * source_len);
            transform_source(panel, run(depth, parts, part), source);
        });
    }
    // SAFETY: the scratch block holds the memory of every slot; panels of tiles are disjoint; the rest is the
    // caller's contract.
    unsafe {
        // Neighbouring tasks share the filters of their rows.
        parallel.for_each(cut.panels * cut.row_parts, |task, slot| {
            let (part, panel) = (task / cut.panels, task % cut.panels);
            let row_panels = run(blocking.row_panels, cut.row_parts, part);
            let slot = slots.get().add(slot * slot_len);
            let (source, sums) = match shared {
                true => (sources.get().add(panel * source_len), slot),
                false => (slot, slot.add(source_len)),
            };
            if !shared {
                transform_source(panel, 0..depth, source);
            }
            let tiles = cut.panel(panel);
            let columns = tiles.len();
            let width = columns.next_multiple_of(cut.lanes);
            let runs = cut.tiles.runs(tiles, cut.lanes);
            let products = Products {
                blocking: &blocking,
                filters: filters.get(),
                left_len,
                source,
                depth,
                width,
                columns,
                sums,
                points,
            };
            for first in row_panels.clone().step_by(ROW_PANELS) {
                let row_panels = first..row_panels.end.min(first + ROW_PANELS);
                let rows = blocking.rows(row_panels.clone());
                let sums_point = products.multiply(row_panels);
                (transforms.target)(&TargetTiles {
                    runs: &runs,
                    sums,
                    width,
                    point: sums_point,
                    channels: rows.len(),
                    norm: job.norm.from(rows.start),
                    residual: match job.residual.is_null() {
                        true => job.residual,
                        false => job.residual.add(rows.start * job.out[0] * job.out[1]),
                    },
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
