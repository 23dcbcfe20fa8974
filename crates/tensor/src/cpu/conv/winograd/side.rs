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
//! and at 0, `a`, `-a`, `b`, `-b` and infinity for four, where `a` = 2/3 and `b` = 3/2 are the simplest of the points with
//! the least rounding, `a^2 + b^2` = 97/36, `f` = -81/130 and `h` = 8/65:
//!
//! ```text
//!      1   0   -97/36   0     1  0        1   0    0         1   0   0    0
//!      0 -9a/4  -9/4    a     1  0        f   fa  4f/9       1   a  a^2  a^3
//! B' = 0  9a/4  -9/4   -a     1  0    G = f  -fa  4f/9   A = 1  -a  a^2 -a^3
//!      0 -4b/9  -4/9    b     1  0        h   hb  9h/4       1   b  b^2  b^3
//!      0  4b/9  -4/9   -b     1  0        h  -hb  9h/4       1  -b  b^2 -b^3
//!      0   1      0   -97/36  0  1        0   0    1         0   0   0    1
//! ```
//!
//! A tile of four rows and two columns is then as exact as the sum of its nine products is; one of four by four, whose
//! errors multiply, would not be.
//!
//! Lavin and Gray, [Fast Algorithms for Convolutional Neural Networks](https://arxiv.org/abs/1509.09308); Barabasz et al.,
//! [Error Analysis and Improving the Accuracy of Winograd Convolution](https://arxiv.org/abs/1803.10986).
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
const NEAR: f32 = 2.0 / 3.0;
const FAR: f32 = 3.0 / 2.0;
const NEAR_SQUARE: f32 = 4.0 / 9.0;
const FAR_SQUARE: f32 = 9.0 / 4.0;
const NEAR_CUBE: f32 = 8.0 / 27.0;
const FAR_CUBE: f32 = 27.0 / 8.0;

/// What filters are scaled by at these points.
const NEAR_SCALE: f32 = -81.0 / 130.0;
const FAR_SCALE: f32 = 8.0 / 65.0;

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
                g[0],
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
            let squares = L::splat(-97.0 / 36.0);
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
                d[2].mul_add(squares, d[0].add(d[4])),
                near_odd.mul_add(L::splat(NEAR), near_even),
                near_odd.mul_add(L::splat(-NEAR), near_even),
                far_odd.mul_add(L::splat(FAR), far_even),
                far_odd.mul_add(L::splat(-FAR), far_even),
                d[3].mul_add(squares, d[1].add(d[5])),
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
                s[0].add(near_even).add(far_even),
                far_odd.mul_add(L::splat(FAR), near_odd.mul(L::splat(NEAR))),
                far_even.mul_add(
                    L::splat(FAR_SQUARE),
                    near_even.mul_add(L::splat(NEAR_SQUARE), s[5]),
                ),
            ]
        }
    }
}

/// Points of a row, which has two results.
pub(super) const ACROSS: usize = Two::POINTS;

/// The rows of a tile, of which the first that its height has count.
pub(super) type Rows<L> = [[L; ACROSS]; MAX_POINTS];

// Loops over registers that the compiler does not unroll would keep them in memory: so these are written out.

/// A row of the source, transformed.
#[inline(always)]
pub(super) unsafe fn spread_row<L: Lanes>([a, b, c, d]: [L; ACROSS]) -> [L; ACROSS] {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let zero = L::zero();
        let [a, b, c, d, ..] = Two::spread_source([a, b, c, d, zero, zero]);
        [a, b, c, d]
    }
}

/// Some column of rows.
#[inline(always)]
pub(super) fn column<L: Lanes>(rows: &Rows<L>, x: usize) -> Points<L> {
    [
        rows[0][x], rows[1][x], rows[2][x], rows[3][x], rows[4][x], rows[5][x],
    ]
}

/// The points of a column, read one by one.
#[inline(always)]
pub(super) unsafe fn points_of<S: Side, L: Lanes>(at: impl Fn(usize) -> L) -> Points<L> {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let high = |y: usize| if y < S::POINTS { at(y) } else { L::zero() };
        [at(0), at(1), at(2), at(3), high(4), high(5)]
    }
}

/// The rows of columns of sums, transformed along the columns.
#[inline(always)]
pub(super) unsafe fn gather_rows<S: Side, L: Lanes>(
    at: impl Fn(usize, usize) -> L,
) -> [[L; ACROSS]; MAX_RESULTS] {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let [a, b, c, d] = [
            S::gather_target(points_of::<S, L>(|y| at(y, 0))),
            S::gather_target(points_of::<S, L>(|y| at(y, 1))),
            S::gather_target(points_of::<S, L>(|y| at(y, 2))),
            S::gather_target(points_of::<S, L>(|y| at(y, 3))),
        ];
        let row = |y: usize| [a[y], b[y], c[y], d[y]];
        [row(0), row(1), row(2), row(3)]
    }
}

/// The two results of a row of sums.
#[inline(always)]
pub(super) unsafe fn gather_row<L: Lanes>([a, b, c, d]: [L; ACROSS]) -> [L; 2] {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let zero = L::zero();
        let [even, odd, ..] = Two::gather_target([a, b, c, d, zero, zero]);
        [even, odd]
    }
}

/// Writes the points of column `x`, the first `count` lanes of each.
#[inline(always)]
pub(super) unsafe fn store_column<S: Side, L: Lanes>(
    points: Points<L>,
    x: usize,
    dst: *mut f32,
    point: usize,
    count: usize,
) {
    // SAFETY: the caller has the instruction set, and room for the points.
    unsafe {
        for y in 0..S::POINTS {
            let dst = dst.add((ACROSS * y + x) * point);
            match count == L::LEN {
                true => points[y].store(dst),
                false => points[y].store_first(dst, count),
            }
        }
    }
}

/// Transforms the columns of a source's rows and writes their points.
#[inline(always)]
pub(super) unsafe fn store_columns<S: Side, L: Lanes>(
    rows: &Rows<L>,
    dst: *mut f32,
    point: usize,
    count: usize,
) {
    // SAFETY: the same contract.
    unsafe {
        store_column::<S, L>(S::spread_source(column(rows, 0)), 0, dst, point, count);
        store_column::<S, L>(S::spread_source(column(rows, 1)), 1, dst, point, count);
        store_column::<S, L>(S::spread_source(column(rows, 2)), 2, dst, point, count);
        store_column::<S, L>(S::spread_source(column(rows, 3)), 3, dst, point, count);
    }
}
