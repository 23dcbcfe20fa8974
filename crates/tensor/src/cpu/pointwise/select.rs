//! Selection: one of two operands, element by element.
#![allow(unsafe_code)] // Operands may coincide, so they are reached through pointers.

use std::marker::PhantomData;
use std::ops::Range;

use super::isa::{Kernel, LANES, launch_portable};
use super::job::{Job, Place};
use super::plan::along;
use super::stage::Scalar;
use crate::DType;
use crate::cpu::instruction_set::{HotLoop, fastest};
use crate::cpu::split::ranges;

/// `a` where the condition holds, else `b`, moved in the scalar `S`.
pub(super) fn select<S: Scalar>(y: Place<'_>, condition: Place<'_>, a: Place<'_>, b: Place<'_>) {
    if let Some(choices) = Choices::<S>::lying(y, condition, a, b) {
        // Blocks, so that no task has less than one.
        return ranges(choices.len.div_ceil(LANES), LANES, |blocks| {
            fastest(Part { choices, blocks });
        });
    }
    let kernel = Select::<S>(PhantomData);
    launch_portable(&Job::new(y, [condition, a, b]), &kernel);
}

/// Where a job has converted the condition to the scalar of the others.
struct Select<S>(PhantomData<S>);

impl<S: Scalar> Kernel<3> for Select<S> {
    type In = S;
    type Out = S;
    #[inline(always)]
    fn block(&self, [condition, a, b]: [&[S; LANES]; 3], out: &mut [S; LANES]) {
        for at in 0..LANES {
            out[at] = if condition[at] != S::default() {
                a[at]
            } else {
                b[at]
            };
        }
    }
}

/// Truth values as they lie, and next to them the operands, dense or one element for all.
#[derive(Clone, Copy)]
struct Choices<S> {
    y: *mut S,
    condition: *const u8,
    a: Choice<S>,
    b: Choice<S>,
    len: usize,
}

/// Where one of them lies.
#[derive(Clone, Copy)]
struct Choice<S> {
    first: *const S,
    constant: bool,
}

// SAFETY: tasks write elements of their own; the funnel keeps other users of the buffers out.
unsafe impl<S: Scalar> Sync for Choices<S> {}

impl<S: Scalar> Choices<S> {
    /// If everything lies so.
    fn lying(y: Place<'_>, condition: Place<'_>, a: Place<'_>, b: Place<'_>) -> Option<Self> {
        if condition.dtype != DType::Bool || !y.layout.is_contiguous() {
            return None;
        }
        let steps = along(y.layout, [condition.layout, a.layout, b.layout])?;
        let [1, a_step, b_step] = steps else {
            return None;
        };
        let lie = [y, a, b].iter().all(|place| S::lies_as(place.dtype));
        let choice = |x: Place<'_>, step: isize| Choice {
            first: x.first.cast::<S>().cast_const(),
            constant: step == 0,
        };
        lie.then(|| Self {
            y: y.first.cast(),
            condition: condition.first,
            a: choice(a, a_step),
            b: choice(b, b_step),
            len: y.layout.numel(),
        })
    }
}

/// Some blocks of the elements.
struct Part<S> {
    choices: Choices<S>,
    blocks: Range<usize>,
}

impl<S: Scalar> HotLoop for Part<S> {
    type Output = ();
    const HOT: bool = matches!(S::DTYPE, DType::F32);

    #[inline(always)]
    fn run(self) {
        let Choices {
            y,
            condition,
            a,
            b,
            len,
        } = self.choices;
        let (mut left, mut right) = ([S::default(); LANES], [S::default(); LANES]);
        for (values, choice) in [(&mut left, a), (&mut right, b)] {
            if choice.constant {
                // SAFETY: a constant has an element.
                values.fill(unsafe { *choice.first });
            }
        }
        let mut truths = [0; LANES];
        for at in self.blocks.map(|block| block * LANES) {
            let count = (len - at).min(LANES);
            // Through local blocks: the output may be one of the operands.
            // SAFETY: the block lies within the operands.
            unsafe {
                copy(condition.add(at), &mut truths, count);
                if !a.constant {
                    copy(a.first.add(at), &mut left, count);
                }
                if !b.constant {
                    copy(b.first.add(at), &mut right, count);
                }
                let mut out = [S::default(); LANES];
                for i in 0..LANES {
                    out[i] = if truths[i] != 0 { left[i] } else { right[i] };
                }
                if count == LANES {
                    y.add(at).cast::<[S; LANES]>().write(out);
                } else {
                    y.add(at).copy_from_nonoverlapping(out.as_ptr(), count);
                }
            }
        }
    }
}

/// Copies the first elements of a block, nearly always all of them.
///
/// # Safety
/// As many can be read.
#[inline(always)]
unsafe fn copy<T: Copy>(src: *const T, block: &mut [T; LANES], count: usize) {
    // SAFETY: by the caller's promise, and a block holds no fewer.
    unsafe {
        if count == LANES {
            *block = src.cast::<[T; LANES]>().read();
        } else {
            block.as_mut_ptr().copy_from_nonoverlapping(src, count);
        }
    }
}
