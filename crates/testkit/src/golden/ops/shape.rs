//! Views, joining and cutting, and picking by index.

use hammerhead_tensor::{Tensor, cat, one_hot, stack};

use super::call::{Call, Outcome};
use crate::golden::arguments::DimList;

/// The operation's outputs, or nothing if it is none of this family.
pub(super) fn evaluate(op: &str, call: &mut Call) -> Option<Outcome> {
    Some(match op {
        "transpose" => transpose(call),
        "permute" => permute(call),
        "reshape" => reshape(call),
        "permute_reshape" => permute_reshape(call),
        "flatten" => flatten(call),
        "unsqueeze" => with_dim(call, |x, dim| x.unsqueeze(dim)),
        "squeeze" => squeeze(call),
        "expand" => with_list(call, "shape", |x, sizes| x.expand(sizes)),
        "repeat" => with_list(call, "repeats", |x, counts| x.repeat(counts)),
        "flip" => with_list(call, "dims", |x, dims| x.flip(dims)),
        "roll" => roll(call),
        "tril" => diagonal_of(call, |x, diagonal| x.tril(diagonal)),
        "triu" => diagonal_of(call, |x, diagonal| x.triu(diagonal)),
        "diagonal" => diagonal(call),
        "slice" => slice(call),
        "narrow" => narrow(call),
        "select" => select(call),
        "pad" => pad(call),

        "cat" => joined(call, |parts, dim| cat(parts, dim)),
        "stack" => joined(call, |parts, dim| stack(parts, dim)),
        "split_index" => split(call),
        "chunk_index" => chunk(call),

        "where" => choose(call),
        "masked_fill" => masked_fill(call),
        "gather" => gather(call),
        "index_select" => index_select(call),
        "scatter_add" => scatter_add(call),
        "one_hot" => hot(call),
        _ => return None,
    })
}

fn with_dim(call: &mut Call, f: impl FnOnce(&Tensor, isize) -> Tensor) -> Outcome {
    let dim = call.attrs.required("dim")?;
    call.one(|x| f(x, dim))
}

fn with_list(
    call: &mut Call,
    name: &str,
    f: impl FnOnce(&Tensor, Vec<isize>) -> Tensor,
) -> Outcome {
    let list = call.attrs.required::<DimList>(name)?.dims();
    call.one(|x| f(x, list))
}

fn transpose(call: &mut Call) -> Outcome {
    let (dim0, dim1) = (call.attrs.required("dim0")?, call.attrs.required("dim1")?);
    call.one(|x| x.transpose(dim0, dim1))
}

fn permute(call: &mut Call) -> Outcome {
    with_list(call, "dims", |x, dims| x.permute(dims))
}

fn reshape(call: &mut Call) -> Outcome {
    with_list(call, "shape", |x, shape| x.reshape(shape))
}

fn permute_reshape(call: &mut Call) -> Outcome {
    let dims: Vec<isize> = call.attrs.required("dims")?;
    let shape: Vec<isize> = call.attrs.required("shape")?;
    call.one(|x| x.permute(dims).reshape(shape))
}

fn flatten(call: &mut Call) -> Outcome {
    let start = call.attrs.optional("start_dim", 0)?;
    let end = call.attrs.optional("end_dim", -1)?;
    call.one(|x| x.flatten(start, end))
}

fn squeeze(call: &mut Call) -> Outcome {
    match call.attrs.maybe::<DimList>("dim")? {
        None => call.one(Tensor::squeeze_all),
        Some(dims) => call.one(|x| x.squeeze_dims(dims.dims())),
    }
}

fn roll(call: &mut Call) -> Outcome {
    let list = |call: &mut Call, one: &str, many: &str| -> Result<Option<Vec<isize>>, String> {
        let given = match call.attrs.maybe::<DimList>(one)? {
            Some(list) => Some(list),
            None => call.attrs.maybe::<DimList>(many)?,
        };
        Ok(given.map(DimList::dims))
    };
    let shifts = list(call, "shift", "shifts")?.ok_or("argument shift is missing")?;
    let dims = list(call, "dim", "dims")?;
    if dims.as_ref().is_some_and(|dims| dims.len() != shifts.len()) {
        return Err(format!(
            "{} shifts for another number of dims",
            shifts.len()
        ));
    }
    call.one(|x| match dims {
        None => x.flat().roll(shifts[0], 0).reshape(x.shape()),
        Some(dims) => shifts
            .iter()
            .zip(dims)
            .fold(x.clone(), |x, (&shift, dim)| x.roll(shift, dim)),
    })
}

fn diagonal_of(call: &mut Call, f: impl FnOnce(&Tensor, isize) -> Tensor) -> Outcome {
    let diagonal = call.attrs.optional("diagonal", 0)?;
    call.one(|x| f(x, diagonal))
}

fn diagonal(call: &mut Call) -> Outcome {
    let offset = call.attrs.optional("offset", 0)?;
    let dim1 = call.attrs.optional("dim1", 0)?;
    let dim2 = call.attrs.optional("dim2", 1)?;
    call.one(|x| x.diagonal_with(offset, dim1, dim2))
}

fn slice(call: &mut Call) -> Outcome {
    let dim = call.attrs.required("dim")?;
    let start = call.attrs.optional("start", 0)?;
    let stop = call.attrs.optional("stop", isize::MAX)?;
    let step = call.attrs.optional("step", 1)?;
    call.one(|x| x.slice(dim, start, stop, step))
}

fn narrow(call: &mut Call) -> Outcome {
    let (dim, start) = (call.attrs.required("dim")?, call.attrs.required("start")?);
    let length = call.attrs.required("length")?;
    call.one(|x| x.narrow(dim, start, length))
}

fn select(call: &mut Call) -> Outcome {
    let (dim, index) = (call.attrs.required("dim")?, call.attrs.required("index")?);
    call.one(|x| x.select(dim, index))
}

fn pad(call: &mut Call) -> Outcome {
    let widths: Vec<isize> = call.attrs.required("pad")?;
    let value = call.attrs.number("value", 0.0)?;
    match call.attrs.optional("mode", "constant".to_owned())?.as_str() {
        "constant" => call.one(|x| x.pad(&widths, value)),
        other => Err(format!("unknown mode {other}")),
    }
}

fn joined(call: &mut Call, join: impl FnOnce(&[Tensor], isize) -> Tensor) -> Outcome {
    let dim = call.attrs.optional("dim", 0)?;
    Ok(join(&call.rest(), dim).into())
}

/// One of the parts that a cut gives.
fn part(parts: Vec<Tensor>, index: isize) -> Outcome {
    let place = if index < 0 {
        index + parts.len() as isize
    } else {
        index
    };
    let part = usize::try_from(place)
        .ok()
        .and_then(|place| parts.get(place));
    part.map(|part| part.clone().into())
        .ok_or_else(|| format!("no part {index} of {}", parts.len()))
}

fn split(call: &mut Call) -> Outcome {
    let dim = call.attrs.optional("dim", 0)?;
    let index = call.attrs.required("index")?;
    let sizes: Option<Vec<usize>> = call.attrs.maybe("sizes")?;
    let size: Option<usize> = call.attrs.maybe("split_size")?;
    let x = call.input("x")?;
    match (sizes, size) {
        (Some(sizes), None) => part(x.split_sizes(&sizes, dim), index),
        (None, Some(size)) => part(x.split(size, dim), index),
        _ => Err("takes sizes or split_size".to_owned()),
    }
}

fn chunk(call: &mut Call) -> Outcome {
    let chunks = call.attrs.required("chunks")?;
    let dim = call.attrs.optional("dim", 0)?;
    let index = call.attrs.required("index")?;
    part(call.input("x")?.chunk(chunks, dim), index)
}

fn choose(call: &mut Call) -> Outcome {
    let condition = call.input("cond")?.gt(0);
    call.two(|a, b| condition.select_from(a, b))
}

fn masked_fill(call: &mut Call) -> Outcome {
    let mask = call.input("mask")?.gt(0);
    let value: f64 = call.attrs.required("value")?;
    call.one(|x| x.masked_fill(&mask, value))
}

fn gather(call: &mut Call) -> Outcome {
    let index = call.input("index")?;
    with_dim(call, |x, dim| x.gather(dim, &index))
}

fn index_select(call: &mut Call) -> Outcome {
    let index = call.input("index")?;
    with_dim(call, |x, dim| x.index_select(dim, &index))
}

fn scatter_add(call: &mut Call) -> Outcome {
    let (index, src) = (call.input("index")?, call.input("src")?);
    with_dim(call, |x, dim| x.scatter_add(dim, &index, &src))
}

fn hot(call: &mut Call) -> Outcome {
    let classes = call.attrs.required("num_classes")?;
    Ok(one_hot(&call.input("index")?, classes).into())
}
