//! The f64 product: panels packed per block of the depth, and one tile kernel that is compiled for each
//! instruction set.
//!
//! Doubles are for references, statistics and decompositions, so the kernel is short rather than
//! tuned for every shape.
#![allow(unsafe_code)] // Raw views, and code compiled for an instruction set found at run time.

use super::kernels::Isa;
use super::operands::{Bias, Epilogue, MatMut, MatRef, Size, Store};
use super::single::finish;
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Largest side of the block of the destination that a task computes.
const BLOCK: usize = 128;
/// Longest block of the depth, so that a task's panels stay in the second-level cache.
const DEPTH: usize = 256;

/// One task: a block of the destination, as the caller's views shifted to its corner.
struct Task {
    size: Size,
    left: MatRef<f64>,
    right: MatRef<f64>,
    dst: MatMut<f64>,
    store: Store,
    /// Room for the packed panels of both operands.
    panels: *mut f64,
}

/// Values of panels that one task needs, on any instruction set.
const PANELS: usize = 2 * BLOCK.next_multiple_of(24) * DEPTH;

/// Values of the largest tile.
const MAX_TILE: usize = 8 * 24;

/// # Safety
///
/// The contract of [`gemm`](super::gemm), sizes not zero, and the instruction set of `isa`.
pub(super) unsafe fn product(
    isa: Isa,
    size: Size,
    left: MatRef<f64>,
    right: MatRef<f64>,
    dst: MatMut<f64>,
    store: Store,
    epilogue: Epilogue<f64>,
    parallel: Parallel,
) {
    let (row_blocks, column_blocks) = (size.m.div_ceil(BLOCK), size.n.div_ceil(BLOCK));
    let parallel = parallel.if_worth(size.flops());
    let scratch = Scratch::<f64>::take(parallel.slots() * PANELS);
    let panels = MatMut {
        ptr: scratch.as_ptr(),
        row_stride: PANELS as isize,
        col_stride: 1,
    };
    parallel.for_each(row_blocks * column_blocks, |task, slot| {
        let rows = run(size.m, row_blocks, task % row_blocks);
        let columns = run(size.n, column_blocks, task / row_blocks);
        let (row, column) = (rows.start as isize, columns.start as isize);
        let block = Size {
            m: rows.len(),
            n: columns.len(),
            k: size.k,
        };
        let dst = dst.shifted(row * dst.row_stride + column * dst.col_stride);
        let task = Task {
            size: block,
            left: left.shifted(row * left.row_stride),
            right: right.shifted(column * right.col_stride),
            dst,
            store,
            panels: panels.shifted(slot as isize * panels.row_stride).ptr,
        };
        // SAFETY: the block lies within the caller's matrices, blocks do not overlap, slots have
        // panels of their own, and the processor has the instruction set.
        unsafe {
            match isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => avx512(&task),
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => avx2(&task),
                Isa::Portable => multiply::<[f64; 2], 4, 2>(&task),
            }
        }
        let plain = matches!(epilogue.bias, Bias::None) && epilogue.activation == Activation::None;
        if !plain {
            let sums = MatRef {
                ptr: dst.ptr.cast_const(),
                row_stride: dst.row_stride,
                col_stride: dst.col_stride,
            };
            // SAFETY: the block's values are all written, and the bias is as long as the caller's
            // matrix.
            unsafe {
                let bias = match epilogue.bias {
                    Bias::None => Bias::None,
                    Bias::Rows(ptr) => Bias::Rows(ptr.add(rows.start)),
                    Bias::Columns(ptr) => Bias::Columns(ptr.add(columns.start)),
                };
                let epilogue = Epilogue { bias, ..epilogue };
                finish(block, sums, dst, Store::Overwrite, epilogue);
            }
        }
    });
}

/// # Safety
///
/// As for [`multiply`], on a processor with the features.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512(task: &Task) {
    // SAFETY: the caller's contract.
    unsafe { multiply::<std::arch::x86_64::__m512d, 8, 3>(task) }
}

/// # Safety
///
/// As for [`multiply`], on a processor with the features.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(task: &Task) {
    // SAFETY: the caller's contract.
    unsafe { multiply::<std::arch::x86_64::__m256d, 4, 3>(task) }
}

/// Computes a block in tiles of `ROWS` rows and `VECTORS` registers of columns.
///
/// # Safety
///
/// The task's views are valid for its sizes, its panels for [`PANELS`] values, and the processor has
/// the instruction set of `V`.
#[inline(always)]
unsafe fn multiply<V: Doubles, const ROWS: usize, const VECTORS: usize>(task: &Task) {
    let width = VECTORS * V::LEN;
    let mut sums = [0.0; MAX_TILE];
    let Size { m, n, k } = task.size;
    let right_panels = task.panels.wrapping_add(PANELS / 2);
    for start in (0..k).step_by(DEPTH) {
        let depth = DEPTH.min(k - start);
        let left = task.left.shifted(start as isize * task.left.col_stride);
        let right = task.right.shifted(start as isize * task.right.row_stride);
        let accumulate = start > 0 || task.store == Store::Accumulate;
        // SAFETY: a panel holds `depth` steps of as many rows (columns) as a tile has; all panels
        // of a block fit, since its sides are at most `BLOCK`.
        unsafe {
            pack(left, m, depth, ROWS, task.panels);
            pack(right.t(), n, depth, width, right_panels);
            for column in (0..n).step_by(width) {
                for row in (0..m).step_by(ROWS) {
                    let tile = tile::<V, ROWS, VECTORS>(
                        depth,
                        task.panels.add(row * depth),
                        right_panels.add(column * depth),
                    );
                    for r in 0..ROWS {
                        for v in 0..VECTORS {
                            tile[r][v].store(sums.as_mut_ptr().add(r * width + v * V::LEN));
                        }
                    }
                    let corner = (row as isize * task.dst.row_stride)
                        + (column as isize * task.dst.col_stride);
                    let dst = task.dst.shifted(corner);
                    for r in 0..ROWS.min(m - row) {
                        let line = dst.ptr.offset(r as isize * dst.row_stride);
                        for c in 0..width.min(n - column) {
                            let slot = line.offset(c as isize * dst.col_stride);
                            let before = if accumulate { *slot } else { 0.0 };
                            *slot = before + sums[r * width + c];
                        }
                    }
                }
            }
        }
    }
}

/// Copies rows into panels of `width` of them, `[panel][depth][width]`, zeros beyond the last row.
///
/// # Safety
///
/// `src` is valid for `rows x depth` values and `dst` for the panels.
#[inline(always)]
unsafe fn pack(src: MatRef<f64>, rows: usize, depth: usize, width: usize, dst: *mut f64) {
    for panel in (0..rows).step_by(width) {
        let inside = width.min(rows - panel);
        for step in 0..depth {
            // SAFETY: rows and steps are within the sizes of the contract.
            unsafe {
                let from = src
                    .ptr
                    .offset(panel as isize * src.row_stride + step as isize * src.col_stride);
                let to = dst.add(panel * depth + step * width);
                for row in 0..inside {
                    to.add(row)
                        .write(*from.offset(row as isize * src.row_stride));
                }
                for row in inside..width {
                    to.add(row).write(0.0);
                }
            }
        }
    }
}

/// The sums of one tile, each added up in the order of the depth.
///
/// # Safety
///
/// The panels hold `depth` steps of `ROWS` values and of `VECTORS` registers, and the processor has
/// the instruction set of `V`.
#[inline(always)]
unsafe fn tile<V: Doubles, const ROWS: usize, const VECTORS: usize>(
    depth: usize,
    left: *const f64,
    right: *const f64,
) -> [[V; VECTORS]; ROWS] {
    // SAFETY: by the contract.
    unsafe {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        for step in 0..depth {
            let mut columns = [V::splat(0.0); VECTORS];
            for v in 0..VECTORS {
                columns[v] = V::load(right.add((step * VECTORS + v) * V::LEN));
            }
            for r in 0..ROWS {
                let factor = V::splat(*left.add(step * ROWS + r));
                for v in 0..VECTORS {
                    sums[r][v] = factor.mul_add(columns[v], sums[r][v]);
                }
            }
        }
        sums
    }
}

/// A register of doubles.
///
/// # Safety
///
/// Every method requires the instruction set of the implementation.
trait Doubles: Copy {
    /// Number of values.
    const LEN: usize;
    /// All lanes `x`.
    unsafe fn splat(x: f64) -> Self;
    /// `LEN` consecutive values, which must be valid.
    unsafe fn load(src: *const f64) -> Self;
    /// Writes all lanes to where `LEN` values have room.
    unsafe fn store(self, dst: *mut f64);
    /// `self * factor + addend`, fused where the instruction set can.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
}

impl Doubles for [f64; 2] {
    const LEN: usize = 2;
    #[inline(always)]
    unsafe fn splat(x: f64) -> Self {
        [x; 2]
    }
    #[inline(always)]
    unsafe fn load(src: *const f64) -> Self {
        // SAFETY: by the contract.
        unsafe { src.cast::<Self>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, dst: *mut f64) {
        // SAFETY: by the contract.
        unsafe { dst.cast::<Self>().write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        std::array::from_fn(|i| self[i] * factor[i] + addend[i])
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Doubles;
    use std::arch::x86_64::*;

    /// Implements [`Doubles`] by the intrinsics of one register width.
    macro_rules! doubles {
        ($register:ty, $len:literal, $splat:ident, $load:ident, $store:ident, $mul_add:ident) => {
            impl Doubles for $register {
                const LEN: usize = $len;
                #[inline(always)]
                unsafe fn splat(x: f64) -> Self {
                    // SAFETY: by the contract.
                    unsafe { $splat(x) }
                }
                #[inline(always)]
                unsafe fn load(src: *const f64) -> Self {
                    // SAFETY: by the contract.
                    unsafe { $load(src) }
                }
                #[inline(always)]
                unsafe fn store(self, dst: *mut f64) {
                    // SAFETY: by the contract.
                    unsafe { $store(dst, self) }
                }
                #[inline(always)]
                unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
                    // SAFETY: by the contract.
                    unsafe { $mul_add(self, factor, addend) }
                }
            }
        };
    }
    doubles!(
        __m256d,
        4,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_fmadd_pd
    );
    doubles!(
        __m512d,
        8,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_fmadd_pd
    );
}
