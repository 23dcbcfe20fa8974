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

pub(super) fn forward<T: Float>(
    planes: Planes,
    windows: &Windows,
    count_padding: bool,
    x: &[T],
    y: &mut [T],
) {
    let means = Means::new(planes, windows, count_padding);
    chunks(
        y,
        planes.output(),
        planes.input() + planes.output(),
        |index, y| {
            let x = &x[index * planes.input()..][..planes.input()];
            fastest(Forward {
                means: &means,
                x,
                y,
            });
        },
    );
}

pub(super) fn backward<T: Float>(
    planes: Planes,
    windows: &Windows,
    count_padding: bool,
    grad: &[T],
    gx: &mut [T],
) {
    let means = Means::new(planes, windows, count_padding);
    chunks(
        gx,
        planes.input(),
        planes.input() + planes.output(),
        |index, gx| {
            let grad = &grad[index * planes.output()..][..planes.output()];
            fastest(Backward {
                means: &means,
                grad,
                gx,
            });
        },
    );
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

    #[inline(always)]
    fn run(self) {
        let means = self.means;
        let mut y = self.y.iter_mut();
        for row in means.rows.iter() {
            for (column, y) in means.columns.iter().zip(&mut y) {
                let mut sum = 0.0;
                if means.is_plane(row, column) {
                    sum = total(self.x);
                } else {
                    for ky in 0..row.count {
                        let line = (row.first + ky * row.step) * means.planes.w + column.first;
                        for kx in 0..column.count {
                            sum += self.x[line + kx * column.step].to_f64();
                        }
                    }
                }
                *y = T::from_f64(sum / means.divisor(row, column) as f64);
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

    #[inline(always)]
    fn run(self) {
        let means = self.means;
        if let ([row], [column]) = (&*means.rows, &*means.columns)
            && means.is_plane(row, column)
        {
            let divisor = T::from_f64(means.divisor(row, column) as f64);
            return self.gx.fill(self.grad[0] / divisor);
        }
        self.gx.fill(T::default());
        let mut grad = self.grad.iter();
        for row in means.rows.iter() {
            for (column, grad) in means.columns.iter().zip(&mut grad) {
                let share = *grad / T::from_f64(means.divisor(row, column) as f64);
                for ky in 0..row.count {
                    let line = (row.first + ky * row.step) * means.planes.w + column.first;
                    for kx in 0..column.count {
                        self.gx[line + kx * column.step] += share;
                    }
                }
            }
        }
    }
}
