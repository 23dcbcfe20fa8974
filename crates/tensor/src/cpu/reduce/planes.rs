//! Reductions whose innermost dim is folded together with an outer one: the planes of each channel in a batch of images.
#![allow(unsafe_code)] // Runs are read through pointers.

use std::ops::Range;

use smallvec::SmallVec;

use super::super::host::Src;
use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::ranges;
use super::super::walk::{Walk, count};
use super::PART;
use super::fold::Fold;
use super::parts::{self, Target};
use super::plan::Plan;
use super::rows::Lanes;
use crate::threads::num_threads;

/// Most outputs whose runs are read in turn: they lie side by side, and the processor foresees long stretches of memory
/// only.
const TOGETHER: usize = 16;

/// Groups of outputs for each thread. How many outputs are a group changes no bit: each has accumulators of its own.
const GROUPS: usize = 4;

pub(super) fn run<F: Fold>(plan: &Plan, src: Src<'_, F::Item>, out: &mut [F::Item]) {
    let grid = Grid::new(count(&plan.kept), count(&plan.folded), plan.run.size);
    parts::run::<F>(plan, grid.parts, out, |target| {
        ranges(grid.groups() * grid.parts, grid.cost(), |tasks| {
            fastest(Planes {
                plan,
                grid,
                src,
                tasks,
                target,
            });
        });
    });
}

/// How the work is cut: groups of outputs, parts of the runs that are folded into each.
#[derive(Clone, Copy)]
struct Grid {
    outputs: usize,
    together: usize,
    runs: usize,
    length: usize,
    runs_per_part: usize,
    parts: usize,
}

impl Grid {
    fn new(outputs: usize, runs: usize, length: usize) -> Self {
        let runs_per_part = (PART / length).clamp(1, runs);
        Self {
            outputs,
            together: (outputs / (GROUPS * num_threads())).clamp(1, TOGETHER),
            runs,
            length,
            runs_per_part,
            parts: runs.div_ceil(runs_per_part),
        }
    }

    fn groups(&self) -> usize {
        self.outputs.div_ceil(self.together)
    }

    /// Elements of a task.
    fn cost(&self) -> usize {
        self.together * self.runs_per_part * self.length
    }

    fn outputs(&self, group: usize) -> Range<usize> {
        let start = group * self.together;
        start..self.outputs.min(start + self.together)
    }

    fn runs(&self, part: usize) -> Range<usize> {
        let start = part * self.runs_per_part;
        start..self.runs.min(start + self.runs_per_part)
    }
}

/// The tasks of a range; task `group * parts + part`.
struct Planes<'a, F: Fold> {
    plan: &'a Plan,
    grid: Grid,
    src: Src<'a, F::Item>,
    tasks: Range<usize>,
    target: Target<'a, F>,
}

/// The runs of one output.
struct Output<F: Fold> {
    lanes: Lanes<F>,
    src: isize,
    dst: isize,
}

impl<F: Fold> HotLoop for Planes<'_, F> {
    type Output = ();
    const HOT: bool = F::HOT;

    #[inline(always)]
    fn run(self) {
        let (grid, step) = (self.grid, self.plan.run.src);
        let mut outputs: SmallVec<[Output<F>; TOGETHER]> = SmallVec::new();
        for task in self.tasks.clone() {
            let (group, part) = (task / grid.parts, task % grid.parts);
            let (range, runs) = (grid.outputs(group), grid.runs(part));
            let mut place = Walk::at(&self.plan.kept, range.start);
            outputs.clear();
            for _ in range.clone() {
                outputs.push(Output {
                    lanes: Lanes::START,
                    src: place.src,
                    dst: place.dst,
                });
                place.advance();
            }
            let mut run = Walk::at(&self.plan.folded, runs.start);
            for _ in runs {
                for output in &mut outputs {
                    let place = output.src + run.src;
                    // SAFETY: the plan's walk stays within the layout.
                    unsafe {
                        let first = self.src.first().offset(place);
                        output.lanes.fold_run(first, grid.length, step);
                    }
                }
                run.advance();
            }
            for (index, output) in range.zip(outputs.drain(..)) {
                let acc = output.lanes.merge();
                // SAFETY: every task has parts of its own.
                unsafe {
                    self.target
                        .leave(output.dst, index * grid.parts + part, acc)
                };
            }
        }
    }
}
