//! Views: the shape and the layout they give.

use smallvec::SmallVec;

use super::{expect_dim, shape_error};
use crate::Result;
use crate::layout::{Dims, Layout, checked_numel, short};
use crate::prim::View;

/// The shape of a view, all of whose elements lie within those of a tensor of this shape.
pub(super) fn view_shape(view: &View, shape: &[usize]) -> Result<Dims> {
    match view {
        View::Reshape(new) => {
            let numel: usize = shape.iter().product();
            if checked_numel(new) != Some(numel) {
                let would = match checked_numel(new) {
                    Some(numel) => numel.to_string(),
                    None => "more than memory can hold".to_owned(),
                };
                return Err(shape_error(format!(
                    "reshape: {shape:?} has {numel} elements, {new:?} would have {would}"
                )));
            }
            Ok(short(new))
        }
        View::Permute(dims) => {
            let mut sorted = dims.clone();
            sorted.sort_unstable();
            if !sorted.iter().copied().eq(0..shape.len()) {
                return Err(shape_error(format!(
                    "permute: {dims:?} must name each of the {} dims of {shape:?} once",
                    shape.len()
                )));
            }
            Ok(dims.iter().map(|&d| shape[d]).collect())
        }
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
            Ok(short(new))
        }
        View::Slice {
            dim,
            start,
            step,
            length,
        } => {
            expect_dim("slice", *dim, shape)?;
            let last = *start as i128 + (*length as i128 - 1) * *step as i128;
            let size = shape[*dim];
            if *length > 0 && (*start >= size || !(0..size as i128).contains(&last)) {
                return Err(shape_error(format!(
                    "slice: {length} indices from {start} in steps of {step} reach past dim {dim} of {shape:?}, \
                     which has {size}"
                )));
            }
            let mut out: Dims = short(shape);
            out[*dim] = *length;
            Ok(out)
        }
        View::Diagonal {
            offset,
            dims: [i, j],
        } => {
            expect_dim("diagonal", *i, shape)?;
            expect_dim("diagonal", *j, shape)?;
            if i == j {
                return Err(shape_error(format!(
                    "diagonal: takes two different dims of {shape:?}, got {i} twice"
                )));
            }
            let mut out: Dims = (0..shape.len())
                .filter(|d| d != i && d != j)
                .map(|d| shape[d])
                .collect();
            let (rows, cols) = (shape[*i] as isize, shape[*j] as isize);
            let length = (rows.saturating_add(*offset.min(&0)))
                .min(cols.saturating_sub(*offset.max(&0)))
                .max(0);
            out.push(length as usize);
            Ok(out)
        }
        View::Alias => Ok(short(shape)),
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
            let mut new: SmallVec<[isize; 4]> = (0..layout.rank())
                .filter(along)
                .map(|d| strides[d])
                .collect();
            new.push(strides[*i] + strides[*j]);
            let shift = match *offset {
                _ if shape.last() == Some(&0) => 0,
                offset if offset >= 0 => offset * strides[*j],
                offset => -offset * strides[*i],
            };
            let start = layout.offset() as isize + shift;
            Layout::new(short(shape), new, start as usize)
        }
        View::Alias => layout.clone(),
    })
}
