//! Instructions that move elements without changing them, and scatter-add, which adds them up.

use crate::layout::Dims;
use crate::{Error, ErrorKind, Result};

use super::array::Array;

pub(super) fn cat(dim: usize, parts: &[Array], shape: &[usize]) -> Array {
    Array::from_fn(shape, |index| {
        let mut index: Dims = index.into();
        for part in parts {
            if index[dim] < part.shape[dim] {
                return part.at(&index);
            }
            index[dim] -= part.shape[dim];
        }
        unreachable!("the parts cover the joined dim")
    })
}

pub(super) fn pad(widths: &[(usize, usize)], value: f64, x: &Array, shape: &[usize]) -> Array {
    Array::from_fn(shape, |index| {
        let inside = |d: usize| (widths[d].0..widths[d].0 + x.shape[d]).contains(&index[d]);
        if !(0..index.len()).all(inside) {
            return value;
        }
        let source: Dims = index
            .iter()
            .zip(widths)
            .map(|(&i, &(before, _))| i - before)
            .collect();
        x.at(&source)
    })
}

pub(super) fn gather(dim: usize, x: &Array, index: &Array) -> Result<Array> {
    check_indices("gather", index, dim, x.shape[dim])?;
    Ok(Array::from_fn(&index.shape, |here| {
        let mut source: Dims = here.into();
        source[dim] = index.at(here) as usize;
        x.at(&source)
    }))
}

pub(super) fn scatter_add(dim: usize, x: &Array, index: &Array, src: &Array) -> Result<Array> {
    check_indices("scatter_add", index, dim, x.shape[dim])?;
    let mut y = x.clone();
    Array::from_fn(&index.shape, |here| {
        let mut target: Dims = here.into();
        target[dim] = index.at(here) as usize;
        *y.at_mut(&target) += src.at(here);
        0.0
    });
    Ok(y)
}

fn check_indices(name: &str, index: &Array, dim: usize, size: usize) -> Result<()> {
    match index
        .values
        .iter()
        .find(|&&i| !(0.0..size as f64).contains(&i))
    {
        None => Ok(()),
        Some(i) => Err(Error::new(
            ErrorKind::Data,
            format!("{name}: index {i} is out of range for dim {dim}, which has size {size}"),
        )),
    }
}
