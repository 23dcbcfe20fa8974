//! The weight's gradient: both operands are transformed, multiplied point by point and summed over all squares, and
//! the sums transformed back.
//!
//! Squares are taken a piece at a time. In a piece the transforms are shared out by panels of squares, then the
//! products by points, so that sums need no copies and no order but the pieces'.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use super::super::WeightGradArgs;
use super::super::shape::ConvShape;
use super::tiles::{FilterSums, MAX_RUNS, POINTS, SourceTiles};
use super::{Squares, point};
use crate::cpu::gemm::blocked::{Access, Blocking, Left, Output, Right, Shared};
use crate::cpu::gemm::kernels::Isa;
use crate::cpu::gemm::pack::Steps;
use crate::cpu::gemm::{RowNorm, Store};
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Bytes that a piece's transformed operands should take at most.
const PIECE_BYTES: usize = 1 << 22;

/// Fewest and most panels of a piece.
const PANELS: [usize; 2] = [4, 16];

/// # Safety
///
/// The contract of [`weight_grad`](super::super::weight_grad), a shape that [`fits`](super::fits), no size zero, and
/// the instruction set.
pub(in super::super) unsafe fn weight_grad(
    isa: Isa,
    shape: &ConvShape,
    args: WeightGradArgs<f32>,
    parallel: Parallel,
) {
    let kernels = isa.kernels();
    let (m, c) = (shape.oc, shape.c);
    let squares = Squares::of(shape.n, [shape.oh, shape.ow]);
    let parallel = parallel.if_worth(2 * POINTS * squares.count() * m * c);
    let panel_bytes = 4 * POINTS * (m + c) * MAX_RUNS;
    let most = (PIECE_BYTES / panel_bytes).clamp(PANELS[0], PANELS[1]);
    let panels = squares.count().div_ceil(MAX_RUNS);
    let pieces = panels.div_ceil(most);
    let longest = run(panels, pieces, 0).len() * MAX_RUNS;

    // A row for each channel, the squares side by side.
    let width = longest + 16;
    let source_point = point(c * width);
    let grad_point = point(m * width);
    let sums_point = point(m * c);
    let whole = Blocking::new(isa, m, longest);
    let packed_len = whole.left_len().next_multiple_of(16);
    let slot_len = packed_len + whole.right_len();
    let scratch = Scratch::<f32>::take(
        POINTS * (source_point + grad_point + sums_point) + parallel.slots() * slot_len,
    );
    let source = Shared(scratch.as_ptr());
    let grad = Shared(source.get().wrapping_add(POINTS * source_point));
    let sums = Shared(grad.get().wrapping_add(POINTS * grad_point));
    let slots = Shared(sums.get().wrapping_add(POINTS * sums_point));

    for piece in 0..pieces {
        let panels = run(panels, pieces, piece);
        let first = panels.start * MAX_RUNS;
        let count = (panels.end * MAX_RUNS).min(squares.count()) - first;
        // SAFETY: the scratch block holds the transformed operands, the sums and the memory of every slot; tasks
        // write squares or points of their own; the rest is the caller's contract.
        unsafe {
            parallel.for_each(panels.len(), |panel, _| {
                #[expect(
                    clippy::redundant_locals,
                    reason = "captures the whole, which may be shared"
                )]
                let args = args;
                let start = panel * MAX_RUNS;
                let end = count.min(start + MAX_RUNS);
                let runs = squares.runs(first + start..first + end, kernels.lanes);
                (kernels.transform_source)(&SourceTiles {
                    runs: &runs,
                    src: args.src,
                    channels: c,
                    image_channels: c,
                    size: [shape.h, shape.w],
                    padding: shape.padding,
                    dst: source.get().add(start),
                    width,
                    point: source_point,
                });
                (kernels.transform_grad)(&SourceTiles {
                    runs: &runs,
                    src: args.grad,
                    channels: m,
                    image_channels: m,
                    size: [shape.oh, shape.ow],
                    padding: [0, 0],
                    dst: grad.get().add(start),
                    width,
                    point: grad_point,
                });
            });
            let blocking = Blocking::new(isa, m, count);
            parallel.for_each(POINTS, |at, slot| {
                let packed = slots.get().add(slot * slot_len);
                let left = Left {
                    ptr: grad.get().add(at * grad_point),
                    rows: Steps::Stride(width as isize),
                    depth: Steps::Stride(1),
                };
                blocking.pack_left(left, packed, Parallel::Off);
                let right = Right {
                    ptr: source.get().add(at * source_point),
                    depth: Steps::Stride(1),
                    columns: Steps::Stride(width as isize),
                    access: Access::Packed,
                };
                let output = Output {
                    ptr: sums.get().add(at * sums_point),
                    row_stride: c as isize,
                    store: match piece {
                        0 => Store::Overwrite,
                        _ => Store::Accumulate,
                    },
                    row_norm: RowNorm::NONE,
                    row_bias: std::ptr::null(),
                    column_bias: std::ptr::null(),
                    activation: Activation::None,
                };
                let panel = packed.add(packed_len);
                blocking.multiply(packed, &right, 0..blocking.row_panels, 0..c, &output, panel);
            });
        }
    }
    let dst = Shared(args.dst);
    parallel.for_each(m, |row, _| {
        // SAFETY: every row of the weight is written by one task.
        unsafe {
            (kernels.gather_filters)(&FilterSums {
                sums: sums.get().add(row * c),
                point: sums_point,
                count: c,
                dst: dst.get().add(row * shape.depth()),
            });
        }
    });
}
