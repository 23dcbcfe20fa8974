//! Max pooling over 3x3 windows two apart, with which residual networks begin.
//!
//! A plane is taken apart by even and odd rows and columns. In each of the four parts the same place of neighbouring
//! windows lies side by side, so the search for maxima and the sums of what overlapping windows give are loops over the
//! plane as a whole, however short its rows are.

use super::super::float::Float;
use super::super::instruction_set::HotLoop;
use super::Planes;
use super::search::{Ordered, take_apart};
use crate::prim::Windows;

/// The place of a window that does not exist.
const NOWHERE: u32 = u32::MAX;

/// True if windows have their middle in each even row and column.
pub(super) fn fits(planes: Planes, windows: &Windows) -> bool {
    let overlapping = matches!(
        windows,
        Windows::Fixed {
            kernel: [3, 3],
            stride: [2, 2],
            padding: [1, 1],
            dilation: [1, 1],
            ..
        }
    );
    overlapping
        && [planes.oh, planes.ow] == [planes.h.div_ceil(2), planes.w.div_ceil(2)]
        && planes.input() > 0
}

/// Longest rows of results whose maxima are worth taking a plane apart; longer ones fill registers as they are.
const MAX_COLUMNS: usize = 16;

/// True if the maxima alone are found so as well.
pub(super) fn fits_forward(planes: Planes, windows: &Windows) -> bool {
    planes.ow <= MAX_COLUMNS && fits(planes, windows)
}

/// Values of a part: a window more in each direction than there are.
fn part_len(planes: Planes) -> usize {
    (planes.oh + 1) * (planes.ow + 1)
}

/// Values of the working memory: four parts of the plane, four of its gradient, and the windows' gradients.
pub(super) fn memory_len(planes: Planes) -> usize {
    9 * part_len(planes)
}

/// Places of the working memory.
pub(super) fn places_len(planes: Planes) -> usize {
    part_len(planes)
}

/// The maxima of one plane.
pub(super) struct Forward<'a, T> {
    pub(super) planes: Planes,
    pub(super) x: &'a [T],
    pub(super) y: &'a mut [T],
    /// [`memory_len`] values.
    pub(super) memory: &'a mut [T],
}

impl<T: Float> HotLoop for Forward<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let ow = self.planes.ow;
        let len = part_len(self.planes);
        let (values, rest) = self.memory.split_at_mut(4 * len);
        let taps = nine(self.planes, self.x, values);
        let maxima = &mut rest[..taps[0].len()];
        let taps = taps.map(|tap| &tap[..maxima.len()]);
        for index in 0..maxima.len() {
            let mut best = T::NEG_INFINITY;
            for tap in taps {
                best = best.larger(tap[index]);
            }
            maxima[index] = best;
        }
        for (y, maxima) in self.y.chunks_exact_mut(ow).zip(maxima.chunks(ow + 1)) {
            y.copy_from_slice(&maxima[..ow]);
        }
    }
}

/// The gradient of one plane.
pub(super) struct Backward<'a, T> {
    pub(super) planes: Planes,
    pub(super) x: &'a [T],
    pub(super) grad: &'a [T],
    pub(super) gx: &'a mut [T],
    /// [`memory_len`] values.
    pub(super) memory: &'a mut [T],
    /// [`places_len`] places.
    pub(super) places: &'a mut [u32],
}

/// Four parts of a plane: even and odd columns of even rows, and of odd rows.
struct Parts<'a, T> {
    parts: [&'a mut [T]; 4],
}

impl<T: Float> HotLoop for Backward<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let Planes { w, oh, ow, .. } = self.planes;
        let (pitch, len) = (ow + 1, part_len(self.planes));
        let (values, rest) = self.memory.split_at_mut(4 * len);
        let (gradients, windows) = rest.split_at_mut(4 * len);

        let taps = nine(self.planes, self.x, values);
        windows.fill(T::default());
        let places = &mut self.places[..len];
        places.fill(NOWHERE);
        for (y, grad) in self.grad.chunks_exact(ow).enumerate() {
            let row = y * pitch..y * pitch + ow;
            windows[row.clone()].copy_from_slice(grad);
            // The first place of a window, where its maximum is unless another is larger.
            let place = &mut places[row];
            place.fill(if y == 0 { 3 } else { 0 });
            place[0] += 1;
        }

        let count = taps[0].len();
        find(taps, &mut places[..count]);
        for y in 0..oh {
            places[y * pitch + ow] = NOWHERE;
        }

        let mut gradients = Parts::of(gradients, len);
        let at = |shift: usize| (&windows[shift..][..count], &places[shift..][..count]);
        let [ee, eo, oe, oo] = &mut gradients.parts;
        gather([at(0)], [4], &mut ee[..count]);
        gather([at(0), at(1)], [5, 3], &mut eo[..count]);
        gather([at(0), at(pitch)], [7, 1], &mut oe[..count]);
        gather(
            [at(0), at(1), at(pitch), at(pitch + 1)],
            [8, 6, 2, 0],
            &mut oo[..count],
        );
        for (y, line) in self.gx.chunks_exact_mut(w).enumerate() {
            let [even, odd] = gradients.rows(y % 2, y / 2 * pitch, pitch);
            put_together(even, odd, line);
        }
    }
}

impl<'a, T> Parts<'a, T> {
    #[inline(always)]
    fn of(values: &'a mut [T], len: usize) -> Self {
        let (even, odd) = values.split_at_mut(2 * len);
        let ((ee, eo), (oe, oo)) = (even.split_at_mut(len), odd.split_at_mut(len));
        Self {
            parts: [ee, eo, oe, oo],
        }
    }

    /// A row of the parts with even (0) or odd rows (1): its even and its odd columns.
    #[inline(always)]
    fn rows(&mut self, odd: usize, start: usize, len: usize) -> [&mut [T]; 2] {
        let [ee, eo, oe, oo] = &mut self.parts;
        let [even, odd] = if odd == 0 { [ee, eo] } else { [oe, oo] };
        [&mut even[start..][..len], &mut odd[start..][..len]]
    }
}

/// The nine places of all windows, in row-major order: windows from the first to the last, and with them those between
/// rows, which are nowhere.
#[inline(always)]
fn nine<'a, T: Float>(planes: Planes, x: &[T], memory: &'a mut [T]) -> [&'a [T]; 9] {
    let Planes { w, oh, ow, .. } = planes;
    let (pitch, count) = (ow + 1, oh * (ow + 1) - 1);
    // Odd rows and columns come one place later, for the padding before them.
    memory.fill(T::NEG_INFINITY);
    let mut parts = Parts::of(memory, part_len(planes));
    for (y, line) in x.chunks_exact(w).enumerate() {
        let [even, odd] = parts.rows(y % 2, y.div_ceil(2) * pitch, pitch);
        take_apart(line, even, &mut odd[1..]);
    }
    let [ee, eo, oe, oo] = parts.parts;
    let [ee, eo, oe, oo]: [&'a [T]; 4] = [ee, eo, oe, oo];
    [
        &oo[..count],
        &oe[..count],
        &oo[1..][..count],
        &eo[..count],
        &ee[..count],
        &eo[1..][..count],
        &oo[pitch..][..count],
        &oe[pitch..][..count],
        &oo[pitch + 1..][..count],
    ]
}

/// A line from its even and odd values.
#[inline(always)]
fn put_together<T: Float>(even: &[T], odd: &[T], line: &mut [T]) {
    let (pairs, rest) = line.as_chunks_mut::<2>();
    let (firsts, seconds) = (&even[..pairs.len()], &odd[..pairs.len()]);
    for index in 0..pairs.len() {
        pairs[index] = [firsts[index], seconds[index]];
    }
    if let [last] = rest {
        *last = even[pairs.len()];
    }
}

/// The place in each window, of its nine in row-major order, where the maximum is.
#[inline(always)]
fn find<T: Float>(taps: [&[T]; 9], places: &mut [u32]) {
    let count = places.len();
    let taps = taps.map(|tap| &tap[..count]);
    for index in 0..count {
        let (mut best, mut place) = (T::NEG_INFINITY, places[index]);
        for tap in 0..9 {
            let value = taps[tap][index];
            let wins = (value > best) | value.is_nan();
            best = if wins { value } else { best };
            place = if wins { tap as u32 } else { place };
        }
        places[index] = place;
    }
}

/// Sums what windows, one for each slice, give to a pixel that is a certain place of theirs.
#[inline(always)]
fn gather<T: Float, const N: usize>(windows: [(&[T], &[u32]); N], wanted: [u32; N], out: &mut [T]) {
    let count = out.len();
    let windows = windows.map(|(grads, places)| (&grads[..count], &places[..count]));
    for index in 0..count {
        let mut sum = T::default();
        for (window, wanted) in windows.iter().zip(wanted) {
            let (grad, place) = (window.0[index], window.1[index]);
            sum += if place == wanted { grad } else { T::default() };
        }
        out[index] = sum;
    }
}
