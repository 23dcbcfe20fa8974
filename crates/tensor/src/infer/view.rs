//! Views: the shape and the layout they give.

use smallvec::SmallVec;

use super::shape_error;
use crate::Result;
use crate::layout::{Dims, Layout};
use crate::prim::View;

/// The shape of a view. Parameters were normalised by the methods that make views (dims in range,
/// slices clamped), so what can still fail is reshape and expand.
pub(super) fn view_shape(view: &View, shape: &[usize]) -> Result<Dims> {
    match view {
        View::Reshape(new) => {
            if new.iter().product::<usize>() != shape.iter().product::<usize>() {
                return Err(shape_error(format!(
                    "reshape: {shape:?} has {} elements, {new:?} would have {}",
                    shape.iter().product::<usize>(),
                    new.iter().product::<usize>()
                )));
            }
            Ok(new.clone())
        }
        View::Permute(dims) => Ok(dims.iter().map(|&d| shape[d]).collect()),
        View::Expand(new) => {
            let lead = new.len().checked_sub(shape.len());
            let fits = lead.is_some_and(|lead| {
                shape
                    .iter()
                    .zip(&new[lead..])
                    .all(|(&old, &new)| old == new || old == 1)
            });
            if !fits {
                return Err(shape_error(format!(
                    "expand: {shape:?} does not expand to {new:?}: aligned at the last dim, sizes must be equal or 1"
                )));
            }
            Ok(new.clone())
        }
        View::Slice { dim, length, .. } => {
            let mut out: Dims = shape.into();
            out[*dim] = *length;
            Ok(out)
        }
        View::Diagonal {
            offset,
            dims: [i, j],
        } => {
            let mut out: Dims = (0..shape.len())
                .filter(|d| d != i && d != j)
                .map(|d| shape[d])
                .collect();
            let (rows, cols) = (shape[*i] as isize, shape[*j] as isize);
            let length = (rows + offset.min(&0)).min(cols - offset.max(&0)).max(0);
            out.push(length as usize);
            Ok(out)
        }
        View::Alias => Ok(shape.into()),
    }
}

/// The layout of a view whose shape is already known, or `None` if strides can't say it.
pub(crate) fn view_layout(view: &View, layout: &Layout, shape: &[usize]) -> Option<Layout> {
    Some(match view {
        View::Reshape(new) => return layout.reshape(new),
        View::Permute(dims) => layout.permute(dims),
        View::Expand(new) => layout.expand(new),
        View::Slice {
            dim,
            start,
            step,
            length,
        } => layout.slice(*dim, *start, *step, *length),
        View::Diagonal {
            offset,
            dims: [i, j],
        } => {
            let strides = layout.strides();
            let along = |d: &usize| *d != *i && *d != *j;
            let mut new: SmallVec<[isize; 6]> = (0..layout.rank())
                .filter(along)
                .map(|d| strides[d])
                .collect();
            new.push(strides[*i] + strides[*j]);
            let shift = if *offset >= 0 {
                offset * strides[*j]
            } else {
                -offset * strides[*i]
            };
            let empty = shape.last() == Some(&0);
            let start = layout.offset() as isize + if empty { 0 } else { shift };
            Layout::new(shape.into(), new, start as usize)
        }
        View::Alias => layout.clone(),
    })
}
