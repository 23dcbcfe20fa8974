//! Reductions whose innermost dim is the one folded: whole tensors, last dims.
#![allow(unsafe_code)] // Strided reads go through pointers.

use std::ops::Range;

use super::super::host::Src;
use super::super::instruction_set::{HotLoop, fastest};
use super::super::prefetch;
use super::super::split::ranges;
use super::super::walk::{Walk, count};
use super::super::workspace::Shared;
use super::PART;
use super::fold::Fold;
use super::parts::{self, Target};
use super::plan::Plan;

/// Independent accumulators: a loop over so many is one that the compiler vectorises, one over fewer it writes out
/// number by number; and they hide the latency of an addition on the widest registers.
const LANES: usize = 64;

/// A single run below this is folded one element after the other.
const SHORT: usize = 32;

/// Lanes that are merged within registers.
const LAST_LANES: usize = 8;

/// Rows whose last merges are made side by side.
const GROUP: usize = 8;

pub(super) fn run<F: Fold>(plan: &Plan, src: Src<'_, F::Item>, out: &mut [F::Item]) {
    let outputs = count(&plan.kept);
    let length = plan.run.size;
    let parts = Parts {
        length,
        count: length.div_ceil(PART),
    };
    let cost = length / parts.count;
    parts::run::<F>(plan, parts.count, out, |target| {
        ranges(outputs * parts.count, cost, |tasks| {
            fastest(Rows {
                plan,
                parts,
                src,
                tasks,
                target,
            });
        });
    });
}

/// How one output's run is cut.
#[derive(Clone, Copy)]
struct Parts {
    length: usize,
    count: usize,
}

impl Parts {
    fn run(&self, part: usize) -> Range<usize> {
        let start = part * PART;
        start..self.length.min(start + PART)
    }
}

/// The tasks of a range; task `output * parts + part`.
struct Rows<'a, F: Fold> {
    plan: &'a Plan,
    parts: Parts,
    src: Src<'a, F::Item>,
    tasks: Range<usize>,
    target: Target<'a, F>,
}

impl<F: Fold> HotLoop for Rows<'_, F> {
    type Output = ();
    const HOT: bool = F::HOT;

    #[inline(always)]
    fn run(self) {
        let first = self.src.first();
        let step = self.plan.run.src;
        if let Target::Outputs(out) = self.target
            && F::HOT
            && self.parts.length >= SHORT
            && step == 1
        {
            return self.fold_whole(out);
        }
        let parts = self.parts.count;
        let mut output = Walk::at(&self.plan.kept, self.tasks.start / parts);
        let mut part = self.tasks.start % parts;
        for task in self.tasks.clone() {
            let run = self.parts.run(part);
            let place = output.src + run.start as isize * step;
            // SAFETY: the plan's walk stays within the layout.
            let acc = unsafe {
                let first = first.offset(place);
                if run.len() < SHORT {
                    fold_short::<F>(first, run.len(), step)
                } else if step == 1 {
                    merge::<F>(fold_lanes::<F>(std::slice::from_raw_parts(
                        first,
                        run.len(),
                    )))
                } else {
                    let mut lanes = Lanes::<F>::START;
                    lanes.fold_run(first, run.len(), step);
                    lanes.merge()
                }
            };
            // SAFETY: every task has parts of its own.
            unsafe { self.target.leave(output.dst, task, acc) };
            part += 1;
            if part == parts {
                part = 0;
                output.advance();
            }
        }
    }
}

impl<F: Fold> Rows<'_, F> {
    /// Outputs that are one long contiguous run each. A row's last merges wait for one another, so those of several rows
    /// are made at a time.
    #[inline(always)]
    fn fold_whole(self, out: Shared<'_, F::Item>) {
        let first = self.src.first();
        let mut output = Walk::at(&self.plan.kept, self.tasks.start);
        for start in self.tasks.clone().step_by(GROUP) {
            let count = (self.tasks.end - start).min(GROUP);
            let mut folds = [[F::START; LAST_LANES]; GROUP];
            let mut places = [0; GROUP];
            for row in 0..count {
                let first = first.wrapping_offset(output.src);
                // SAFETY: the plan's walk stays within the layout.
                let run = unsafe { std::slice::from_raw_parts(first, self.parts.length) };
                folds[row] = last_lanes::<F>(fold_lanes::<F>(run));
                places[row] = output.dst as usize;
                output.advance();
            }
            let mut merged = [F::START; GROUP];
            for row in 0..GROUP {
                merged[row] = merge_last::<F>(folds[row]);
            }
            for row in 0..count {
                // SAFETY: every task has a place of its own.
                unsafe { out.write(places[row], F::finish(merged[row])) };
            }
        }
    }
}

/// # Safety
/// `len` elements, `step` apart from `first` on, can be read.
#[inline(always)]
unsafe fn fold_short<F: Fold>(first: *const F::Item, len: usize, step: isize) -> F::Acc {
    let mut acc = F::START;
    for index in 0..len {
        // SAFETY: by the caller's promise.
        acc = F::take(acc, unsafe { *first.offset(index as isize * step) });
    }
    acc
}

/// The accumulators of some runs. Each is merged with others only once, in a fixed tree.
pub(super) struct Lanes<F: Fold> {
    /// Of whole blocks; read and written together, so that a loop can keep them in registers.
    whole: [F::Acc; LANES],
    /// Of what is left of the runs, if anything is.
    rest: Option<[F::Acc; LANES]>,
}

impl<F: Fold> Lanes<F> {
    pub(super) const START: Self = Self {
        whole: [F::START; LANES],
        rest: None,
    };

    /// # Safety
    /// `len` elements, `step` apart from `first` on, can be read.
    #[inline(always)]
    pub(super) unsafe fn fold_run(&mut self, first: *const F::Item, len: usize, step: isize) {
        if step != 1 {
            let rest = self.rest.get_or_insert([F::START; LANES]);
            for index in 0..len {
                let lane = &mut rest[index % LANES];
                // SAFETY: by the caller's promise.
                *lane = F::take(*lane, unsafe { *first.offset(index as isize * step) });
            }
            return;
        }
        // SAFETY: by the caller's promise.
        let run = unsafe { std::slice::from_raw_parts(first, len) };
        let (blocks, rest) = run.as_chunks::<LANES>();
        self.whole = take_all::<F>(self.whole, blocks);
        if !rest.is_empty() {
            let lanes = self.rest.get_or_insert([F::START; LANES]);
            for (lane, &item) in lanes.iter_mut().zip(rest) {
                *lane = F::take(*lane, item);
            }
        }
    }

    #[inline(always)]
    pub(super) fn merge(self) -> F::Acc {
        merge::<F>(match &self.rest {
            Some(rest) => both::<F>(self.whole, rest),
            None => self.whole,
        })
    }
}

/// The fold of a row; for loops that are compiled for an instruction set.
#[inline(always)]
pub(in crate::cpu) fn fold_row<F: Fold>(row: &[F::Item]) -> F::Item {
    F::finish(if row.len() < SHORT {
        row.iter().fold(F::START, |acc, &item| F::take(acc, item))
    } else {
        merge::<F>(fold_lanes::<F>(row))
    })
}

/// A long run.
#[inline(always)]
fn fold_lanes<F: Fold>(run: &[F::Item]) -> [F::Acc; LANES] {
    let (blocks, rest) = run.as_chunks::<LANES>();
    let lanes = take_all::<F>([F::START; LANES], blocks);
    if rest.is_empty() {
        return lanes;
    }
    // Lanes of their own, so that those of the loop can stay in registers.
    let mut last = [F::START; LANES];
    for (lane, &item) in last.iter_mut().zip(rest) {
        *lane = F::take(*lane, item);
    }
    both::<F>(lanes, &last)
}

/// Merges each lane with another.
#[inline(always)]
fn both<F: Fold>(mut lanes: [F::Acc; LANES], others: &[F::Acc; LANES]) -> [F::Acc; LANES] {
    for lane in 0..LANES {
        lanes[lane] = F::merge(lanes[lane], others[lane]);
    }
    lanes
}

/// Merges lanes in a fixed tree.
#[inline(always)]
fn merge<F: Fold>(lanes: [F::Acc; LANES]) -> F::Acc {
    merge_last::<F>(last_lanes::<F>(lanes))
}

/// The merges down to [`LAST_LANES`] lanes.
#[inline(always)]
fn last_lanes<F: Fold>(lanes: [F::Acc; LANES]) -> [F::Acc; LAST_LANES] {
    // Each step in a loop of its own length, which the compiler vectorises.
    let lanes = halve::<F, LANES, 32>(lanes);
    let lanes = halve::<F, 32, 16>(lanes);
    halve::<F, 16, LAST_LANES>(lanes)
}

/// The merges of the last lanes.
#[inline(always)]
fn merge_last<F: Fold>(lanes: [F::Acc; LAST_LANES]) -> F::Acc {
    let lanes = halve::<F, LAST_LANES, 4>(lanes);
    let [first, second] = halve::<F, 4, 2>(lanes);
    F::merge(first, second)
}

#[inline(always)]
fn halve<F: Fold, const N: usize, const HALF: usize>(lanes: [F::Acc; N]) -> [F::Acc; HALF] {
    std::array::from_fn(|lane| F::merge(lanes[lane], lanes[lane + HALF]))
}

/// Folds an item of each block into each lane, four blocks at a time.
#[inline(always)]
fn take_all<F: Fold>(lanes: [F::Acc; LANES], blocks: &[[F::Item; LANES]]) -> [F::Acc; LANES] {
    let mut lanes = lanes;
    if !F::HOT {
        // One after the other, which takes less room and gives the same.
        for block in blocks {
            for (lane, &item) in lanes.iter_mut().zip(block) {
                *lane = F::take(*lane, item);
            }
        }
        return lanes;
    }
    let distance = prefetch::distance();
    let (fours, last) = blocks.as_chunks::<4>();
    for [a, b, c, d] in fours {
        for block in [a, b, c, d] {
            prefetch::far_of(block, distance);
        }
        lanes = std::array::from_fn(|lane| {
            F::take_four(lanes[lane], [a[lane], b[lane], c[lane], d[lane]])
        });
    }
    for block in last {
        lanes = std::array::from_fn(|lane| F::take(lanes[lane], block[lane]));
    }
    lanes
}
