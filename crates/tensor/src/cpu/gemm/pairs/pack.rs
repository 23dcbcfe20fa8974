//! Packing for products of pairs: two steps of the depth, rounded, in each 32 bits; a step too few is zero.
#![allow(unsafe_code)] // Reads operands through raw steps and writes uninitialised panels.

use half::bf16;

use super::Pairs;
use crate::cpu::gemm::lanes::MAX_LANES;
use crate::cpu::gemm::pack::{LeftPanel, RightPanel, Steps, fits_i32, spans};

/// Packs a left panel as `[depth][rows]`, where a depth is a pair.
///
/// # Safety
///
/// As for packing f32; the steps are those of single numbers, of which there are `panel.steps` in all.
#[inline(always)]
pub(super) unsafe fn pack_left<L: Pairs>(panel: &LeftPanel) {
    let LeftPanel {
        rows, depth, dst, ..
    } = *panel;
    let step = |k: usize| {
        let step = 2 * panel.start + k;
        (step < panel.steps).then(|| panel.depth_steps.at(step))
    };
    // SAFETY: the contract above; vector accesses are limited to `rows` values.
    unsafe {
        match panel.row_steps {
            Steps::Stride(stride) if rows <= L::LEN && fits_i32(stride, rows) => {
                let offsets: [i32; MAX_LANES] =
                    std::array::from_fn(|row| (row as isize * stride) as i32);
                let src = panel.src.offset(panel.row as isize * stride);
                let load = |k: usize| match step(k) {
                    Some(step) => L::gather(src.offset(step), offsets.as_ptr(), rows),
                    None => L::zero(),
                };
                for k in 0..depth {
                    let values = load(2 * k).pair(load(2 * k + 1));
                    values.store_first(dst.add(k * rows), rows);
                }
            }
            row_steps => {
                for (k, row) in (0..depth).flat_map(|k| (0..rows).map(move |row| (k, row))) {
                    let src = panel.src.offset(row_steps.at(panel.row + row));
                    let load = |k: usize| step(k).map_or(0.0, |step| *src.offset(step));
                    let bits = |k: usize| u32::from(bf16::from_f32(load(k)).to_bits());
                    let both = bits(2 * k) | bits(2 * k + 1) << 16;
                    dst.cast::<u32>().add(k * rows + row).write(both);
                }
            }
        }
    }
}

/// Packs right panels as `[depth][its width]`, where a depth is a pair.
///
/// # Safety
///
/// As for [`pack_left`].
#[inline(always)]
pub(super) unsafe fn pack_right<L: Pairs>(panel: &RightPanel) {
    let mut done = 0;
    while done < panel.columns {
        let columns = (panel.columns - done).min(panel.width);
        let width = columns.next_multiple_of(L::LEN);
        for first in (0..width).step_by(L::LEN) {
            let count = (columns - first).min(L::LEN);
            let column = panel.column + done + first;
            let mut offsets = [0; MAX_LANES];
            for (lane, offset) in offsets[..count].iter_mut().enumerate() {
                *offset = panel.column_steps.at(column + lane) as i32;
            }
            // SAFETY: the contract above, narrowed to one register of columns.
            unsafe {
                let dst = panel.dst.add(done * panel.depth + first);
                pack_register::<L>(panel, &offsets[..count], dst, width);
            }
        }
        done += columns;
    }
}

/// Packs one register of columns into a panel of `width`.
#[inline(always)]
unsafe fn pack_register<L: Pairs>(
    panel: &RightPanel,
    offsets: &[i32],
    dst: *mut f32,
    width: usize,
) {
    // SAFETY: masked lanes are not touched, so the shifted addresses are only read where a column is.
    unsafe {
        match spans(offsets) {
            Some((found, 1)) if offsets.len() == L::LEN => {
                pack_with::<L>(panel, dst, width, |src| {
                    L::load(src.wrapping_offset(found[0].offset))
                });
            }
            Some((found, 0..=2)) => pack_with::<L>(panel, dst, width, |src| {
                let first =
                    L::zero().load_masked(src.wrapping_offset(found[0].offset), found[0].mask);
                first.load_masked(src.wrapping_offset(found[1].offset), found[1].mask)
            }),
            Some((found, _)) => pack_with::<L>(panel, dst, width, |src| {
                let mut values = L::zero();
                for span in found {
                    values = values.load_masked(src.wrapping_offset(span.offset), span.mask);
                }
                values
            }),
            None => pack_with::<L>(panel, dst, width, |src| {
                L::gather(src, offsets.as_ptr(), offsets.len())
            }),
        }
    }
}

/// Packs one register of columns that `load` reads of a step.
#[inline(always)]
unsafe fn pack_with<L: Pairs>(
    panel: &RightPanel,
    dst: *mut f32,
    width: usize,
    load: impl Fn(*const f32) -> L,
) {
    let at = |step: usize| load(panel.src.wrapping_offset(panel.depth_steps.at(step)));
    let whole = (panel.steps / 2)
        .saturating_sub(panel.start)
        .min(panel.depth);
    // SAFETY: the panel has room for a register of each pair.
    unsafe {
        for k in 0..whole {
            let step = 2 * (panel.start + k);
            at(step).pair(at(step + 1)).store(dst.add(k * width));
        }
        for k in whole..panel.depth {
            let last = at(2 * (panel.start + k));
            last.pair(L::zero()).store(dst.add(k * width));
        }
    }
}
