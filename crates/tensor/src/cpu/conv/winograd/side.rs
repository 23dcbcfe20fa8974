//! Winograd's transforms along one side of a tile: a few neighbouring results of a filter of three taps.
//!
//! A side of `RESULTS` results reads two source values more. With the filter `g`, the source `d` and the results `y`,
//! `y = A' [G g . B' d]`, and with results' gradients `e` the filter's gradient is `G' [A e . B' d]`, where `.`
//! multiplies [`POINTS`](Side::POINTS) values one by one. The matrices interpolate polynomials at 0, 1, -1 and infinity
//! for two results,
//!
//! ```text
//!      1  0 -1  0         1    0    0        1  0
//! B' = 0  1  1  0    G = 1/2  1/2  1/2   A = 1  1
//!      0 -1  1  0        1/2 -1/2  1/2       1 -1
//!      0  1  0 -1         0    0    1        0 -1
//! ```
//!
//! and at 0, `a`, `-a`, `b`, `-b` and infinity for four. `a` = 5/8 and `b` = 25/16 have about the least rounding of all
//! pairs, and powers that an `f32` holds exactly; `z` = 1/(a^2 b^2), `f` = 1/(2 a^2 (a^2 - b^2)) and
//! `h` = 1/(2 b^2 (b^2 - a^2)):
//!
//! ```text
//!      1/z   0   -a^2-b^2     0      1  0        z   0    0         1   0   0    0
//!       0  -ab^2   -b^2       a      1  0        f   fa  fa^2       1   a  a^2  a^3
//! B' =  0   ab^2   -b^2      -a      1  0    G = f  -fa  fa^2   A = 1  -a  a^2 -a^3
//!       0  -a^2b   -a^2       b      1  0        h   hb  hb^2       1   b  b^2  b^3
//!       0   a^2b   -a^2      -b      1  0        h  -hb  hb^2       1  -b  b^2 -b^3
//!       0   1/z      0    -a^2-b^2   0  1        0   0    1         0   0   0    1
//! ```
//!
//! A tile of four rows and two columns is then as exact as the sum of its nine products is; one of four by four, whose
//! errors multiply, would not be.
//!
//! Lavin and Gray, [Fast Algorithms for Convolutional Neural Networks](https://arxiv.org/abs/1509.09308);
//! Barabasz et al., [Error Analysis and Improving the Accuracy of Winograd Convolution](https://arxiv.org/abs/1803.10986).
#![allow(unsafe_code)] // Vector instructions behind run-time detection.

use crate::cpu::gemm::lanes::Lanes;

/// Most results of a side, and most points.
pub(crate) const MAX_RESULTS: usize = 4;
pub(crate) const MAX_POINTS: usize = MAX_RESULTS + 2;

/// Of these the first [`Side::RESULTS`] count.
pub(crate) type Results<L> = [L; MAX_RESULTS];

/// Of these the first [`Side::POINTS`] count.
pub(crate) type Points<L> = [L; MAX_POINTS];

/// # Safety
///
/// Every method requires the instruction set of `L`.
pub(crate) trait Side {
    const RESULTS: usize;
    const POINTS: usize = Self::RESULTS + 2;

    /// `G g`.
    unsafe fn spread_filter<L: Lanes>(g: [L; 3]) -> Points<L>;
    /// `B' d`.
    unsafe fn spread_source<L: Lanes>(d: Points<L>) -> Points<L>;
    /// `A' m`.
    unsafe fn gather_target<L: Lanes>(m: Points<L>) -> Results<L>;
    /// `A e`.
    unsafe fn spread_grad<L: Lanes>(e: Results<L>) -> Points<L>;
    /// `G' s`.
    unsafe fn gather_filter<L: Lanes>(s: Points<L>) -> [L; 3];
}

/// Two results.
pub(crate) struct Two;

// SAFETY (of the blocks below): the caller has the instruction set.
impl Side for Two {
    const RESULTS: usize = 2;

    #[inline(always)]
    unsafe fn spread_filter<L: Lanes>(g: [L; 3]) -> Points<L> {
        // SAFETY: see above.
        unsafe {
            let half = L::splat(0.5);
            let outer = g[0].add(g[2]);
            let plus = outer.add(g[1]).mul(half);
            let minus = outer.sub(g[1]).mul(half);
            [g[0], plus, minus, g[2], L::zero(), L::zero()]
        }
    }

    #[inline(always)]
    unsafe fn spread_source<L: Lanes>(d: Points<L>) -> Points<L> {
        // SAFETY: see above.
        unsafe {
            [
                d[0].sub(d[2]),
                d[1].add(d[2]),
                d[2].sub(d[1]),
                d[1].sub(d[3]),
                L::zero(),
                L::zero(),
            ]
        }
    }

    #[inline(always)]
    unsafe fn gather_target<L: Lanes>(m: Points<L>) -> Results<L> {
        // SAFETY: see above.
        unsafe {
            [
                m[0].add(m[1]).add(m[2]),
                m[1].sub(m[2]).sub(m[3]),
                L::zero(),
                L::zero(),
            ]
        }
    }

    #[inline(always)]
    unsafe fn spread_grad<L: Lanes>(e: Results<L>) -> Points<L> {
        // SAFETY: see above.
        unsafe {
            [
                e[0],
                e[0].add(e[1]),
                e[0].sub(e[1]),
                L::zero().sub(e[1]),
                L::zero(),
                L::zero(),
            ]
        }
    }

    #[inline(always)]
    unsafe fn gather_filter<L: Lanes>(s: Points<L>) -> [L; 3] {
        // SAFETY: see above.
        unsafe {
            let half = L::splat(0.5);
            let even = s[1].add(s[2]);
            [
                even.mul_add(half, s[0]),
                s[1].sub(s[2]).mul(half),
                even.mul_add(half, s[3]),
            ]
        }
    }
}

/// Four results.
pub(crate) struct Four;

/// The points of four results but zero and infinity, with both signs, and their squares and cubes.
const NEAR: f32 = 5.0 / 8.0;
const FAR: f32 = 25.0 / 16.0;
const NEAR_SQUARE: f32 = NEAR * NEAR;
const FAR_SQUARE: f32 = FAR * FAR;
const NEAR_CUBE: f32 = NEAR * NEAR_SQUARE;
const FAR_CUBE: f32 = FAR * FAR_SQUARE;
const SUM_OF_SQUARES: f32 = NEAR_SQUARE + FAR_SQUARE;
const PRODUCT_OF_SQUARES: f32 = NEAR_SQUARE * FAR_SQUARE;

/// What filters are scaled by at zero, at the near points and at the far ones.
const ZERO_SCALE: f32 = 1.0 / PRODUCT_OF_SQUARES;
const NEAR_SCALE: f32 = 0.5 / (NEAR_SQUARE * (NEAR_SQUARE - FAR_SQUARE));
const FAR_SCALE: f32 = 0.5 / (FAR_SQUARE * (FAR_SQUARE - NEAR_SQUARE));

// SAFETY (of the blocks below): the caller has the instruction set.
impl Side for Four {
    const RESULTS: usize = 4;

    #[inline(always)]
    unsafe fn spread_filter<L: Lanes>(g: [L; 3]) -> Points<L> {
        // SAFETY: see above.
        unsafe {
            let near = g[2].mul_add(L::splat(NEAR_SQUARE), g[0]);
            let far = g[2].mul_add(L::splat(FAR_SQUARE), g[0]);
            let (plus, minus) = (L::splat(NEAR), L::splat(-NEAR));
            let (far_plus, far_minus) = (L::splat(FAR), L::splat(-FAR));
            let (near_scale, far_scale) = (L::splat(NEAR_SCALE), L::splat(FAR_SCALE));
            [
                g[0].mul(L::splat(ZERO_SCALE)),
                g[1].mul_add(plus, near).mul(near_scale),
                g[1].mul_add(minus, near).mul(near_scale),
                g[1].mul_add(far_plus, far).mul(far_scale),
                g[1].mul_add(far_minus, far).mul(far_scale),
                g[2],
            ]
        }
    }

    #[inline(always)]
    unsafe fn spread_source<L: Lanes>(d: Points<L>) -> Points<L> {
        // SAFETY: see above.
        unsafe {
            let squares = L::splat(-SUM_OF_SQUARES);
            let (near_square, far_square) = (L::splat(-NEAR_SQUARE), L::splat(-FAR_SQUARE));
            let (near_even, near_odd) = (
                d[2].mul_add(far_square, d[4]),
                d[1].mul_add(far_square, d[3]),
            );
            let (far_even, far_odd) = (
                d[2].mul_add(near_square, d[4]),
                d[1].mul_add(near_square, d[3]),
            );
            [
                d[2].mul_add(squares, d[0].mul_add(L::splat(PRODUCT_OF_SQUARES), d[4])),
                near_odd.mul_add(L::splat(NEAR), near_even),
                near_odd.mul_add(L::splat(-NEAR), near_even),
                far_odd.mul_add(L::splat(FAR), far_even),
                far_odd.mul_add(L::splat(-FAR), far_even),
                d[3].mul_add(squares, d[1].mul_add(L::splat(PRODUCT_OF_SQUARES), d[5])),
            ]
        }
    }

    #[inline(always)]
    unsafe fn gather_target<L: Lanes>(m: Points<L>) -> Results<L> {
        // SAFETY: see above.
        unsafe {
            let (near_even, near_odd) = (m[1].add(m[2]), m[1].sub(m[2]));
            let (far_even, far_odd) = (m[3].add(m[4]), m[3].sub(m[4]));
            let near_cubes = near_odd.mul_add(L::splat(NEAR_CUBE), m[5]);
            [
                m[0].add(near_even).add(far_even),
                far_odd.mul_add(L::splat(FAR), near_odd.mul(L::splat(NEAR))),
                far_even.mul_add(L::splat(FAR_SQUARE), near_even.mul(L::splat(NEAR_SQUARE))),
                far_odd.mul_add(L::splat(FAR_CUBE), near_cubes),
            ]
        }
    }

    #[inline(always)]
    unsafe fn spread_grad<L: Lanes>(e: Results<L>) -> Points<L> {
        // SAFETY: see above.
        unsafe {
            let (near_square, far_square) = (L::splat(NEAR_SQUARE), L::splat(FAR_SQUARE));
            let (near_even, near_odd) = (
                e[2].mul_add(near_square, e[0]),
                e[3].mul_add(near_square, e[1]),
            );
            let (far_even, far_odd) = (
                e[2].mul_add(far_square, e[0]),
                e[3].mul_add(far_square, e[1]),
            );
            [
                e[0],
                near_odd.mul_add(L::splat(NEAR), near_even),
                near_odd.mul_add(L::splat(-NEAR), near_even),
                far_odd.mul_add(L::splat(FAR), far_even),
                far_odd.mul_add(L::splat(-FAR), far_even),
                e[3],
            ]
        }
    }

    #[inline(always)]
    unsafe fn gather_filter<L: Lanes>(s: Points<L>) -> [L; 3] {
        // SAFETY: see above.
        unsafe {
            let (near_scale, far_scale) = (L::splat(NEAR_SCALE), L::splat(FAR_SCALE));
            let near_even = s[1].add(s[2]).mul(near_scale);
            let near_odd = s[1].sub(s[2]).mul(near_scale);
            let far_even = s[3].add(s[4]).mul(far_scale);
            let far_odd = s[3].sub(s[4]).mul(far_scale);
            [
                s[0].mul_add(L::splat(ZERO_SCALE), near_even).add(far_even),
                far_odd.mul_add(L::splat(FAR), near_odd.mul(L::splat(NEAR))),
                far_even.mul_add(
                    L::splat(FAR_SQUARE),
                    near_even.mul_add(L::splat(NEAR_SQUARE), s[5]),
                ),
            ]
        }
    }
}
