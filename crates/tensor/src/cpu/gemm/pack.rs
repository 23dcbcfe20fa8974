//! Packing: operands laid out anyhow become the dense panels the micro-kernels read.
#![allow(unsafe_code)] // Reads operands through raw strides and writes uninitialised panels.

use super::lanes::{Lanes, MAX_LANES, Square};

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
    /// Steps of the whole operand's depth.
    pub(super) steps: usize,
    pub(super) dst: *mut f32,
}

/// Some columns of the right operand over a block of the depth; packed into panels of `width`
/// columns one after the other, each as `[depth][its width]`. The last panel is as narrow as
/// whole registers allow; zeros fill it up.
pub(super) struct RightPanel<'a> {
    pub(super) src: *const f32,
    pub(super) depth_steps: Steps<'a>,
    pub(super) column_steps: Steps<'a>,
    pub(super) start: usize,
    pub(super) depth: usize,
    pub(super) column: usize,
    pub(super) columns: usize,
    pub(super) width: usize,
    /// Steps of the whole operand's depth.
    pub(super) steps: usize,
    pub(super) dst: *mut f32,
}

/// Whether `count` steps of `stride` stay within the offsets a gather takes.
#[inline(always)]
pub(super) fn fits_i32(stride: isize, count: usize) -> bool {
    stride.unsigned_abs().saturating_mul(count.max(MAX_LANES)) <= i32::MAX as usize
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
                for k in (0..depth).step_by(L::LEN) {
                    prefetch_rows::<L>(src.wrapping_add(k), stride, rows);
                    L::transpose(Square {
                        src: src.add(k),
                        src_stride: stride,
                        rows,
                        columns: (depth - k).min(L::LEN),
                        dst: dst.add(k * rows),
                        dst_stride: rows,
                        width: rows,
                    });
                }
            }
            (Steps::Stride(stride), steps) if rows <= L::LEN && fits_i32(stride, rows) => {
                let offsets: [i32; MAX_LANES] =
                    std::array::from_fn(|r| (r as isize * stride) as i32);
                let src = panel.src.offset(panel.row as isize * stride);
                for k in 0..depth {
                    let values = L::gather(
                        src.offset(steps.at(panel.start + k)),
                        offsets.as_ptr(),
                        rows,
                    );
                    values.store_first(dst.add(k * rows), rows);
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

/// Rows of the right operand asked for in advance while others are copied.
const ROWS_AHEAD: usize = 8;

/// Packs right panels.
///
/// # Safety
///
/// Every element the steps name lies in the operand, `width` is a multiple of `L::LEN`, `dst`
/// holds `depth` values for each column and each one that fills up the last register, and the
/// machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn pack_right<L: Lanes>(panel: &RightPanel) {
    let mut done = 0;
    if let Steps::Stride(1) = panel.column_steps {
        done = panel.columns / panel.width * panel.width;
        // SAFETY: the contract above; whole panels only.
        unsafe { pack_whole_rows::<L>(panel, done) };
    }
    while done < panel.columns {
        let columns = (panel.columns - done).min(panel.width);
        let width = columns.next_multiple_of(L::LEN);
        for first in (0..width).step_by(L::LEN) {
            let count = (columns - first).min(L::LEN);
            // SAFETY: the contract above, narrowed to one register of columns.
            unsafe {
                let dst = panel.dst.add(done * panel.depth + first);
                pack_register::<L>(panel, panel.column + done + first, count, dst, width);
            }
        }
        done += columns;
    }
}

/// Packs columns that lie side by side, row by row as they lie in memory.
#[inline(always)]
unsafe fn pack_whole_rows<L: Lanes>(panel: &RightPanel, columns: usize) {
    for k in 0..panel.depth {
        let row = |k: usize| {
            panel
                .src
                .wrapping_offset(panel.depth_steps.at(panel.start + k))
                .wrapping_add(panel.column)
        };
        let src = row(k);
        let ahead = row((k + ROWS_AHEAD).min(panel.depth - 1));
        for first in (0..columns).step_by(panel.width) {
            let dst = panel
                .dst
                .wrapping_add(first * panel.depth + k * panel.width);
            for at in (0..panel.width).step_by(L::LEN) {
                // SAFETY: `first + at` leaves a whole register within the columns.
                unsafe {
                    L::prefetch(ahead.wrapping_add(first + at));
                    L::load(src.add(first + at)).store(dst.add(at));
                }
            }
        }
    }
}

/// Packs one register of columns into a panel of `width`.
#[inline(always)]
unsafe fn pack_register<L: Lanes>(
    panel: &RightPanel,
    column: usize,
    count: usize,
    dst: *mut f32,
    width: usize,
) {
    // SAFETY: the contract of `pack_right`; vector accesses are limited to `count` columns.
    unsafe {
        match (panel.column_steps, panel.depth_steps) {
            (Steps::Stride(1), steps) => {
                let src = panel.src.wrapping_add(column);
                for k in 0..panel.depth {
                    let values =
                        L::load_first(src.wrapping_offset(steps.at(panel.start + k)), count);
                    values.store(dst.add(k * width));
                }
            }
            (Steps::Stride(stride), Steps::Stride(1)) => {
                let src = panel
                    .src
                    .wrapping_offset(column as isize * stride)
                    .wrapping_add(panel.start);
                for k in (0..panel.depth).step_by(L::LEN) {
                    L::transpose(Square {
                        src: src.wrapping_add(k),
                        src_stride: stride,
                        rows: count,
                        columns: (panel.depth - k).min(L::LEN),
                        dst: dst.add(k * width),
                        dst_stride: width,
                        width: L::LEN,
                    });
                }
            }
            (Steps::Table(table), steps) => {
                let offsets = &table[column..column + count];
                pack_listed::<L>(panel, offsets, steps, dst, width);
            }
            (column_steps, depth_steps) => {
                for k in 0..panel.depth {
                    let src = panel.src.wrapping_offset(depth_steps.at(panel.start + k));
                    for c in 0..L::LEN {
                        let value = if c < count {
                            *src.wrapping_offset(column_steps.at(column + c))
                        } else {
                            0.0
                        };
                        *dst.add(k * width + c) = value;
                    }
                }
            }
        }
    }
}

/// Asks for the lines that a square some steps further along the rows will read.
#[inline(always)]
pub(super) unsafe fn prefetch_rows<L: Lanes>(src: *const f32, stride: isize, rows: usize) {
    const SQUARES_AHEAD: usize = 4;
    let ahead = src.wrapping_add(SQUARES_AHEAD * MAX_LANES);
    for row in 0..rows {
        // SAFETY: a hint; the address may be anything.
        unsafe { L::prefetch(ahead.wrapping_offset(row as isize * stride)) };
    }
}

/// Columns of one register that lie side by side in the source: shifted so that lane `i` reads
/// `src + offset + i`.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) offset: isize,
    pub(super) mask: u32,
}

/// More spans than this and one gather is faster.
pub(super) const MAX_SPANS: usize = 4;

/// Splits listed columns into spans; `None` when there are more than [`MAX_SPANS`].
#[inline(always)]
pub(super) fn spans(offsets: &[i32]) -> Option<([Span; MAX_SPANS], usize)> {
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

/// Whether listed columns lie side by side.
pub(super) fn are_adjacent(offsets: &[i32]) -> bool {
    offsets.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

/// Packs one register of listed columns.
#[inline(always)]
unsafe fn pack_listed<L: Lanes>(
    panel: &RightPanel,
    offsets: &[i32],
    steps: Steps,
    dst: *mut f32,
    width: usize,
) {
    let full = (1u32 << L::LEN) - 1;
    // SAFETY: the contract of `pack_right`; masked lanes are not touched, so the shifted
    // addresses (formed by wrapping arithmetic) are only read where a column is.
    unsafe {
        match spans(offsets) {
            Some((found, 1)) if found[0].mask == full => {
                for k in 0..panel.depth {
                    let src = panel
                        .src
                        .wrapping_offset(steps.at(panel.start + k) + found[0].offset);
                    L::load(src).store(dst.add(k * width));
                }
            }
            Some((found, 0..=2)) => {
                for k in 0..panel.depth {
                    let src = panel.src.wrapping_offset(steps.at(panel.start + k));
                    let first =
                        L::zero().load_masked(src.wrapping_offset(found[0].offset), found[0].mask);
                    let both =
                        first.load_masked(src.wrapping_offset(found[1].offset), found[1].mask);
                    both.store(dst.add(k * width));
                }
            }
            Some((found, _)) => {
                for k in 0..panel.depth {
                    let src = panel.src.wrapping_offset(steps.at(panel.start + k));
                    let mut values = L::zero();
                    for span in found {
                        values = values.load_masked(src.wrapping_offset(span.offset), span.mask);
                    }
                    values.store(dst.add(k * width));
                }
            }
            None => {
                for k in 0..panel.depth {
                    let src = panel.src.wrapping_offset(steps.at(panel.start + k));
                    L::gather(src, offsets.as_ptr(), offsets.len()).store(dst.add(k * width));
                }
            }
        }
    }
}
