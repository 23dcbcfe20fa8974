//! The search for maxima in windows of any kind, plane by plane.
#![allow(unsafe_code)] // Strided reads of a row go through pointers, to be vectorised.

use super::super::float::Float;
use super::super::instruction_set::HotLoop;
use super::super::workspace::Workspace;
use super::Planes;
use super::span::{Span, spans};
use crate::prim::Windows;

/// The position of the maximum of a window that lies in the padding altogether; -1 outside.
pub(super) const NOWHERE: u32 = u32::MAX;

/// What the search for maxima needs to know of the windows.
pub(super) struct Search {
    planes: Planes,
    rows: Workspace<Span>,
    columns: Workspace<Span>,
    /// For equal windows: the outputs that each horizontal tap reaches from inside the plane.
    taps: Option<(Workspace<Tap>, usize)>,
    line: Line,
}

/// A line of a plane among its padding, with which every tap reaches every output.
#[derive(Clone, Copy)]
struct Line {
    /// Places before the plane.
    before: usize,
    /// All places, of which the last may lie beyond the padding.
    len: usize,
    /// Places between neighbouring taps.
    dilation: usize,
}

/// A column of the kernel: outputs `from..to` read the plane's columns `start`, `start + stride`, ...
#[derive(Clone, Copy)]
struct Tap {
    from: usize,
    to: usize,
    start: usize,
}

impl Search {
    pub(super) fn new(planes: Planes, windows: &Windows) -> Self {
        assert!(
            planes.input() < NOWHERE as usize,
            "max_pool2d: a plane of over 2^32 places"
        );
        let rows = spans(windows, 0, planes.h, planes.oh);
        let columns = spans(windows, 1, planes.w, planes.ow);
        let mut line = Line {
            before: 0,
            len: planes.w,
            dilation: 1,
        };
        let taps = match *windows {
            Windows::Adaptive { .. } => None,
            Windows::Fixed {
                kernel: [_, kw],
                stride: [_, stride],
                padding: [_, padding],
                dilation: [_, dilation],
                ..
            } => {
                let reach = planes.ow.saturating_sub(1) * stride + (kw - 1) * dilation + 1;
                line = Line {
                    before: padding,
                    len: reach.max(padding + planes.w),
                    dilation,
                };
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
                    // A tap may reach no output at all.
                    let to = end.min(planes.ow);
                    let from = from.min(to);
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
            line,
        }
    }

    /// Values of the working memory of [`Maxima`].
    pub(super) fn lines_len(&self) -> usize {
        self.line.len + 2 * self.line.len.div_ceil(2)
    }
}

/// Numbers of which the largest is searched for.
pub(super) trait Ordered: Copy {
    /// Whether loops over it are compiled for every instruction set.
    const HOT: bool;
    /// Before every number.
    const LEAST: Self;
    /// This one, or the other if that is larger or NaN.
    fn larger(self, other: Self) -> Self;
}

impl<T: Float> Ordered for T {
    const HOT: bool = T::HOT;
    const LEAST: T = T::NEG_INFINITY;

    #[inline(always)]
    fn larger(self, other: T) -> T {
        if other > self || other.is_nan() {
            other
        } else {
            self
        }
    }
}

/// The maxima of one plane: line by line, first over the window's rows, then over its columns.
pub(super) struct Maxima<'a, T> {
    pub(super) search: &'a Search,
    pub(super) x: &'a [T],
    pub(super) best: &'a mut [T],
    /// Working memory of [`lines_len`](Search::lines_len) for one line of the plane, as it is and by even and odd columns.
    pub(super) lines: &'a mut [T],
}

impl<T: Ordered> HotLoop for Maxima<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let Search {
            planes: Planes { w, ow, .. },
            rows,
            columns,
            taps,
            line:
                Line {
                    before,
                    len,
                    dilation,
                },
        } = self.search;
        if *ow == 0 {
            return;
        }
        let (whole, apart) = self.lines.split_at_mut(*len);
        whole.fill(T::LEAST);
        for (best, row) in self.best.chunks_exact_mut(*ow).zip(rows.iter()) {
            let x = |ky: usize| &self.x[(row.first + ky * row.step) * w..][..*w];
            let line = &mut whole[*before..][..*w];
            if row.count == 3 {
                // The most frequent one, in one pass.
                let (a, b, c) = (x(0).iter(), x(1), x(2));
                for (((best, a), &b), &c) in line.iter_mut().zip(a).zip(b).zip(c) {
                    *best = a.larger(b).larger(c);
                }
            } else {
                line.fill(T::LEAST);
                (0..row.count).for_each(|ky| raise(line, x(ky)));
            }
            match taps {
                Some((taps, 1)) => largest(best, taps.len(), |tap| &whole[tap * dilation..]),
                Some((taps, 2)) => {
                    let (even, odd) = apart.split_at_mut(len.div_ceil(2));
                    take_apart(whole, even, odd);
                    largest(best, taps.len(), |tap| match tap * dilation {
                        place if place % 2 == 0 => &even[place / 2..],
                        place => &odd[place / 2..],
                    });
                }
                Some((taps, stride)) => {
                    best.fill(T::LEAST);
                    for tap in 0..taps.len() {
                        let columns = whole[tap * dilation..].iter().step_by(*stride);
                        for (best, &value) in best.iter_mut().zip(columns) {
                            *best = best.larger(value);
                        }
                    }
                }
                None => {
                    best.fill(T::LEAST);
                    for (best, column) in best.iter_mut().zip(columns.iter()) {
                        for value in &line[column.first..][..column.count] {
                            *best = best.larger(*value);
                        }
                    }
                }
            }
        }
    }
}

/// Even and odd values of a line.
#[inline(always)]
pub(super) fn take_apart<T: Copy>(line: &[T], even: &mut [T], odd: &mut [T]) {
    let (pairs, rest) = line.as_chunks::<2>();
    let (firsts, seconds) = (&mut even[..pairs.len()], &mut odd[..pairs.len()]);
    for index in 0..pairs.len() {
        firsts[index] = pairs[index][0];
        seconds[index] = pairs[index][1];
    }
    if let [last] = rest {
        even[pairs.len()] = *last;
    }
}

/// Raises every value of a line to the one of another line.
#[inline(always)]
fn raise<T: Ordered>(line: &mut [T], other: &[T]) {
    for (best, &value) in line.iter_mut().zip(other) {
        *best = best.larger(value);
    }
}

/// The maxima of what each of some taps reads from its first place on.
#[inline(always)]
fn largest<'a, T: Ordered + 'a>(best: &mut [T], taps: usize, columns: impl Fn(usize) -> &'a [T]) {
    if taps == 3 {
        // The most frequent one, in one pass.
        let (a, b, c) = (columns(0), columns(1), columns(2));
        for (((best, a), &b), &c) in best.iter_mut().zip(a).zip(b).zip(c) {
            *best = a.larger(b).larger(c);
        }
        return;
    }
    best.copy_from_slice(&columns(0)[..best.len()]);
    (1..taps).for_each(|tap| raise(best, columns(tap)));
}

/// The maxima of one plane and their positions: window rows and columns tap by tap, in row-major
/// order, so that the first maximum stays.
pub(super) struct Places<'a, T> {
    pub(super) search: &'a Search,
    pub(super) x: &'a [T],
    pub(super) best: &'a mut [T],
    pub(super) place: &'a mut [u32],
}

impl<T: Float> HotLoop for Places<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let Search {
            planes: Planes { w, ow, .. },
            rows,
            columns,
            taps,
            ..
        } = self.search;
        if *ow == 0 {
            return;
        }
        let outputs = self
            .best
            .chunks_exact_mut(*ow)
            .zip(self.place.chunks_exact_mut(*ow));
        for ((best, place), row) in outputs.zip(rows.iter()) {
            best.fill(T::NEG_INFINITY);
            // A window of nothing but minus infinity has its maximum in the first place.
            for (place, column) in place.iter_mut().zip(columns.iter()) {
                let empty = row.count == 0 || column.count == 0;
                *place = if empty {
                    NOWHERE
                } else {
                    (row.first * w + column.first) as u32
                };
            }
            for ky in 0..row.count {
                let line = (row.first + ky * row.step) * w;
                match taps {
                    Some((taps, 1)) => taps
                        .iter()
                        .for_each(|tap| tap.find::<T, 1>(best, place, self.x, line, 1)),
                    Some((taps, 2)) => taps
                        .iter()
                        .for_each(|tap| tap.find::<T, 2>(best, place, self.x, line, 2)),
                    Some((taps, stride)) => {
                        taps.iter()
                            .for_each(|tap| tap.find::<T, 0>(best, place, self.x, line, *stride));
                    }
                    None => {
                        for ((best, place), column) in
                            best.iter_mut().zip(&mut *place).zip(columns.iter())
                        {
                            let start = line + column.first;
                            for (index, &value) in
                                self.x[start..][..column.count].iter().enumerate()
                            {
                                if value > *best || value.is_nan() {
                                    (*best, *place) = (value, (start + index) as u32);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Tap {
    /// Raises the maxima that the tap reaches to the line that begins at `line`, with positions; a `STRIDE` of 0 stands
    /// for one known only here.
    #[inline(always)]
    fn find<T: Float, const STRIDE: usize>(
        &self,
        best: &mut [T],
        place: &mut [u32],
        x: &[T],
        line: usize,
        stride: usize,
    ) {
        let stride = if STRIDE == 0 { stride } else { STRIDE };
        let (best, place) = (
            &mut best[self.from..self.to],
            &mut place[self.from..self.to],
        );
        let Some(last) = best.len().checked_sub(1) else {
            return;
        };
        let start = line + self.start;
        let x = &x[start..=start + last * stride];
        for (index, (best, place)) in best.iter_mut().zip(place).enumerate() {
            // SAFETY: the slice ends with the last place that the loop reads.
            let value = unsafe { *x.get_unchecked(index * stride) };
            let wins = (value > *best) | value.is_nan();
            *best = if wins { value } else { *best };
            *place = if wins {
                (start + index * stride) as u32
            } else {
                *place
            };
        }
    }
}
