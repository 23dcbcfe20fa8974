//! Max pooling over 2x2 squares side by side, the one that halves feature maps: no square touches
//! another, so both directions are one pass without a search.
#![allow(unsafe_code)] // Checked indices of every second place would keep loops from vectors.

use super::super::float::Float;
use super::super::instruction_set::HotLoop;
use super::Planes;
use super::max::larger;
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

    #[inline(always)]
    fn run(self) {
        let Planes { w, ow, .. } = self.planes;
        if ow == 0 {
            return;
        }
        for (lines, y) in self.x.chunks_exact(2 * w).zip(self.y.chunks_exact_mut(ow)) {
            halve(&lines[..2 * ow], &lines[w..][..2 * ow], y);
        }
    }
}

/// The maxima of a line of squares.
#[inline(always)]
fn halve<T: Float>(above: &[T], below: &[T], y: &mut [T]) {
    assert!(above.len() >= 2 * y.len() && below.len() >= 2 * y.len());
    for (index, y) in y.iter_mut().enumerate() {
        // SAFETY: both lines hold two places per square.
        let [a, b, c, d] = unsafe { square(above, below, index) };
        *y = larger(larger(larger(a, b), c), d);
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

    #[inline(always)]
    fn run(self) {
        let Planes { w, oh, ow, .. } = self.planes;
        let (pooled, rest) = self.gx.split_at_mut(2 * oh * w);
        rest.fill(T::default());
        if ow == 0 {
            pooled.fill(T::default());
            return;
        }
        let lines = self
            .x
            .chunks_exact(2 * w)
            .zip(pooled.chunks_exact_mut(2 * w));
        for ((x, gx), grad) in lines.zip(self.grad.chunks_exact(ow)) {
            let (above, below) = (&x[..2 * ow], &x[w..][..2 * ow]);
            let (gx_above, gx_below) = gx.split_at_mut(w);
            gx_above[2 * ow..].fill(T::default());
            gx_below[2 * ow..].fill(T::default());
            scatter(
                above,
                below,
                grad,
                &mut gx_above[..2 * ow],
                &mut gx_below[..2 * ow],
            );
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
