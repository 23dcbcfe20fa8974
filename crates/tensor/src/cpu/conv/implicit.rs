//! Forward direction and source gradient in terms of correlations.
#![allow(unsafe_code)] // Raw views into tensors.

use smallvec::SmallVec;

use super::correlate::{Correlation, Tap, Target, correlate};
use super::shape::ConvShape;
use super::{ForwardArgs, InputGradArgs, Weight, clear};
use crate::cpu::gemm::RowNorm;
use crate::cpu::gemm::kernels::Isa;
use crate::cpu::gemm::pairs::ImageKernels;
use crate::cpu::tasks::Parallel;
use crate::prim::Activation;

type Taps = SmallVec<[Tap; 16]>;

/// Whether a tap touches the source (rather than only its padding) anywhere along one axis.
pub(super) fn reaches(distance: isize, out: usize, stride: usize, size: usize) -> bool {
    (0..out).any(|at| (0..size as isize).contains(&((at * stride) as isize + distance)))
}

/// Leaves out the taps that only touch padding, as most of a 3 x 3 kernel do on a 1 x 1 image.
fn prune(mut taps: Taps, out: [usize; 2], stride: [usize; 2], size: [usize; 2]) -> Taps {
    let first = taps.first().copied();
    taps.retain(|tap| {
        reaches(tap.dy, out[0], stride[0], size[0]) && reaches(tap.dx, out[1], stride[1], size[1])
    });
    if taps.is_empty() {
        // Sums of nothing are zero; one tap in the padding says so.
        taps.extend(first);
    }
    taps
}

/// The window of the forward direction.
fn forward_taps(shape: &ConvShape) -> Taps {
    let at = |tap: usize, axis: usize| {
        (tap * shape.dilation[axis]) as isize - shape.padding[axis] as isize
    };
    let tap = |index: usize| Tap {
        dy: at(index / shape.kw, 0),
        dx: at(index % shape.kw, 1),
        weight: index,
    };
    let taps = (0..shape.taps()).map(tap).collect();
    prune(taps, [shape.oh, shape.ow], shape.stride, [shape.h, shape.w])
}

/// # Safety
///
/// The contract of [`super::forward`], no size zero, and the instruction set.
pub(super) unsafe fn forward<T: 'static, W: Into<Weight>>(
    kernels: &ImageKernels<T>,
    shape: &ConvShape,
    args: ForwardArgs<'_, T, W, f32>,
    parallel: Parallel,
) {
    let taps = forward_taps(shape);
    let job = Correlation {
        n: shape.n,
        groups: shape.groups,
        channels: shape.group_c(),
        size: [shape.h, shape.w],
        rows: shape.group_oc(),
        out: [shape.oh, shape.ow],
        stride: shape.stride,
        taps: &taps,
        src: args.src,
        weight: args.weight.into(),
        weight_strides: [
            shape.depth(),
            shape.taps(),
            shape.group_oc() * shape.depth(),
        ],
        weight_taps: shape.taps(),
        // Taps left out depend on the image's size, and then so do the packed weights.
        prepared: args.prepared.filter(|_| taps.len() == shape.taps()),
        norm: args.norm.unwrap_or(RowNorm::NONE),
        bias: args.bias,
        activation: args.activation,
        target: Target {
            ptr: args.dst,
            plane: shape.plane(),
            width: shape.ow,
            offset: [0, 0],
            step: [1, 1],
        },
    };
    // SAFETY: the caller's contract.
    unsafe { correlate(kernels, &job, parallel) }
}

/// Taps along one axis that reach the source pixels `phase, phase + stride, ..`: the place in
/// the kernel, and the destination pixel relative to the number of the source pixel.
fn phase_taps(shape: &ConvShape, axis: usize, phase: usize) -> SmallVec<[(usize, isize); 8]> {
    let stride = shape.stride[axis] as isize;
    let kernel = [shape.kh, shape.kw][axis];
    let distance =
        |tap: usize| (phase + shape.padding[axis]) as isize - (tap * shape.dilation[axis]) as isize;
    let reaching = (0..kernel).filter(|&tap| distance(tap).rem_euclid(stride) == 0);
    reaching
        .map(|tap| (tap, distance(tap).div_euclid(stride)))
        .collect()
}

/// # Safety
///
/// The contract of [`super::input_grad`], no size zero, and the instruction set.
pub(super) unsafe fn input_grad(
    isa: Isa,
    shape: &ConvShape,
    args: InputGradArgs<f32>,
    parallel: Parallel,
) {
    let [sy, sx] = shape.stride;
    let phases = |axis: usize, size: usize| {
        (0..shape.stride[axis].min(size))
            .map(move |phase| (phase, (size - phase).div_ceil(shape.stride[axis])))
    };
    let unreached = |axis: usize, size: usize| {
        phases(axis, size).any(|(phase, _)| phase_taps(shape, axis, phase).is_empty())
    };
    if unreached(0, shape.h) || unreached(1, shape.w) {
        // SAFETY: the destination holds the source's values.
        unsafe { clear(args.dst, shape.source_len()) };
    }
    for (py, height) in phases(0, shape.h) {
        for (px, width) in phases(1, shape.w) {
            let columns = phase_taps(shape, 1, px);
            let taps: Taps = phase_taps(shape, 0, py)
                .iter()
                .flat_map(|&(kh, dy)| {
                    columns.iter().map(move |&(kw, dx)| Tap {
                        dy,
                        dx,
                        weight: kh * shape.kw + kw,
                    })
                })
                .collect();
            if taps.is_empty() {
                continue;
            }
            let taps = prune(taps, [height, width], [1, 1], [shape.oh, shape.ow]);
            let job = Correlation {
                n: shape.n,
                groups: shape.groups,
                channels: shape.group_oc(),
                size: [shape.oh, shape.ow],
                rows: shape.group_c(),
                out: [height, width],
                stride: [1, 1],
                taps: &taps,
                src: args.grad,
                weight: args.weight.into(),
                weight_strides: [
                    shape.taps(),
                    shape.depth(),
                    shape.group_oc() * shape.depth(),
                ],
                weight_taps: shape.taps(),
                prepared: None,
                norm: RowNorm::NONE,
                bias: None,
                activation: Activation::None,
                target: Target {
                    ptr: args.dst,
                    plane: shape.source_plane(),
                    width: shape.w,
                    offset: [py, px],
                    step: [sy, sx],
                },
            };
            // SAFETY: the caller's contract; a phase writes pixels of its own.
            unsafe { correlate(&ImageKernels::of(isa), &job, parallel) };
        }
    }
}
