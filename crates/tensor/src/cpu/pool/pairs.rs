//! Max pooling over 2x2 squares side by side, the one that halves feature maps: no square touches
//! another, so both directions are one pass without a search.
#![allow(unsafe_code)] // Checked indices of every second place would keep loops from vectors.

use super::super::float::Float;
use super::super::instruction_set::HotLoop;
use super::Planes;
use super::search::Ordered;
use crate::prim::Windows;

/// True if every window is a whole 2x2 square.
pub(super) fn fits(planes: Planes, windows: &Windows) -> bool {
    let squares = matches!(
        windows,
        Windows::Fixed {
            kernel: [2, 2],
            stride: [2, 2],
            padding: [0, 0],
            dilation: [1, 1],
            ..
        }
    );
    squares && 2 * planes.oh <= planes.h && 2 * planes.ow <= planes.w
}

/// The maxima of one plane.
pub(super) struct Forward<'a, T> {
    pub(super) planes: Planes,
    pub(super) x: &'a [T],
    pub(super) y: &'a mut [T],
}

impl<T: Float> HotLoop for Forward<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let Planes { w, ow, .. } = self.planes;
        if ow == 0 {
            return;
        }
        let mut wide = [T::default(); SHORT];
        for (line, y) in self.y.chunks_exact_mut(ow).enumerate() {
            let x = &self.x[line * 2 * w..];
            match filled_up(ow, w, x) {
                Some(squares) => {
                    let wide = &mut wide[..squares];
                    halve(&x[..2 * squares], &x[w..][..2 * squares], wide);
                    copy(&wide[..ow], y);
                }
                None => halve(&x[..2 * ow], &x[w..][..2 * ow], y),
            }
        }
    }
}

/// Squares that a loop treats at once: one over fewer would run number by number.
const ROUND: usize = 16;

/// Lines of so many squares, the last of which need not be whole rounds, are long enough for such loops.
const SHORT: usize = 64;

/// The squares of a short line filled up to whole rounds, if `x`, which begins with the line, goes on for as long.
#[inline(always)]
fn filled_up<T>(squares: usize, w: usize, x: &[T]) -> Option<usize> {
    let rounds = squares.next_multiple_of(ROUND);
    let short = squares < rounds && rounds <= SHORT;
    (short && w + 2 * rounds <= x.len()).then_some(rounds)
}

/// Copies few numbers without a call.
#[inline(always)]
fn copy<T: Float>(from: &[T], to: &mut [T]) {
    let (from_blocks, from_rest) = from.as_chunks::<4>();
    let (to_blocks, to_rest) = to.as_chunks_mut::<4>();
    for (to, from) in to_blocks.iter_mut().zip(from_blocks) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}

/// The maxima of a line of squares.
#[inline(always)]
fn halve<T: Float>(above: &[T], below: &[T], y: &mut [T]) {
    assert!(above.len() >= 2 * y.len() && below.len() >= 2 * y.len());
    for (index, y) in y.iter_mut().enumerate() {
        // SAFETY: both lines hold two places per square.
        let [a, b, c, d] = unsafe { square(above, below, index) };
        *y = a.larger(b).larger(c).larger(d);
    }
}

/// The places of one square in row-major order.
///
/// # Safety
/// Both lines hold at least `2 * index + 2` places.
#[inline(always)]
unsafe fn square<T: Float>(above: &[T], below: &[T], index: usize) -> [T; 4] {
    let (left, right) = (2 * index, 2 * index + 1);
    // SAFETY: by the caller's promise.
    unsafe {
        [
            *above.get_unchecked(left),
            *above.get_unchecked(right),
            *below.get_unchecked(left),
            *below.get_unchecked(right),
        ]
    }
}

/// The gradient of one plane.
pub(super) struct Backward<'a, T> {
    pub(super) planes: Planes,
    pub(super) x: &'a [T],
    pub(super) grad: &'a [T],
    pub(super) gx: &'a mut [T],
}

impl<T: Float> HotLoop for Backward<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let Planes { w, oh, ow, .. } = self.planes;
        let (pooled, rest) = self.gx.split_at_mut(2 * oh * w);
        rest.fill(T::default());
        if ow == 0 {
            pooled.fill(T::default());
            return;
        }
        let mut wide = [[T::default(); 2 * SHORT]; 2];
        for (line, gx) in pooled.chunks_exact_mut(2 * w).enumerate() {
            let (x, grad) = (&self.x[line * 2 * w..], &self.grad[line * ow..]);
            let (gx_above, gx_below) = gx.split_at_mut(w);
            gx_above[2 * ow..].fill(T::default());
            gx_below[2 * ow..].fill(T::default());
            let (gx_above, gx_below) = (&mut gx_above[..2 * ow], &mut gx_below[..2 * ow]);
            match filled_up(ow, w, x).filter(|&squares| squares <= grad.len()) {
                Some(squares) => {
                    let (above, below) = (&x[..2 * squares], &x[w..][..2 * squares]);
                    let [wide_above, wide_below] = &mut wide;
                    let wide_above = &mut wide_above[..2 * squares];
                    let wide_below = &mut wide_below[..2 * squares];
                    scatter(above, below, &grad[..squares], wide_above, wide_below);
                    copy(&wide_above[..2 * ow], gx_above);
                    copy(&wide_below[..2 * ow], gx_below);
                }
                None => {
                    let (above, below) = (&x[..2 * ow], &x[w..][..2 * ow]);
                    scatter(above, below, &grad[..ow], gx_above, gx_below);
                }
            }
        }
    }
}

/// Hands each gradient to its square's maximum and zero to the other three. Each slice is an argument
/// of its own, so that the compiler knows that none overlap.
#[inline(always)]
fn scatter<T: Float>(above: &[T], below: &[T], grad: &[T], gx_above: &mut [T], gx_below: &mut [T]) {
    let squares = grad.len();
    assert!(
        [above.len(), below.len(), gx_above.len(), gx_below.len()]
            .iter()
            .all(|&len| len >= 2 * squares)
    );
    let zero = T::default();
    for (index, &grad) in grad.iter().enumerate() {
        // SAFETY: both lines hold two places per square.
        let [a, b, c, d] = unsafe { square(above, below, index) };
        let second = (b > a) | b.is_nan();
        let best = if second { b } else { a };
        let third = (c > best) | c.is_nan();
        let best = if third { c } else { best };
        let fourth = (d > best) | d.is_nan();
        let (left, right) = (2 * index, 2 * index + 1);
        // SAFETY: as above.
        unsafe {
            *gx_above.get_unchecked_mut(left) = if second | third | fourth { zero } else { grad };
            *gx_above.get_unchecked_mut(right) = if second & !third & !fourth {
                grad
            } else {
                zero
            };
            *gx_below.get_unchecked_mut(left) = if third & !fourth { grad } else { zero };
            *gx_below.get_unchecked_mut(right) = if fourth { grad } else { zero };
        }
    }
}
