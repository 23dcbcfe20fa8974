//! Max pooling over 2x2 squares side by side, the one that halves feature maps: no square touches
//! another, so both directions are one pass without a search.

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
            let (above, below) = (&lines[..2 * ow], &lines[w..][..2 * ow]);
            let (a16, a) = above.as_chunks::<16>();
            let (b16, b) = below.as_chunks::<16>();
            let (y8, y) = y.as_chunks_mut::<8>();
            for ((a, b), y) in a16.iter().zip(b16).zip(y8) {
                halve(a, b, y);
            }
            let (a8, a) = a.as_chunks::<8>();
            let (b8, b) = b.as_chunks::<8>();
            let (y4, y) = y.as_chunks_mut::<4>();
            for ((a, b), y) in a8.iter().zip(b8).zip(y4) {
                halve(a, b, y);
            }
            for ((a, b), y) in a.as_chunks::<2>().0.iter().zip(b.as_chunks::<2>().0).zip(y) {
                *y = larger(larger(larger(a[0], a[1]), b[0]), b[1]);
            }
        }
    }
}

/// `OUT` squares, `IN` places of each of the two lines.
#[inline(always)]
fn halve<T: Float, const IN: usize, const OUT: usize>(a: &[T; IN], b: &[T; IN], y: &mut [T; OUT]) {
    let mut column = *a;
    for index in 0..IN {
        column[index] = larger(column[index], b[index]);
    }
    for index in 0..OUT {
        y[index] = larger(column[2 * index], column[2 * index + 1]);
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
            let (a16, a) = above.as_chunks::<16>();
            let (b16, b) = below.as_chunks::<16>();
            let (ga16, ga) = gx_above[..2 * ow].as_chunks_mut::<16>();
            let (gb16, gb) = gx_below[..2 * ow].as_chunks_mut::<16>();
            let (g8, g) = grad.as_chunks::<8>();
            for ((((a, b), g), ga), gb) in a16.iter().zip(b16).zip(g8).zip(ga16).zip(gb16) {
                spread(a, b, g, ga, gb);
            }
            let (a8, a) = a.as_chunks::<8>();
            let (b8, b) = b.as_chunks::<8>();
            let (ga8, ga) = ga.as_chunks_mut::<8>();
            let (gb8, gb) = gb.as_chunks_mut::<8>();
            let (g4, g) = g.as_chunks::<4>();
            for ((((a, b), g), ga), gb) in a8.iter().zip(b8).zip(g4).zip(ga8).zip(gb8) {
                spread(a, b, g, ga, gb);
            }
            let (a, b) = (a.as_chunks::<2>().0, b.as_chunks::<2>().0);
            let (ga, gb) = (ga.as_chunks_mut::<2>().0, gb.as_chunks_mut::<2>().0);
            for ((((a, b), &g), ga), gb) in a.iter().zip(b).zip(g).zip(ga).zip(gb) {
                spread(a, b, &[g], ga, gb);
            }
        }
    }
}

/// Hands each gradient to its square's maximum and zero to the other three.
#[inline(always)]
fn spread<T: Float, const IN: usize, const OUT: usize>(
    a: &[T; IN],
    b: &[T; IN],
    grad: &[T; OUT],
    ga: &mut [T; IN],
    gb: &mut [T; IN],
) {
    let zero = T::default();
    for index in 0..OUT {
        let (left, right) = (2 * index, 2 * index + 1);
        let best = a[left];
        let second = a[right] > best || a[right].is_nan();
        let best = if second { a[right] } else { best };
        let third = b[left] > best || b[left].is_nan();
        let best = if third { b[left] } else { best };
        let fourth = b[right] > best || b[right].is_nan();
        let fourth_or_third = third | fourth;
        gb[right] = if fourth { grad[index] } else { zero };
        gb[left] = if third & !fourth { grad[index] } else { zero };
        ga[right] = if second & !fourth_or_third {
            grad[index]
        } else {
            zero
        };
        ga[left] = if second | fourth_or_third {
            zero
        } else {
            grad[index]
        };
    }
}
