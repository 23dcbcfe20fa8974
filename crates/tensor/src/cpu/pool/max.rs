//! Max pooling. The first maximum of a window in row-major order is its position, and a NaN beats
//! every number, as in PyTorch. The gradient finds the positions again instead of having saved them.
#![allow(unsafe_code)] // Strided reads of a row go through pointers, to be vectorised.

use super::super::float::Float;
use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::{chunks, ranges};
use super::super::workspace::{Shared, Workspace};
use super::span::{Span, spans};
use super::{Planes, pairs};
use crate::prim::Windows;

pub(super) fn forward<T: Float>(
    planes: Planes,
    windows: &Windows,
    x: &[T],
    y: &mut [T],
    positions: Option<&mut [i64]>,
) {
    let cost = planes.input() + planes.output();
    if positions.is_none() && pairs::fits(planes, windows) {
        return chunks(y, planes.output(), cost, |index, y| {
            let x = &x[index * planes.input()..][..planes.input()];
            fastest(pairs::Forward { planes, x, y });
        });
    }
    let search = Search::new(planes, windows);
    let count = y.len() / planes.output().max(1);
    let (y, positions) = (Shared::new(y), positions.map(Shared::new));
    ranges(count, cost, |range| {
        let mut place = Workspace::new(planes.ow, 0u32);
        for index in range {
            let x = &x[index * planes.input()..][..planes.input()];
            for oy in 0..planes.oh {
                let start = index * planes.output() + oy * planes.ow;
                // SAFETY: every row of the outputs is written by one task.
                let best = unsafe { y.part(start, planes.ow) };
                match positions {
                    None => fastest(Row {
                        search: &search,
                        x,
                        oy,
                        best,
                        place: None,
                    }),
                    Some(positions) => {
                        fastest(Row {
                            search: &search,
                            x,
                            oy,
                            best,
                            place: Some(&mut place),
                        });
                        // SAFETY: as above.
                        let row = unsafe { positions.part(start, planes.ow) };
                        row.iter_mut()
                            .zip(place.iter())
                            .for_each(|(to, &from)| *to = from.into());
                    }
                }
            }
        }
    });
}

pub(super) fn backward<T: Float>(
    planes: Planes,
    windows: &Windows,
    grad: &[T],
    x: &[T],
    gx: &mut [T],
) {
    let cost = 2 * planes.input() + planes.output();
    let plane = |index: usize| {
        let x = &x[index * planes.input()..][..planes.input()];
        (x, &grad[index * planes.output()..][..planes.output()])
    };
    if pairs::fits(planes, windows) {
        return chunks(gx, planes.input(), cost, |index, gx| {
            let (x, grad) = plane(index);
            fastest(pairs::Backward {
                planes,
                x,
                grad,
                gx,
            });
        });
    }
    let search = Search::new(planes, windows);
    let count = gx.len() / planes.input().max(1);
    let gx = Shared::new(gx);
    ranges(count, cost, |range| {
        let mut best = Workspace::new(planes.ow, T::default());
        let mut place = Workspace::new(planes.ow, 0u32);
        for index in range {
            let (x, grad) = plane(index);
            // SAFETY: every plane is written by one task.
            let gx = unsafe { gx.part(index * planes.input(), planes.input()) };
            gx.fill(T::default());
            for oy in 0..planes.oh {
                fastest(Row {
                    search: &search,
                    x,
                    oy,
                    best: &mut best,
                    place: Some(&mut place),
                });
                for (&place, &grad) in place.iter().zip(&grad[oy * planes.ow..]) {
                    gx[place as usize] += grad;
                }
            }
        }
    });
}

/// What the search for maxima needs to know of the windows.
struct Search {
    planes: Planes,
    rows: Workspace<Span>,
    columns: Workspace<Span>,
    /// For equal windows: the outputs that each horizontal tap reaches from inside the plane.
    taps: Option<(Workspace<Tap>, usize)>,
}

/// A column of the kernel: outputs `from..to` read the plane's columns `start`, `start + stride`, ...
#[derive(Clone, Copy)]
struct Tap {
    from: usize,
    to: usize,
    start: usize,
}

impl Search {
    fn new(planes: Planes, windows: &Windows) -> Self {
        assert!(
            planes.input() <= u32::MAX as usize,
            "max_pool2d: a plane of over 2^32 places"
        );
        let rows = spans(windows, 0, planes.h, planes.oh);
        let columns = spans(windows, 1, planes.w, planes.ow);
        let taps = match *windows {
            Windows::Adaptive { .. } => None,
            Windows::Fixed {
                kernel: [_, kw],
                stride: [_, stride],
                padding: [_, padding],
                dilation: [_, dilation],
                ..
            } => {
                let mut taps = Workspace::new(
                    kw,
                    Tap {
                        from: 0,
                        to: 0,
                        start: 0,
                    },
                );
                for (kx, tap) in taps.iter_mut().enumerate() {
                    let shift = kx * dilation;
                    let from = padding.saturating_sub(shift).div_ceil(stride);
                    let end = (planes.w + padding).saturating_sub(shift).div_ceil(stride);
                    let to = end.min(planes.ow).max(from);
                    *tap = Tap {
                        from,
                        to,
                        start: (from * stride + shift).saturating_sub(padding),
                    };
                }
                Some((taps, stride))
            }
        };
        Self {
            planes,
            rows,
            columns,
            taps,
        }
    }
}

/// One row of outputs: their maxima, and the positions in the plane if asked.
struct Row<'a, T> {
    search: &'a Search,
    x: &'a [T],
    oy: usize,
    best: &'a mut [T],
    place: Option<&'a mut [u32]>,
}

impl<T: Float> HotLoop for Row<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        self.best.fill(T::NEG_INFINITY);
        let (row, w) = (self.search.rows[self.oy], self.search.planes.w);
        if let Some(place) = &mut self.place {
            // A window of nothing but minus infinity has its maximum in the first place.
            for (place, column) in place.iter_mut().zip(self.search.columns.iter()) {
                *place = (row.first * w + column.first) as u32;
            }
        }
        match &self.search.taps {
            None => self.windows(row),
            Some((taps, 1)) => self.sweep::<1>(row, taps, 1),
            Some((taps, 2)) => self.sweep::<2>(row, taps, 2),
            Some((taps, stride)) => self.sweep::<0>(row, taps, *stride),
        }
    }
}

impl<T: Float> Row<'_, T> {
    /// Tap by tap over the whole row of outputs; a `STRIDE` of 0 stands for one known only here.
    #[inline(always)]
    fn sweep<const STRIDE: usize>(&mut self, row: Span, taps: &[Tap], stride: usize) {
        let stride = if STRIDE == 0 { stride } else { STRIDE };
        for ky in 0..row.count {
            let line = (row.first + ky * row.step) * self.search.planes.w;
            for tap in taps.iter().filter(|tap| tap.from < tap.to) {
                let start = line + tap.start;
                let best = &mut self.best[tap.from..tap.to];
                let src = &self.x[start..=start + (best.len() - 1) * stride];
                // SAFETY: the slice ends with the last element that the loop reads.
                let read = |index: usize| unsafe { *src.get_unchecked(index * stride) };
                match &mut self.place {
                    None => {
                        for (index, best) in best.iter_mut().enumerate() {
                            *best = larger(*best, read(index));
                        }
                    }
                    Some(place) => {
                        let place = &mut place[tap.from..tap.to];
                        for (index, (best, place)) in best.iter_mut().zip(place).enumerate() {
                            let value = read(index);
                            let wins = value > *best || value.is_nan();
                            *best = if wins { value } else { *best };
                            *place = if wins {
                                (start + index * stride) as u32
                            } else {
                                *place
                            };
                        }
                    }
                }
            }
        }
    }

    /// Window by window, each of its own size.
    #[inline(always)]
    fn windows(&mut self, row: Span) {
        for (ox, column) in self.search.columns.iter().enumerate() {
            let (mut best, mut winner) = (T::NEG_INFINITY, None);
            for ky in 0..row.count {
                let line = (row.first + ky * row.step) * self.search.planes.w;
                for kx in 0..column.count {
                    let place = line + column.first + kx * column.step;
                    let value = self.x[place];
                    if value > best || value.is_nan() {
                        (best, winner) = (value, Some(place));
                    }
                }
            }
            self.best[ox] = best;
            if let (Some(place), Some(winner)) = (&mut self.place, winner) {
                place[ox] = winner as u32;
            }
        }
    }
}

/// The later one only if it is larger or NaN.
#[inline(always)]
pub(super) fn larger<T: Float>(best: T, value: T) -> T {
    if value > best || value.is_nan() {
        value
    } else {
        best
    }
}
