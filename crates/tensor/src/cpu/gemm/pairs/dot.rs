//! A few rows times a matrix, every number of which is read from where it lies.
#![allow(unsafe_code)] // Raw views.

use half::bf16;

use super::{Pairs, first_bits};
use crate::cpu::gemm::lanes::{Lanes, sum_of_lanes};
use crate::cpu::gemm::operands::MatRef;

/// Most rows that are worth it: with more of them packed panels are.
pub(crate) const MAX_ROWS: usize = 8;

/// Some columns of the product.
pub(crate) struct Dots {
    /// The left operand, `rows x depth`, at most [`MAX_ROWS`].
    pub(crate) left: *const bf16,
    pub(crate) left_stride: isize,
    pub(crate) rows: usize,
    /// The right operand, `depth x columns`, of which one stride is 1.
    pub(crate) right: MatRef<bf16>,
    pub(crate) columns: usize,
    pub(crate) depth: usize,
    /// The sums, `rows x columns`.
    pub(crate) dst: *mut f32,
    pub(crate) dst_stride: usize,
}

/// Registers that take partial sums: a multiplication then need not wait for the one before.
const SUMS: usize = 4;

/// Registers of pairs that are summed side by side where columns are.
const SIDE_BY_SIDE: usize = 4;

/// Multiplies; columns or rows of the right operand are contiguous.
///
/// # Safety
///
/// Operands and sums are valid for the sizes, and the machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn multiply<L: Pairs>(job: &Dots) {
    let left = |row: usize| job.left.wrapping_offset(row as isize * job.left_stride);
    // SAFETY: the contract above.
    unsafe {
        if job.right.row_stride == 1 {
            for column in 0..job.columns {
                let right = job.right.ptr.offset(column as isize * job.right.col_stride);
                for row in 0..job.rows {
                    *job.dst.add(row * job.dst_stride + column) =
                        dot::<L>(left(row), right, job.depth);
                }
            }
            return;
        }
        for column in (0..job.columns).step_by(2 * L::LEN * SIDE_BY_SIDE) {
            for row in 0..job.rows {
                sum_rows::<L>(job, left(row), column, job.dst.add(row * job.dst_stride));
            }
        }
    }
}

/// The sum of the right operand's rows, each as often as `left` says, from a column on.
///
/// # Safety
///
/// As for [`multiply`]; `left` holds a factor for each row, `dst` a number for each column.
#[inline(always)]
unsafe fn sum_rows<L: Pairs>(job: &Dots, left: *const bf16, column: usize, dst: *mut f32) {
    let step = 2 * L::LEN;
    let count = |s: usize| (job.columns - column).saturating_sub(s * step).min(step);
    let masks: [u32; SIDE_BY_SIDE] = std::array::from_fn(|s| first_bits(count(s)));
    // SAFETY: masks and counts keep to the columns.
    unsafe {
        let mut sums = [[L::zero(); 2]; SIDE_BY_SIDE];
        for k in 0..job.depth {
            let factor = L::splat((*left.add(k)).to_f32());
            let right = job.right.ptr.offset(k as isize * job.right.row_stride);
            for s in 0..SIDE_BY_SIDE {
                let (even, odd) = L::load_halves(right.wrapping_add(column + s * step), masks[s]);
                sums[s][0] = even.mul_add(factor, sums[s][0]);
                sums[s][1] = odd.mul_add(factor, sums[s][1]);
            }
        }
        for s in 0..SIDE_BY_SIDE {
            let (low, high) = sums[s][0].interleave(sums[s][1]);
            let dst = dst.wrapping_add(column + s * step);
            low.store_first(dst, count(s).min(L::LEN));
            high.store_first(dst.wrapping_add(L::LEN), count(s).saturating_sub(L::LEN));
        }
    }
}

/// # Safety
///
/// Both vectors hold `len` numbers, and the machine has the instruction set of `L`.
#[inline(always)]
unsafe fn dot<L: Pairs>(x: *const bf16, y: *const bf16, len: usize) -> f32 {
    let step = 2 * L::LEN;
    // SAFETY: whole registers stay within the vectors, the last one is masked.
    unsafe {
        let pairs = |of: *const bf16, at: usize| <L as Lanes>::load(of.add(at).cast());
        let mut sums = [L::zero(); SUMS];
        let mut at = 0;
        while at + SUMS * step <= len {
            for s in 0..SUMS {
                let here = at + s * step;
                sums[s] = sums[s].add_products(pairs(x, here), pairs(y, here));
            }
            at += SUMS * step;
        }
        while at < len {
            let mask = first_bits((len - at).min(step));
            let rest = |of: *const bf16| {
                let (even, odd) = L::load_halves(of.add(at), mask);
                even.pair(odd)
            };
            sums[0] = sums[0].add_products(rest(x), rest(y));
            at += step;
        }
        sum_of_lanes(sums[0].add(sums[1]).add(sums[2].add(sums[3])))
    }
}
