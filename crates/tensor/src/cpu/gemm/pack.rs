//! Packing: operands laid out anyhow become the dense panels the micro-kernels read.
#![allow(unsafe_code)] // Reads operands through raw strides and writes uninitialised panels.

use super::lanes::Lanes;

/// Where the elements along one dimension of an operand lie, relative to its start.
#[derive(Clone, Copy)]
pub(crate) enum Steps<'a> {
    /// At equal distances.
    Stride(isize),
    /// At listed offsets, as the pixels and taps of a convolution are.
    Table(&'a [i32]),
}

impl Steps<'_> {
    /// Offset of element `index`.
    #[inline(always)]
    pub(crate) fn at(self, index: usize) -> isize {
        match self {
            Self::Stride(stride) => index as isize * stride,
            Self::Table(table) => table[index] as isize,
        }
    }
}

/// Some rows of the left operand over a block of the depth; packed as `[depth][rows]`.
pub(super) struct LeftPanel<'a> {
    pub(super) src: *const f32,
    pub(super) row_steps: Steps<'a>,
    pub(super) depth_steps: Steps<'a>,
    pub(super) row: usize,
    pub(super) rows: usize,
    pub(super) start: usize,
    pub(super) depth: usize,
    pub(super) dst: *mut f32,
}

/// Some columns of the right operand over a block of the depth; packed as `[depth][width]` with
/// zeros beyond `columns`.
pub(super) struct RightPanel<'a> {
    pub(super) src: *const f32,
    pub(super) depth_steps: Steps<'a>,
    pub(super) column_steps: Steps<'a>,
    pub(super) start: usize,
    pub(super) depth: usize,
    pub(super) column: usize,
    pub(super) columns: usize,
    pub(super) width: usize,
    pub(super) dst: *mut f32,
}

/// Packs a left panel.
///
/// # Safety
///
/// Every element the steps name lies in the operand, `dst` holds `depth * rows` values, and the
/// machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn pack_left<L: Lanes>(panel: &LeftPanel) {
    let LeftPanel {
        rows, depth, dst, ..
    } = *panel;
    // SAFETY: the contract above; vector accesses are limited to `rows` values, of which a
    // panel has at most `L::LEN`.
    unsafe {
        match (panel.row_steps, panel.depth_steps) {
            (Steps::Stride(1), steps) if rows <= L::LEN => {
                let src = panel.src.add(panel.row);
                for k in 0..depth {
                    let values = L::load_first(src.offset(steps.at(panel.start + k)), rows);
                    values.store_first(dst.add(k * rows), rows);
                }
            }
            (Steps::Stride(stride), Steps::Stride(1)) if rows <= L::LEN => {
                let src = panel
                    .src
                    .offset(panel.row as isize * stride)
                    .add(panel.start);
                let mut k = 0;
                while k + L::LEN <= depth {
                    L::transpose(src.add(k), stride, rows, dst.add(k * rows), rows);
                    k += L::LEN;
                }
                for k in k..depth {
                    for r in 0..rows {
                        *dst.add(k * rows + r) = *src.offset(r as isize * stride).add(k);
                    }
                }
            }
            (row_steps, depth_steps) => {
                for k in 0..depth {
                    let src = panel.src.offset(depth_steps.at(panel.start + k));
                    for r in 0..rows {
                        *dst.add(k * rows + r) = *src.offset(row_steps.at(panel.row + r));
                    }
                }
            }
        }
    }
}

/// Packs a right panel.
///
/// # Safety
///
/// Every element the steps name lies in the operand, `width` is a multiple of `L::LEN`, `dst`
/// holds `depth * width` values, and the machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn pack_right<L: Lanes>(panel: &RightPanel) {
    let vectors = panel.width / L::LEN;
    // SAFETY: the contract above; vector accesses are limited to the panel's columns.
    unsafe {
        for v in 0..vectors {
            let first = v * L::LEN;
            let count = panel.columns.saturating_sub(first).min(L::LEN);
            let (column, dst) = (panel.column + first, panel.dst.add(first));
            match (panel.column_steps, panel.depth_steps) {
                (Steps::Stride(1), steps) => {
                    let src = panel.src.add(column);
                    if count == L::LEN {
                        for k in 0..panel.depth {
                            let values = L::load(src.offset(steps.at(panel.start + k)));
                            values.store(dst.add(k * panel.width));
                        }
                    } else {
                        for k in 0..panel.depth {
                            let values =
                                L::load_first(src.offset(steps.at(panel.start + k)), count);
                            values.store(dst.add(k * panel.width));
                        }
                    }
                }
                (Steps::Stride(stride), Steps::Stride(1)) => {
                    let src = panel.src.offset(column as isize * stride).add(panel.start);
                    pack_transposed::<L>(src, stride, count, panel.depth, dst, panel.width);
                }
                (Steps::Table(table), steps) => {
                    let offsets = &table[column..column + count];
                    pack_listed::<L>(panel, offsets, steps, dst);
                }
                (column_steps, depth_steps) => {
                    for k in 0..panel.depth {
                        let src = panel.src.offset(depth_steps.at(panel.start + k));
                        for c in 0..L::LEN {
                            let value = if c < count {
                                *src.offset(column_steps.at(column + c))
                            } else {
                                0.0
                            };
                            *dst.add(k * panel.width + c) = value;
                        }
                    }
                }
            }
        }
    }
}

/// Packs `count` columns that are contiguous along the depth, a square of lanes at a time.
#[inline(always)]
unsafe fn pack_transposed<L: Lanes>(
    src: *const f32,
    stride: isize,
    count: usize,
    depth: usize,
    dst: *mut f32,
    width: usize,
) {
    // SAFETY: the contract of `pack_right`, narrowed to one register of columns.
    unsafe {
        let mut k = 0;
        while k + L::LEN <= depth {
            if count < L::LEN {
                for row in k..k + L::LEN {
                    L::zero().store(dst.add(row * width));
                }
            }
            L::transpose(src.add(k), stride, count, dst.add(k * width), width);
            k += L::LEN;
        }
        for k in k..depth {
            L::zero().store(dst.add(k * width));
            for c in 0..count {
                *dst.add(k * width + c) = *src.offset(c as isize * stride).add(k);
            }
        }
    }
}

/// Columns of one register that lie side by side in the source: shifted so that lane `i` reads
/// `src + offset + i`.
#[derive(Clone, Copy)]
struct Span {
    offset: isize,
    mask: u32,
}

/// More spans than this and one gather is faster.
const MAX_SPANS: usize = 4;

/// Splits listed columns into spans; `None` when there are more than [`MAX_SPANS`].
#[inline(always)]
fn spans(offsets: &[i32]) -> Option<([Span; MAX_SPANS], usize)> {
    let mut found = [Span { offset: 0, mask: 0 }; MAX_SPANS];
    let mut len = 0;
    for (lane, &offset) in offsets.iter().enumerate() {
        let shifted = offset as isize - lane as isize;
        if len == 0 || found[len - 1].offset != shifted {
            if len == MAX_SPANS {
                return None;
            }
            found[len].offset = shifted;
            len += 1;
        }
        found[len - 1].mask |= 1 << lane;
    }
    Some((found, len))
}

/// Packs one register of listed columns.
#[inline(always)]
unsafe fn pack_listed<L: Lanes>(panel: &RightPanel, offsets: &[i32], steps: Steps, dst: *mut f32) {
    let full = (1u32 << L::LEN) - 1;
    // SAFETY: the contract of `pack_right`; masked lanes are not touched, so the shifted
    // addresses (formed by wrapping arithmetic) are only read where a column is.
    unsafe {
        match spans(offsets) {
            Some((found, 1)) if found[0].mask == full => {
                for k in 0..panel.depth {
                    let src = panel
                        .src
                        .offset(steps.at(panel.start + k) + found[0].offset);
                    L::load(src).store(dst.add(k * panel.width));
                }
            }
            Some((found, 0..=2)) => {
                for k in 0..panel.depth {
                    let src = panel.src.wrapping_offset(steps.at(panel.start + k));
                    let first =
                        L::zero().load_masked(src.wrapping_offset(found[0].offset), found[0].mask);
                    let both =
                        first.load_masked(src.wrapping_offset(found[1].offset), found[1].mask);
                    both.store(dst.add(k * panel.width));
                }
            }
            Some((found, _)) => {
                for k in 0..panel.depth {
                    let src = panel.src.wrapping_offset(steps.at(panel.start + k));
                    let mut values = L::zero();
                    for span in found {
                        values = values.load_masked(src.wrapping_offset(span.offset), span.mask);
                    }
                    values.store(dst.add(k * panel.width));
                }
            }
            None => {
                for k in 0..panel.depth {
                    let src = panel.src.offset(steps.at(panel.start + k));
                    L::gather(src, offsets.as_ptr(), offsets.len()).store(dst.add(k * panel.width));
                }
            }
        }
    }
}

/// A matrix to transpose: `rows` rows of `columns` values, `src_stride` apart; `dst_stride` values
/// lie between the rows of the result.
pub(super) struct Transpose {
    pub(super) src: *const f32,
    pub(super) src_stride: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) dst: *mut f32,
    pub(super) dst_stride: usize,
}

/// Transposes, a square of lanes at a time.
///
/// # Safety
///
/// Source and destination are valid for the sizes and do not overlap; the machine has the
/// instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn transpose<L: Lanes>(matrix: &Transpose) {
    let Transpose {
        src,
        src_stride,
        rows,
        columns,
        dst,
        dst_stride,
    } = *matrix;
    let stride = src_stride as isize;
    // SAFETY: the contract above; squares are clipped to the rows, the last columns go singly.
    unsafe {
        let mut column = 0;
        while column + L::LEN <= columns {
            for row in (0..rows).step_by(L::LEN) {
                let count = (rows - row).min(L::LEN);
                let source = src.add(row * src_stride + column);
                L::transpose(
                    source,
                    stride,
                    count,
                    dst.add(column * dst_stride + row),
                    dst_stride,
                );
            }
            column += L::LEN;
        }
        for column in column..columns {
            for row in 0..rows {
                *dst.add(column * dst_stride + row) = *src.add(row * src_stride + column);
            }
        }
    }
}
