//! Matrix times vector: every element of the matrix is read once, from where it lies.
#![allow(unsafe_code)] // Raw views, and instructions behind run-time detection.

use super::kernels::Isa;
use super::lanes::{Lanes, MAX_LANES, sum_of_lanes};
use super::operands::{Bias, Epilogue, MatMut, MatRef, Size, Store};
use super::single::finish;
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Elements of the matrix one task should read.
const TASK_ELEMENTS: usize = 1 << 17;

/// Some rows of a matrix times a vector of which element `k` is `vector[k]`.
pub(super) struct Rows {
    pub(super) matrix: MatRef<f32>,
    pub(super) rows: usize,
    pub(super) depth: usize,
    pub(super) vector: *const f32,
    pub(super) dst: *mut f32,
}

/// Registers that take partial sums: a multiplication then need not wait for the one before.
const SUMS: usize = 4;

/// Multiplies rows that are contiguous, or whose columns are. Sums have an order of their own,
/// the same for any split of the rows.
///
/// # Safety
///
/// The matrix, the vector and the destination are valid for the sizes, the matrix has a unit
/// stride, and the machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn multiply<L: Lanes>(job: &Rows) {
    // SAFETY: the contract above; partial registers go through `load_first`.
    unsafe {
        if job.matrix.col_stride == 1 {
            for row in 0..job.rows {
                let matrix = job.matrix.ptr.offset(row as isize * job.matrix.row_stride);
                *job.dst.add(row) = dot::<L>(matrix, job.vector, job.depth);
            }
            return;
        }
        for row in (0..job.rows).step_by(SUMS * L::LEN) {
            let matrix = job.matrix.ptr.add(row);
            let mut counts = [0; SUMS];
            let mut sums = [L::zero(); SUMS];
            for s in 0..SUMS {
                counts[s] = (job.rows - row).saturating_sub(s * L::LEN).min(L::LEN);
            }
            for k in 0..job.depth {
                let column = matrix.wrapping_offset(k as isize * job.matrix.col_stride);
                let factor = L::splat(*job.vector.add(k));
                for s in 0..SUMS {
                    let values = L::load_first(column.wrapping_add(s * L::LEN), counts[s]);
                    sums[s] = factor.mul_add(values, sums[s]);
                }
            }
            for s in 0..SUMS {
                sums[s].store_first(job.dst.wrapping_add(row + s * L::LEN), counts[s]);
            }
        }
    }
}

/// The inner product of two contiguous vectors.
#[inline(always)]
unsafe fn dot<L: Lanes>(x: *const f32, y: *const f32, len: usize) -> f32 {
    // SAFETY: the caller's vectors hold `len` values.
    unsafe {
        let mut sums = [L::zero(); SUMS];
        let mut at = 0;
        while at + SUMS * L::LEN <= len {
            for s in 0..SUMS {
                let here = at + s * L::LEN;
                sums[s] = L::load(x.add(here)).mul_add(L::load(y.add(here)), sums[s]);
            }
            at += SUMS * L::LEN;
        }
        while at < len {
            let count = (len - at).min(L::LEN);
            sums[0] =
                L::load_first(x.add(at), count).mul_add(L::load_first(y.add(at), count), sums[0]);
            at += count;
        }
        sum_of_lanes(sums[0].add(sums[1]).add(sums[2].add(sums[3])))
    }
}

/// Adds the bias to finished sums, and applies the activation.
///
/// # Safety
///
/// The bias holds a number for each row, or one for the column.
unsafe fn finish_in_place(sums: &mut [f32], epilogue: Epilogue<f32>) {
    // SAFETY: the caller's contract.
    unsafe {
        match epilogue.bias {
            Bias::None => {}
            Bias::Rows(bias) => {
                let bias = std::slice::from_raw_parts(bias, sums.len());
                sums.iter_mut().zip(bias).for_each(|(sum, b)| *sum += b);
            }
            Bias::Columns(bias) => sums.iter_mut().for_each(|sum| *sum += *bias),
        }
    }
    if epilogue.activation == Activation::Relu {
        for sum in sums {
            *sum = if *sum < 0.0 { 0.0 } else { *sum };
        }
    }
}

/// `dst = matrix x vector` for a matrix with a unit stride; `size.n` is 1.
///
/// # Safety
///
/// The contract of [`gemm`](super::gemm), sizes not zero, and the instruction set.
pub(super) unsafe fn product(
    isa: Isa,
    size: Size,
    matrix: MatRef<f32>,
    vector: MatRef<f32>,
    dst: MatMut<f32>,
    store: Store,
    epilogue: Epilogue<f32>,
    parallel: Parallel,
) {
    let Size { m, k, .. } = size;
    let scratch = Scratch::<f32>::take(m + k);
    // Where nothing lies between the results, sums are made in their place.
    let in_place = store == Store::Overwrite && dst.row_stride == 1;
    let sums = MatMut {
        ptr: if in_place { dst.ptr } else { scratch.as_ptr() },
        row_stride: 1,
        col_stride: 1,
    };
    let dense = scratch.as_ptr().wrapping_add(m);
    for at in 0..k {
        // SAFETY: the scratch block holds `m + k` values, the vector `k`.
        unsafe { *dense.add(at) = *vector.ptr.offset(at as isize * vector.row_stride) };
    }
    let vector = MatRef {
        ptr: dense.cast_const(),
        ..vector
    };
    let tasks = (m * k / TASK_ELEMENTS)
        .clamp(1, 16)
        .min(m.div_ceil(SUMS * MAX_LANES));
    let kernel = isa.kernels().multiply_rows;
    parallel.for_each(tasks, |task, _| {
        let (vector, sums) = (vector, sums);
        let rows = run(m, tasks, task);
        // SAFETY: tasks write sums of their own; the rest is the caller's contract.
        unsafe {
            kernel(&Rows {
                matrix: matrix.shifted(rows.start as isize * matrix.row_stride),
                rows: rows.len(),
                depth: k,
                vector: vector.ptr,
                dst: sums.ptr.add(rows.start),
            });
        }
    });
    if in_place {
        // SAFETY: all `m` results are written, and the bias is valid for its dimension.
        unsafe { finish_in_place(std::slice::from_raw_parts_mut(dst.ptr, m), epilogue) };
        return;
    }
    let sums = MatRef {
        ptr: sums.ptr.cast_const(),
        row_stride: 1,
        col_stride: 1,
    };
    // SAFETY: all `m` sums are written; the rest is the caller's contract.
    unsafe { finish(size, sums, dst, store, epilogue) };
}
