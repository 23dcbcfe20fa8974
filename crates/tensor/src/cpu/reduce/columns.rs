//! Reductions whose innermost dim is kept: leading dims, as in the gradient of a bias.
#![allow(unsafe_code)] // Strided reads go through pointers.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::super::host::Src;
use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::ranges;
use super::super::walk::{Walk, count};
use super::super::workspace::{Shared, Workspace};
use super::PART;
use super::fold::Fold;
use super::plan::Plan;

/// Columns folded at a time: their accumulators stay in the first-level cache, and of each row so much is read in one go
/// that the processor foresees it.
const TILE: usize = 1024;

/// Columns of a tile by which parts of the rows are measured.
const PART_COLUMNS: usize = 256;

/// Such tiles that keep any number of cores busy enough; with fewer, rows are cut into parts too.
const ENOUGH: usize = 32;

/// Columns that are enough to fill registers, and to have sums that don't wait for each other.
const WIDE: usize = 64;

/// Most numbers of a register.
const LANES: usize = 16;

/// Rows that are added by fours: fewer are summed in `f64` alone.
const LONG: usize = 64;

/// Rows of rows side by side that are worth merging what is side by side at the end.
const SEVERAL: usize = 4;

pub(super) fn run<F: Fold>(plan: Plan, src: Src<'_, F::Item>, out: &mut [F::Item]) {
    let at_once = rows_at_once(&plan);
    let plan = &side_by_side(plan, at_once);
    let grid = Grid::new(
        count(&plan.kept),
        plan.run.size,
        count(&plan.folded),
        at_once,
    );
    let tasks = grid.outer * grid.tiles * grid.parts;
    let cost = grid.rows_per_part * plan.run.size.min(TILE);
    let out = Shared::new(out);
    if grid.parts == 1 {
        ranges(tasks, cost, |tasks| {
            fastest(Columns::<F> {
                plan,
                grid,
                src,
                tasks,
                target: Target::Outputs(out),
            });
        });
        return;
    }
    let mut partials = Workspace::new(tasks * grid.left(), F::START);
    let shared = Shared::new(&mut partials);
    ranges(tasks, cost, |tasks| {
        fastest(Columns::<F> {
            plan,
            grid,
            src,
            tasks,
            target: Target::Partials(shared),
        });
    });
    for (index, parts) in partials
        .chunks_exact_mut(grid.parts * grid.left())
        .enumerate()
    {
        let columns = grid.columns(index % grid.tiles);
        let start = Walk::at(&plan.kept, index / grid.tiles).dst;
        let acc = merged::<F>(parts, grid.parts);
        for (column, &acc) in columns.zip(acc.iter()) {
            let place = start + column as isize * plan.run.dst;
            // SAFETY: the tasks are done, and every output is met once.
            unsafe { out.write(place as usize, F::finish(acc)) };
        }
    }
}

/// The accumulators of so many parts, which lie one after the other, merged into those of the first.
#[inline(always)]
fn merged<F: Fold>(accs: &mut [F::Acc], parts: usize) -> &[F::Acc] {
    let (first, rest) = accs.split_at_mut(accs.len() / parts);
    for part in rest.chunks_exact(first.len()) {
        for (acc, &other) in first.iter_mut().zip(part) {
            *acc = F::merge(*acc, other);
        }
    }
    first
}

/// How many rows are folded side by side, as if they were one: rows of few numbers that lie one after the other, as many
/// as divide their number and fill whole registers, if there are several such rows.
fn rows_at_once(plan: &Plan) -> usize {
    let width = plan.run.size;
    let [rows] = plan.folded[..] else {
        return 1;
    };
    let adjacent = plan.run.src == 1 && rows.src == width as isize;
    if !adjacent || width >= WIDE {
        return 1;
    }
    (1..=WIDE.div_ceil(width).next_multiple_of(LANES))
        .filter(|at_once| rows.size.is_multiple_of(*at_once) && rows.size >= SEVERAL * at_once)
        .find(|at_once| at_once * width >= WIDE && (at_once * width).is_multiple_of(LANES))
        .unwrap_or(1)
}

/// The plan with so many rows as one.
fn side_by_side(mut plan: Plan, at_once: usize) -> Plan {
    for rows in &mut plan.folded {
        rows.size /= at_once;
        rows.src *= at_once as isize;
    }
    plan.run.size *= at_once;
    plan
}

/// How the work is cut: kept outer dims, tiles of columns, parts of the folded rows.
#[derive(Clone, Copy)]
struct Grid {
    outer: usize,
    width: usize,
    tiles: usize,
    /// Columns of a tile.
    tile: usize,
    /// Rows that lie side by side in one of these.
    at_once: usize,
    rows: usize,
    rows_per_part: usize,
    parts: usize,
}

impl Grid {
    fn new(outer: usize, width: usize, rows: usize, at_once: usize) -> Self {
        let small_tiles = width.div_ceil(PART_COLUMNS);
        let (rows_per_part, tiles) = if outer * small_tiles >= ENOUGH {
            let tiles = ENOUGH.div_ceil(outer).min(small_tiles);
            (rows, tiles.max(width.div_ceil(TILE)))
        } else {
            let rows_per_part = PART / width.min(PART_COLUMNS);
            (rows_per_part.min(rows), width.div_ceil(TILE))
        };
        let tile = match at_once {
            1 => width.div_ceil(tiles).next_multiple_of(LANES),
            _ => width,
        };
        Self {
            outer,
            width,
            tiles: width.div_ceil(tile),
            tile,
            at_once,
            rows,
            rows_per_part,
            parts: rows.div_ceil(rows_per_part),
        }
    }

    fn columns(&self, tile: usize) -> Range<usize> {
        tile * self.tile..self.width.min((tile + 1) * self.tile)
    }

    /// Accumulators that a task leaves.
    fn left(&self) -> usize {
        self.tile / self.at_once
    }

    fn rows(&self, part: usize) -> Range<usize> {
        let start = part * self.rows_per_part;
        start..self.rows.min(start + self.rows_per_part)
    }
}

#[derive(Clone, Copy)]
enum Target<'a, F: Fold> {
    Outputs(Shared<'a, F::Item>),
    /// A tile of accumulators per task.
    Partials(Shared<'a, F::Acc>),
}

/// The tasks of a range; task `(outer * tiles + tile) * parts + part`.
struct Columns<'a, F: Fold> {
    plan: &'a Plan,
    grid: Grid,
    src: Src<'a, F::Item>,
    tasks: Range<usize>,
    target: Target<'a, F>,
}

impl<F: Fold> HotLoop for Columns<'_, F> {
    type Output = ();
    const HOT: bool = F::HOT;

    #[inline(always)]
    fn run(self) {
        let (grid, step) = (self.grid, self.plan.run.src);
        for task in self.tasks.clone() {
            let (block, part) = (task / grid.parts, task % grid.parts);
            let (columns, rows) = (grid.columns(block % grid.tiles), grid.rows(part));
            let outer = Walk::at(&self.plan.kept, block / grid.tiles);
            let start = outer.src + columns.start as isize * step;
            let mut tile = Room([const { MaybeUninit::uninit() }; TILE]);
            let acc = started::<F>(&mut tile.0[..columns.len()]);
            let mut row = Walk::at(&self.plan.folded, rows.start);
            let mut next = || {
                let first = self.src.first().wrapping_offset(start + row.src);
                row.advance();
                first
            };
            for _ in 0..rows.len() / 4 {
                let four = [next(), next(), next(), next()];
                // SAFETY: the plan's walk stays within the layout.
                unsafe {
                    if F::ROUNDS_FOUR && grid.rows * grid.at_once < LONG {
                        let take = |acc, items: [_; 4]| items.into_iter().fold(acc, F::take);
                        fold_rows::<F, 4>(acc, four, step, take);
                    } else {
                        fold_rows::<F, 4>(acc, four, step, F::take_four);
                    }
                }
            }
            for _ in 0..rows.len() % 4 {
                // SAFETY: as above.
                unsafe { fold_rows::<F, 1>(acc, [next()], step, |acc, [item]| F::take(acc, item)) };
            }
            let acc = merged::<F>(acc, grid.at_once);
            match self.target {
                Target::Outputs(out) => {
                    for (column, &acc) in columns.zip(acc.iter()) {
                        let place = outer.dst + column as isize * self.plan.run.dst;
                        // SAFETY: every task has outputs of its own.
                        unsafe { out.write(place as usize, F::finish(acc)) };
                    }
                }
                // SAFETY: every task has a tile of its own.
                Target::Partials(partials) => unsafe {
                    partials
                        .part(task * grid.left(), acc.len())
                        .copy_from_slice(acc);
                },
            }
        }
    }
}

/// A tile's accumulators, each register of them in one line of the cache.
#[repr(align(64))]
struct Room<T>([MaybeUninit<T>; TILE]);

/// Accumulators that begin as the fold of nothing.
#[inline(always)]
fn started<F: Fold>(room: &mut [MaybeUninit<F::Acc>]) -> &mut [F::Acc] {
    room.fill(MaybeUninit::new(F::START));
    // SAFETY: every one is filled.
    unsafe { &mut *(std::ptr::from_mut(room) as *mut [F::Acc]) }
}

/// Folds rows into their columns' accumulators.
///
/// # Safety
/// From each row's first element on, one element per accumulator, `step` apart, can be read.
#[inline(always)]
unsafe fn fold_rows<F: Fold, const ROWS: usize>(
    acc: &mut [F::Acc],
    rows: [*const F::Item; ROWS],
    step: isize,
    take: impl Fn(F::Acc, [F::Item; ROWS]) -> F::Acc,
) {
    if step == 1 {
        for (column, acc) in acc.iter_mut().enumerate() {
            // SAFETY: by the caller's promise.
            *acc = take(*acc, rows.map(|row| unsafe { *row.add(column) }));
        }
        return;
    }
    for (column, acc) in acc.iter_mut().enumerate() {
        // SAFETY: by the caller's promise.
        *acc = take(
            *acc,
            rows.map(|row| unsafe { *row.offset(column as isize * step) }),
        );
    }
}
