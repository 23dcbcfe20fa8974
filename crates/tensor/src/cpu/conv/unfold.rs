//! Convolution by unfolding: every element type, every stride, padding, dilation and group.
//!
//! The patches of an image are written out as a matrix `[c * kh * kw, oh * ow]` and multiplied.
#![allow(unsafe_code)] // Raw views into tensors.

use super::shape::ConvShape;
use super::{ForwardArgs, InputGradArgs, WeightGradArgs};
use crate::cpu::gemm::{Bias, Epilogue, MatMut, MatRef, Scalar, Size, Store, gemm};
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::Parallel;

/// Calls `visit(row, pixel, source)` for every entry of the unfolded matrix of one group of an
/// image: the place in the group's source, or `None` in the padding.
fn for_each_entry(shape: &ConvShape, mut visit: impl FnMut(usize, usize, Option<usize>)) {
    let inside = |out: usize, tap: usize, axis: usize, size: usize| {
        (out * shape.stride[axis] + tap * shape.dilation[axis])
            .checked_sub(shape.padding[axis])
            .filter(|&at| at < size)
    };
    for row in 0..shape.depth() {
        let (c, tap) = (row / shape.taps(), row % shape.taps());
        for oh in 0..shape.oh {
            let ih = inside(oh, tap / shape.kw, 0, shape.h);
            for ow in 0..shape.ow {
                let iw = inside(ow, tap % shape.kw, 1, shape.w);
                let source = ih.zip(iw).map(|(ih, iw)| (c * shape.h + ih) * shape.w + iw);
                visit(row, oh * shape.ow + ow, source);
            }
        }
    }
}

/// Writes the unfolded matrix, `[depth, pixels]`.
unsafe fn unfold<T: Scalar>(shape: &ConvShape, src: *const T, dst: *mut T) {
    for_each_entry(shape, |row, pixel, source| {
        // SAFETY: `source` lies in the image, `row` and `pixel` in the matrix.
        unsafe {
            *dst.add(row * shape.plane() + pixel) = source.map_or(T::default(), |at| *src.add(at))
        }
    });
}

/// A row-major matrix.
fn rows<T>(ptr: *const T, cols: usize) -> MatRef<T> {
    MatRef {
        ptr,
        row_stride: cols as isize,
        col_stride: 1,
    }
}

/// A row-major matrix to write.
fn rows_mut<T>(ptr: *mut T, cols: usize) -> MatMut<T> {
    MatMut {
        ptr,
        row_stride: cols as isize,
        col_stride: 1,
    }
}

struct Raw<T>(*mut T);
impl<T> Raw<T> {
    fn at(&self, offset: usize) -> *mut T {
        self.0.wrapping_add(offset)
    }
}
// SAFETY: tasks write disjoint parts through it.
unsafe impl<T: Send> Sync for Raw<T> {}

/// # Safety
///
/// The contract of [`super::forward`], no size zero.
pub(super) unsafe fn forward<T: Scalar>(
    shape: &ConvShape,
    args: ForwardArgs<'_, T>,
    parallel: Parallel,
) {
    let (plane, depth, group_oc) = (shape.plane(), shape.depth(), shape.group_oc());
    let parallel = parallel.if_worth(shape.flops());
    let scratch = Scratch::<T>::take(parallel.slots() * depth * plane);
    let patches = Raw(scratch.as_ptr());
    parallel.for_each(shape.n * shape.groups, |task, slot| {
        #[expect(
            clippy::redundant_locals,
            reason = "captures the whole, which may be shared"
        )]
        let args = args;
        let (n, group) = (task / shape.groups, task % shape.groups);
        let size = Size {
            m: group_oc,
            n: plane,
            k: depth,
        };
        // SAFETY: offsets stay within the tensors; every task has a slot and an image part of
        // its own.
        unsafe {
            let patches = patches.at(slot * depth * plane);
            unfold(
                shape,
                args.src
                    .add((n * shape.c + group * shape.group_c()) * shape.source_plane()),
                patches,
            );
            let bias = match args.bias {
                Some(bias) => Bias::Rows(bias.add(group * group_oc)),
                None => Bias::None,
            };
            gemm(
                size,
                rows(args.weight.add(group * group_oc * depth), depth),
                rows(patches, plane),
                rows_mut(
                    args.dst.add((n * shape.oc + group * group_oc) * plane),
                    plane,
                ),
                Store::Overwrite,
                Epilogue {
                    bias,
                    activation: args.activation,
                },
                Parallel::Off,
            );
        }
    });
}

/// # Safety
///
/// The contract of [`super::input_grad`], no size zero.
pub(super) unsafe fn input_grad<T: Scalar>(
    shape: &ConvShape,
    args: InputGradArgs<T>,
    parallel: Parallel,
) {
    let (plane, depth, group_oc) = (shape.plane(), shape.depth(), shape.group_oc());
    let parallel = parallel.if_worth(shape.flops());
    let scratch = Scratch::<T>::take(parallel.slots() * depth * plane);
    let patches = Raw(scratch.as_ptr());
    parallel.for_each(shape.n * shape.groups, |task, slot| {
        #[expect(
            clippy::redundant_locals,
            reason = "captures the whole, which may be shared"
        )]
        let args = args;
        let (n, group) = (task / shape.groups, task % shape.groups);
        let size = Size {
            m: depth,
            n: plane,
            k: group_oc,
        };
        // SAFETY: as in `forward`.
        unsafe {
            let patches = patches.at(slot * depth * plane);
            gemm(
                size,
                rows(args.weight.add(group * group_oc * depth), depth).t(),
                rows(
                    args.grad.add((n * shape.oc + group * group_oc) * plane),
                    plane,
                ),
                rows_mut(patches, plane),
                Store::Overwrite,
                Epilogue::NONE,
                Parallel::Off,
            );
            let len = shape.group_c() * shape.source_plane();
            let dst = args
                .dst
                .add((n * shape.c + group * shape.group_c()) * shape.source_plane());
            (0..len).for_each(|at| *dst.add(at) = T::default());
            for_each_entry(shape, |row, pixel, source| {
                if let Some(at) = source {
                    *dst.add(at) = *dst.add(at) + *patches.add(row * plane + pixel);
                }
            });
        }
    });
}

/// # Safety
///
/// The contract of [`super::weight_grad`], no size zero.
pub(super) unsafe fn weight_grad<T: Scalar>(
    shape: &ConvShape,
    args: WeightGradArgs<T>,
    parallel: Parallel,
) {
    let (plane, depth, group_oc) = (shape.plane(), shape.depth(), shape.group_oc());
    let scratch = Scratch::<T>::take(depth * plane);
    let patches = scratch.as_ptr();
    for group in 0..shape.groups {
        for n in 0..shape.n {
            let store = if n == 0 {
                Store::Overwrite
            } else {
                Store::Accumulate
            };
            let size = Size {
                m: group_oc,
                n: depth,
                k: plane,
            };
            // SAFETY: offsets stay within the tensors.
            unsafe {
                unfold(
                    shape,
                    args.src
                        .add((n * shape.c + group * shape.group_c()) * shape.source_plane()),
                    patches,
                );
                gemm(
                    size,
                    rows(
                        args.grad.add((n * shape.oc + group * group_oc) * plane),
                        plane,
                    ),
                    rows(patches, plane).t(),
                    rows_mut(args.dst.add(group * group_oc * depth), depth),
                    store,
                    Epilogue::NONE,
                    parallel,
                );
            }
        }
    }
}
