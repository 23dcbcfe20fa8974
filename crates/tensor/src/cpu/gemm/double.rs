//! The f64 product on `faer`, in blocks that are fixed by the size alone.
#![allow(unsafe_code)] // Raw views.

use faer::linalg::matmul::matmul;
use faer::{Accum, Par};

use super::operands::{Bias, Epilogue, MatMut, MatRef, Size, Store};
use super::single::finish;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Largest block of the destination one call of `faer` computes.
const BLOCK: usize = 256;

/// # Safety
///
/// The contract of [`gemm`](super::gemm), sizes not zero.
pub(super) unsafe fn product(
    size: Size,
    left: MatRef<f64>,
    right: MatRef<f64>,
    dst: MatMut<f64>,
    store: Store,
    epilogue: Epilogue<f64>,
    parallel: Parallel,
) {
    let (row_blocks, column_blocks) = (size.m.div_ceil(BLOCK), size.n.div_ceil(BLOCK));
    parallel
        .if_worth(size.flops())
        .for_each(row_blocks * column_blocks, |task, _| {
            let rows = run(size.m, row_blocks, task % row_blocks);
            let columns = run(size.n, column_blocks, task / row_blocks);
            let block = Size {
                m: rows.len(),
                n: columns.len(),
                k: size.k,
            };
            let (row, column) = (rows.start as isize, columns.start as isize);
            let left = left.shifted(row * left.row_stride);
            let right = right.shifted(column * right.col_stride);
            let dst = dst.shifted(row * dst.row_stride + column * dst.col_stride);
            // SAFETY: the block lies within the caller's matrices, and blocks do not overlap.
            unsafe {
                let target = faer::MatMut::from_raw_parts_mut(
                    dst.ptr,
                    block.m,
                    block.n,
                    dst.row_stride,
                    dst.col_stride,
                );
                let lhs = faer::MatRef::from_raw_parts(
                    left.ptr,
                    block.m,
                    block.k,
                    left.row_stride,
                    left.col_stride,
                );
                let rhs = faer::MatRef::from_raw_parts(
                    right.ptr,
                    block.k,
                    block.n,
                    right.row_stride,
                    right.col_stride,
                );
                let accumulate = match store {
                    Store::Overwrite => Accum::Replace,
                    Store::Accumulate => Accum::Add,
                };
                matmul(target, accumulate, lhs, rhs, 1.0, Par::Seq);
                let plain =
                    matches!(epilogue.bias, Bias::None) && epilogue.activation == Activation::None;
                if !plain {
                    let bias = match epilogue.bias {
                        Bias::None => Bias::None,
                        Bias::Rows(ptr) => Bias::Rows(ptr.add(rows.start)),
                        Bias::Columns(ptr) => Bias::Columns(ptr.add(columns.start)),
                    };
                    let sums = MatRef {
                        ptr: dst.ptr.cast_const(),
                        row_stride: dst.row_stride,
                        col_stride: dst.col_stride,
                    };
                    finish(
                        block,
                        sums,
                        dst,
                        Store::Overwrite,
                        Epilogue { bias, ..epilogue },
                    );
                }
            }
        });
}
