//! Carries out a loop over operands of any layout and dtype.
//!
//! A [`Job`] cuts the output into segments. Within one, an operand that lies dense in the dtype of
//! the loop, or repeats whole blocks that do, is read where it is; every other one is first gathered
//! into a scratch of a few KiB that stays in cache, and a result that is not dense is scattered from
//! one. So there is one kind of loop, over blocks, whatever the operands look like.
#![allow(unsafe_code)] // Operands may coincide, so they are reached through pointers.

use super::isa::{LANES, Sink, Stream};
use super::plan::{Plan, Strides, is_dense, period, repeats_blocks};
use super::stage::{Scalar, Walk, gather, scatter};
use crate::DType;
use crate::cpu::past_caches;
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::threads;
use std::mem::MaybeUninit;

/// Elements of a scratch: a few of them fit the first-level cache.
const SCRATCH: usize = 1024;
/// Rows from here on are worth a segment of their own; shorter ones are gathered many at a time.
const LONG_ROW: usize = 512;
/// Elements of a task: enough work to be worth handing to another thread.
pub(super) const GRAIN: usize = 32 * 1024;
const _: () = assert!(
    GRAIN.is_multiple_of(LANES),
    "tasks begin with blocks of what is repeated"
);

/// An operand: the place of its first element, its layout and its dtype.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) first: *mut u8,
    pub(super) layout: &'a Layout,
    pub(super) dtype: DType,
}

/// How a loop gets at an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Where it lies: it is dense and needs no conversion.
    Direct,
    /// One element for all.
    Constant,
    /// Where it lies, whole blocks that repeat themselves.
    Repeated,
    /// Where it lies, row by row.
    Row,
    /// One element per row.
    RowConstant,
    /// Through a scratch.
    Staged,
}

impl Access {
    /// `whole` if segments may hold any number of rows.
    fn of(dims: &[usize], strides: &[isize], converted: bool, whole: bool) -> Self {
        let inner = strides[strides.len() - 1];
        let long = dims[dims.len() - 1] >= LONG_ROW;
        if strides.iter().all(|&stride| stride == 0) {
            Self::Constant
        } else if !converted && is_dense(dims, strides) {
            Self::Direct
        } else if !converted && whole && repeats_blocks(dims, strides) {
            Self::Repeated
        } else if !converted && long && inner == 1 {
            Self::Row
        } else if long && inner == 0 {
            Self::RowConstant
        } else {
            Self::Staged
        }
    }
}

/// A loop over so many whole blocks of streams of `I` that writes blocks of `O`.
pub(super) type Loop<'a, I, O, const N: usize> =
    &'a (dyn Fn([Stream<I>; N], Sink<O>, usize) + Sync);

/// One instruction: operands, and the plan to walk them.
pub(super) struct Job<'a, const N: usize> {
    plan: Plan<N>,
    output: Place<'a>,
    inputs: [Place<'a>; N],
    /// Copies of inputs that lay across the order of the walk.
    _turned: [Option<HostMemory>; N],
}

// SAFETY: tasks write disjoint elements of the output and only read the inputs at the positions
// they write; the funnel keeps other users of the buffers out while an instruction runs.
unsafe impl<const N: usize> Sync for Job<'_, N> {}

/// What the tasks of a job have in common.
struct Shape<const N: usize> {
    inputs: [Access; N],
    output: Access,
    /// Elements after which the inputs that repeat themselves do so.
    period: [usize; N],
    /// Whether segments end with rows.
    by_rows: bool,
    /// The longest segment.
    longest: usize,
    /// Whether the output is written past the caches.
    past_caches: bool,
}

impl<'a, const N: usize> Job<'a, N> {
    pub(super) fn new(output: Place<'a>, inputs: [Place<'a>; N]) -> Self {
        let mut plan = Plan::new(output.layout, inputs.map(|input| input.layout));
        let mut inputs = inputs;
        let mut turned = [const { None }; N];
        for i in 0..N {
            if let Some(memory) = plan.turned(i, inputs[i]) {
                inputs[i].first = memory.as_ptr();
                plan.inputs[i] = plan.dense_strides();
                turned[i] = Some(memory);
            }
        }
        Self {
            plan,
            output,
            inputs,
            _turned: turned,
        }
    }

    /// Runs the loop over everything, on all threads if that is worth it; `repeats` if it can begin inputs anew.
    pub(super) fn run<I: Scalar, O: Scalar>(&self, repeats: bool, body: Loop<'_, I, O, N>) {
        let numel = self.plan.numel;
        if numel == 0 {
            return;
        }
        let shape = self.shape::<I, O>(repeats);
        if numel < 2 * GRAIN {
            return self.task(&shape, 0, numel, body);
        }
        each(numel.div_ceil(GRAIN), &|task| {
            let start = task * GRAIN;
            self.task(&shape, start, numel.min(start + GRAIN), body);
        });
    }

    fn shape<I: Scalar, O: Scalar>(&self, repeats: bool) -> Shape<N> {
        let plan = &self.plan;
        let access =
            |strides: &Strides, converted, whole| Access::of(&plan.dims, strides, converted, whole);
        let output = match access(&plan.output, !O::lies_as(self.output.dtype), false) {
            // An output of one element has stride 0 or 1, and a constant row can't be written.
            Access::Constant | Access::RowConstant => Access::Staged,
            other => other,
        };
        let inputs_of = |whole| -> [Access; N] {
            let converted = |i: usize| !I::lies_as(self.inputs[i].dtype);
            std::array::from_fn(|i| access(&plan.inputs[i], converted(i), whole))
        };
        let is_whole =
            |access| matches!(access, Access::Direct | Access::Constant | Access::Repeated);
        let mut inputs = inputs_of(repeats);
        if inputs.contains(&Access::Repeated) && !inputs.into_iter().chain([output]).all(is_whole) {
            inputs = inputs_of(false);
        }
        let period: [_; N] = std::array::from_fn(|i| period(&plan.dims, &plan.inputs[i]));
        let all = || inputs.into_iter().chain([output]);
        let longest = if all().any(|access| access == Access::Staged) {
            // Whole periods, so that what is gathered once serves every segment.
            let repeats = |i: usize| inputs[i] == Access::Staged && period[i] <= SCRATCH;
            let unit = (0..N)
                .filter(|&i| repeats(i))
                .map(|i| period[i])
                .max()
                .unwrap_or(1);
            SCRATCH - SCRATCH % unit
        } else {
            usize::MAX
        };
        let by_rows = all().any(|access| matches!(access, Access::Row | Access::RowConstant));
        Shape {
            inputs,
            output,
            period,
            by_rows,
            longest,
            past_caches: self.is_past_caches(),
        }
    }

    /// Whether caches can't hold the output; one that is written in place they have just read.
    fn is_past_caches(&self) -> bool {
        let in_place = |input: &Place<'_>| input.first == self.output.first;
        let bytes = self.plan.numel * self.output.dtype.size();
        past_caches::pays(bytes) && !self.inputs.iter().any(in_place)
    }

    /// Runs the loop over the elements from `start` to `end`, segment by segment.
    fn task<I: Scalar, O: Scalar>(
        &self,
        shape: &Shape<N>,
        start: usize,
        end: usize,
        body: Loop<'_, I, O, N>,
    ) {
        let mut scratch = [const { MaybeUninit::<[I; SCRATCH]>::uninit() }; N];
        let mut result = MaybeUninit::<[O; SCRATCH]>::uninit();
        let mut gathered = [None; N];
        let mut at = start;
        while at < end {
            let mut len = (end - at).min(shape.longest);
            if shape.by_rows {
                let row = self.plan.row();
                len = len.min(row - at % row);
            }
            let streams = std::array::from_fn(|i| {
                let memory = scratch[i].as_mut_ptr().cast::<I>();
                self.stream(shape, i, at, len, memory, &mut gathered[i])
            });
            let sink = |first: *mut u8| Sink {
                first: first.cast(),
                past_caches: shape.past_caches,
            };
            match shape.output {
                Access::Direct => cover(body, streams, sink(self.written(at)), len),
                Access::Row => cover(body, streams, sink(self.written_row(at)), len),
                _ => {
                    let memory = result.as_mut_ptr().cast::<O>();
                    cover(body, streams, Sink::cached(memory), len);
                    let walk = self.walk(&self.plan.output, at, len);
                    let (first, to) = (self.output.first, self.output.dtype);
                    // SAFETY: the loop has filled the scratch, and the plan stays within the output.
                    unsafe { scatter(walk, memory.cast(), O::DTYPE, first, to) };
                }
            }
            at += len;
        }
        if shape.past_caches {
            past_caches::settle();
        }
    }

    /// An input's elements from `at` on as a stream; `gathered` remembers what the scratch holds.
    fn stream<I: Scalar>(
        &self,
        shape: &Shape<N>,
        i: usize,
        at: usize,
        len: usize,
        scratch: *mut I,
        gathered: &mut Option<(usize, usize)>,
    ) -> Stream<I> {
        let (place, strides) = (&self.inputs[i], &self.plan.inputs[i]);
        let (staged, constant) = match shape.inputs[i] {
            Access::Direct => {
                // SAFETY: a dense operand has as many elements as the output.
                let first = unsafe { place.first.cast::<I>().add(at) };
                return Stream::dense(first);
            }
            Access::Repeated => {
                let period = shape.period[i];
                return Stream::repeated(place.first.cast(), at % period, period);
            }
            Access::Row => {
                // SAFETY: the offset belongs to an element of the operand.
                let first = unsafe { place.first.cast::<I>().offset(self.offset(strides, at)) };
                return Stream::dense(first);
            }
            Access::RowConstant if I::lies_as(place.dtype) => {
                // SAFETY: the offset belongs to an element of the operand, and the scratch has room for a block.
                unsafe {
                    let value = *place.first.cast::<I>().offset(self.offset(strides, at));
                    std::slice::from_raw_parts_mut(scratch, LANES).fill(value);
                }
                return Stream::constant(scratch);
            }
            Access::Constant | Access::RowConstant => (1, true),
            Access::Staged => (len, false),
        };
        let phase = at % shape.period[i];
        let known = gathered.is_some_and(|(start, len)| start == phase && len >= staged);
        if !known {
            let walk = self.walk(strides, at, staged);
            // SAFETY: a segment is no longer than the scratch where an operand is staged, and the
            // plan stays within the operand.
            unsafe { gather(walk, place.first, place.dtype, scratch.cast(), I::DTYPE) };
            if constant {
                // SAFETY: the scratch has room for a whole block, and its first element is set.
                unsafe { std::slice::from_raw_parts_mut(scratch, LANES).fill(scratch.read()) };
            }
            *gathered = Some((phase, staged));
        }
        if constant {
            Stream::constant(scratch)
        } else {
            Stream::dense(scratch)
        }
    }

    fn walk<'w>(&'w self, strides: &'w Strides, start: usize, len: usize) -> Walk<'w> {
        Walk {
            dims: &self.plan.dims,
            strides,
            start,
            len,
        }
    }

    /// Where a dense output's element `at` goes.
    fn written(&self, at: usize) -> *mut u8 {
        self.output
            .first
            .wrapping_add(at * self.output.dtype.size())
    }

    /// Where the element `at` of an output with dense rows goes.
    fn written_row(&self, at: usize) -> *mut u8 {
        let offset = self.offset(&self.plan.output, at) * self.output.dtype.size() as isize;
        self.output.first.wrapping_offset(offset)
    }

    /// The position of the plan's element `at` in an operand.
    fn offset(&self, strides: &Strides, at: usize) -> isize {
        let (mut rest, mut offset) = (at, 0);
        for d in (1..self.plan.dims.len()).rev() {
            let size = self.plan.dims[d];
            offset += (rest % size) as isize * strides[d];
            rest /= size;
        }
        // What is left is the index of the outermost dim: a division saved in every row.
        offset + rest as isize * strides[0]
    }
}

/// Runs a loop over `len` elements; a rest that is no whole block passes through local ones, so that
/// the loops themselves, of which there are hundreds, know only whole blocks.
fn cover<I: Scalar, O: Scalar, const N: usize>(
    body: Loop<'_, I, O, N>,
    streams: [Stream<I>; N],
    dst: Sink<O>,
    len: usize,
) {
    let (whole, rest) = (len / LANES, len % LANES);
    if whole > 0 {
        body(streams, dst, whole);
    }
    if rest > 0 {
        let mut tails = [[I::default(); LANES]; N];
        for (tail, stream) in tails.iter_mut().zip(streams) {
            // SAFETY: the rest of the stream, or the start of a constant block.
            unsafe {
                stream
                    .after(whole)
                    .copy_to_nonoverlapping(tail.as_mut_ptr(), rest)
            };
        }
        let inputs = tails.each_ref().map(|tail| Stream::dense(tail.as_ptr()));
        let mut out = [O::default(); LANES];
        body(inputs, Sink::cached(out.as_mut_ptr()), 1);
        // SAFETY: the rest of the output.
        unsafe {
            out.as_ptr()
                .copy_to_nonoverlapping(dst.first.add(whole * LANES), rest)
        };
    }
}

/// Runs `count` tasks, on all threads if there are several of both.
pub(super) fn each(count: usize, task: &(dyn Fn(usize) + Sync)) {
    threads::spread(count, &|index, _| task(index));
}
