//! Mean pooling: sums in f64, divided by what PyTorch divides by.

use super::super::float::Float;
use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::chunks;
use super::super::workspace::Workspace;
use super::Planes;
use super::span::{Span, spans};
use crate::prim::Windows;

/// Independent sums over a run of a plane.
const LANES: usize = 16;

/// Places that a task reads at least, in as many planes as that takes.
const TASK: usize = 4096;

pub(super) fn forward<T: Float>(
    planes: Planes,
    windows: &Windows,
    count_padding: bool,
    x: &[T],
    y: &mut [T],
) {
    let means = Means::new(planes, windows, count_padding);
    let (count, cost) = means.planes_of_a_task();
    chunks(y, count * planes.output(), cost, |index, y| {
        let x = &x[index * count * planes.input()..];
        fastest(Forward {
            means: &means,
            x,
            y,
        });
    });
}

pub(super) fn backward<T: Float>(
    planes: Planes,
    windows: &Windows,
    count_padding: bool,
    grad: &[T],
    gx: &mut [T],
) {
    let means = Means::new(planes, windows, count_padding);
    let (count, cost) = means.planes_of_a_task();
    chunks(gx, count * planes.input(), cost, |index, gx| {
        let grad = &grad[index * count * planes.output()..];
        fastest(Backward {
            means: &means,
            grad,
            gx,
        });
    });
}

struct Means {
    planes: Planes,
    rows: Workspace<Span>,
    columns: Workspace<Span>,
    count_padding: bool,
}

impl Means {
    fn new(planes: Planes, windows: &Windows, count_padding: bool) -> Self {
        let rows = spans(windows, 0, planes.h, planes.oh);
        let columns = spans(windows, 1, planes.w, planes.ow);
        Self {
            planes,
            rows,
            columns,
            count_padding,
        }
    }

    /// Planes of a task, and how many places they have together.
    fn planes_of_a_task(&self) -> (usize, usize) {
        let places = self.planes.input() + self.planes.output();
        let count = TASK.div_ceil(places.max(1));
        (count, count * places)
    }

    /// What a window's sum is divided by; at least 1, for a window that holds nothing.
    #[inline(always)]
    fn divisor(&self, row: &Span, column: &Span) -> usize {
        let divisor = if self.count_padding {
            row.padded * column.padded
        } else {
            row.count * column.count
        };
        divisor.max(1)
    }

    /// True if a window is the whole plane.
    #[inline(always)]
    fn is_plane(&self, row: &Span, column: &Span) -> bool {
        row.count == self.planes.h && column.count == self.planes.w
    }
}

struct Forward<'a, T> {
    means: &'a Means,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Float> HotLoop for Forward<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let (input, output) = (self.means.planes.input(), self.means.planes.output());
        for (index, y) in self.y.chunks_exact_mut(output).enumerate() {
            self.means.of_plane(&self.x[index * input..][..input], y);
        }
    }
}

impl Means {
    #[inline(always)]
    fn of_plane<T: Float>(&self, x: &[T], y: &mut [T]) {
        let mut y = y.iter_mut();
        for row in self.rows.iter() {
            for (column, y) in self.columns.iter().zip(&mut y) {
                let mut sum = 0.0;
                if self.is_plane(row, column) {
                    sum = total(x);
                } else {
                    for ky in 0..row.count {
                        let line = (row.first + ky * row.step) * self.planes.w + column.first;
                        for kx in 0..column.count {
                            sum += x[line + kx * column.step].to_f64();
                        }
                    }
                }
                *y = T::from_f64(sum / self.divisor(row, column) as f64);
            }
        }
    }
}

#[inline(always)]
fn total<T: Float>(run: &[T]) -> f64 {
    let (blocks, rest) = run.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        for lane in 0..LANES {
            lanes[lane] += block[lane].to_f64();
        }
    }
    let mut sum = 0.0;
    for lane in lanes {
        sum += lane;
    }
    for value in rest {
        sum += value.to_f64();
    }
    sum
}

struct Backward<'a, T> {
    means: &'a Means,
    grad: &'a [T],
    gx: &'a mut [T],
}

impl<T: Float> HotLoop for Backward<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let (input, output) = (self.means.planes.input(), self.means.planes.output());
        for (index, gx) in self.gx.chunks_exact_mut(input).enumerate() {
            let grad = &self.grad[index * output..][..output];
            self.means.to_plane(grad, gx);
        }
    }
}

impl Means {
    /// Hands each mean's gradient to what it is the mean of.
    #[inline(always)]
    fn to_plane<T: Float>(&self, grad: &[T], gx: &mut [T]) {
        if let ([row], [column]) = (&*self.rows, &*self.columns)
            && self.is_plane(row, column)
        {
            let divisor = T::from_f64(self.divisor(row, column) as f64);
            return gx.fill(grad[0] / divisor);
        }
        gx.fill(T::default());
        let mut grad = grad.iter();
        for row in self.rows.iter() {
            for (column, grad) in self.columns.iter().zip(&mut grad) {
                let share = *grad / T::from_f64(self.divisor(row, column) as f64);
                for ky in 0..row.count {
                    let line = (row.first + ky * row.step) * self.planes.w + column.first;
                    for kx in 0..column.count {
                        gx[line + kx * column.step] += share;
                    }
                }
            }
        }
    }
}
