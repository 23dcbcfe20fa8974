//! Elements chosen by an index along one dim, and sums into chosen elements.
//!
//! Every index is checked before anything is written. Sums are formed in the index's order along
//! the dim, whatever the number of threads.
#![allow(unsafe_code)] // Strided and indexed access goes through pointers.

use bytemuck::Zeroable;

use super::Cpu;
use super::host::{Dst, Src};
use super::split::ranges;
use super::walk::{Dim, DimList, Walk, count};
use crate::device::{Device, Operand};
use crate::layout::Layout;
use crate::prim::Prim;
use crate::{DType, Error, ErrorKind, Result};

/// Runs `Prim::Gather`.
pub(super) fn gather(dim: usize, inputs: &[Operand<'_>], output: &Operand<'_>) -> Result<()> {
    check("gather", dim, &inputs[1], inputs[0].layout.shape()[dim])?;
    match output.dtype.size() {
        1 => pick::<u8>(dim, &inputs[0], &inputs[1], output),
        2 => pick::<u16>(dim, &inputs[0], &inputs[1], output),
        4 => pick::<u32>(dim, &inputs[0], &inputs[1], output),
        _ => pick::<u64>(dim, &inputs[0], &inputs[1], output),
    }
    Ok(())
}

/// Runs `Prim::ScatterAdd`.
pub(super) fn scatter_add(dim: usize, inputs: &[Operand<'_>], output: &Operand<'_>) -> Result<()> {
    check(
        "scatter_add",
        dim,
        &inputs[1],
        inputs[0].layout.shape()[dim],
    )?;
    Cpu.run(&Prim::Cast(output.dtype), &inputs[..1], &[*output])?;
    let (index, src) = (&inputs[1], &inputs[2]);
    match output.dtype {
        DType::F32 => add::<f32>(dim, index, src, output, |a, b| a + b),
        DType::F64 => add::<f64>(dim, index, src, output, |a, b| a + b),
        DType::I64 => add::<i64>(dim, index, src, output, i64::wrapping_add),
        DType::U8 => add::<u8>(dim, index, src, output, u8::wrapping_add),
        DType::Bool => add::<u8>(dim, index, src, output, |a, b| a | b),
        DType::F16 | DType::BF16 => unreachable!("16-bit floats run by way of f32"),
    }
    Ok(())
}

/// Refuses the first index, in row-major order, that points outside.
fn check(name: &str, dim: usize, index: &Operand<'_>, size: usize) -> Result<()> {
    let first = Src::<i64>::new(index).first();
    let layout = index.layout;
    // A dim of step 0 repeats what its first place holds.
    let distinct = layout.strides().iter().zip(layout.shape()).enumerate();
    let distinct = distinct.fold(layout.clone(), |layout, (d, (&step, &size))| {
        if step == 0 && size > 1 {
            layout.slice(d, 0, 1, 1)
        } else {
            layout
        }
    });
    let origin = first.wrapping_sub(distinct.offset());
    // SAFETY: positions stay within the layout.
    let wrong = distinct
        .positions()
        .map(|position| unsafe { *origin.add(position) })
        .enumerate()
        .find(|(_, value)| !(0..size as i64).contains(value));
    let Some((flat, value)) = wrong else {
        return Ok(());
    };
    let mut rest = flat;
    let mut place: Vec<usize> = distinct
        .shape()
        .iter()
        .rev()
        .map(|&size| (rest % size, rest /= size).0)
        .collect();
    place.reverse();
    Err(Error::new(
        ErrorKind::Data,
        format!(
            "{name}: index {value} at {place:?} is out of range for dim {dim} of size {size}; \
             indices run from 0 to {}",
            size as i64 - 1
        ),
    ))
}

/// The index's dims with their steps in the index (`src`) and in another operand (`dst`).
fn dims(index: &Layout, other: &Layout) -> DimList {
    let steps = index.strides().iter().zip(other.strides());
    let sizes = index.shape().iter();
    sizes
        .zip(steps)
        .map(|(&size, (&src, &dst))| Dim { size, src, dst })
        .collect()
}

fn pick<T: Copy + Zeroable + Send + Sync>(
    dim: usize,
    x: &Operand<'_>,
    index: &Operand<'_>,
    output: &Operand<'_>,
) {
    let (src, at, dst) = (
        Src::<T>::new(x),
        Src::<i64>::new(index),
        Dst::<T>::new(output),
    );
    let step = x.layout.strides()[dim];
    let mut outer = dims(index.layout, x.layout);
    if let Some(indexed) = outer.get_mut(dim) {
        indexed.dst = 0;
    }
    let Some(run) = outer.pop() else { return };
    ranges(count(&outer), run.size, |rows| {
        let mut walk = Walk::at(&outer, rows.start);
        for row in rows {
            // SAFETY: the walk stays within the layouts, the indices were checked, and every row of
            // the contiguous output is written by one task.
            unsafe {
                let at = at.first().offset(walk.src);
                let src = src.first().offset(walk.dst);
                let dst = dst.first().add(row * run.size);
                if run.src == 0 && run.dst == 1 {
                    std::ptr::copy_nonoverlapping(src.offset(*at as isize * step), dst, run.size);
                } else {
                    for column in 0..run.size as isize {
                        let chosen = *at.offset(column * run.src) as isize * step;
                        *dst.offset(column) = *src.offset(column * run.dst + chosen);
                    }
                }
            }
            walk.advance();
        }
    });
}

fn add<T: Copy + Zeroable + Send + Sync>(
    dim: usize,
    index: &Operand<'_>,
    src: &Operand<'_>,
    output: &Operand<'_>,
    sum: impl Fn(T, T) -> T + Sync,
) {
    let (at, from, to) = (
        Src::<i64>::new(index),
        Src::<T>::new(src),
        Dst::<T>::new(output),
    );
    if index.layout.numel() == 0 {
        return;
    }
    let step = output.layout.strides()[dim];
    let shape = index.layout.shape();
    // Tasks share no output if each has its own indices of a dim other than the one indexed.
    let split = (0..shape.len())
        .filter(|&d| d != dim)
        .max_by_key(|&d| (shape[d], std::cmp::Reverse(d)));
    let items = split.map_or(1, |d| shape[d]);
    ranges(items, index.layout.numel() / items, |items| {
        let part = |layout: &Layout| match split {
            Some(d) => layout.slice(d, items.start, 1, items.len()),
            None => layout.clone(),
        };
        let (at_part, from_part) = (part(index.layout), part(src.layout));
        let to_start = split.map_or(0, |d| items.start as isize * output.layout.strides()[d]);
        let mut outer = dims(&at_part, &from_part);
        let mut target: DimList = dims(&at_part, output.layout);
        target[dim].dst = 0;
        let (Some(run), Some(target_run)) = (outer.pop(), target.pop()) else {
            return;
        };
        let shift =
            |part: &Layout, whole: &Layout| part.offset() as isize - whole.offset() as isize;
        let (at_start, from_start) = (shift(&at_part, index.layout), shift(&from_part, src.layout));
        let (mut walk, mut places) = (Walk::at(&outer, 0), Walk::at(&target, 0));
        for _ in 0..count(&outer) {
            // SAFETY: the walks stay within the layouts, the indices were checked, and no other task
            // writes this part's outputs.
            unsafe {
                let at = at.first().offset(at_start + walk.src);
                let from = from.first().offset(from_start + walk.dst);
                let to = to.first().offset(to_start + places.dst);
                if run.src == 0 && run.dst == 1 && target_run.dst == 1 {
                    let to = to.offset(*at as isize * step);
                    for column in 0..run.size {
                        *to.add(column) = sum(*to.add(column), *from.add(column));
                    }
                } else {
                    for column in 0..run.size as isize {
                        let chosen = *at.offset(column * run.src) as isize * step;
                        let to = to.offset(column * target_run.dst + chosen);
                        *to = sum(*to, *from.offset(column * run.dst));
                    }
                }
            }
            walk.advance();
            places.advance();
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::cpu::testing::{Host, noise, on_threads, run, views};
    use crate::layout::Layout;
    use crate::prim::Prim;

    /// A view of a table, an index into dim `dim` of it, which may be expanded, and that dim.
    fn cases() -> impl Strategy<Value = ((Layout, usize), usize, Vec<usize>, Option<usize>)> {
        (1..4usize).prop_flat_map(|rank| {
            let index = prop::collection::vec(1..6usize, rank);
            (views(rank, 5), 0..rank, index, prop::option::of(0..rank))
        })
    }

    fn index(shape: &[usize], expanded: Option<usize>, size: usize, seed: u64) -> Host {
        let mut base = shape.to_vec();
        if let Some(d) = expanded {
            base[d] = 1;
        }
        let layout = Layout::contiguous(&base);
        let values: Vec<i64> = noise(seed, layout.numel())
            .iter()
            .map(|v| ((v + 1.0) / 2.0 * size as f64) as i64)
            .collect();
        Host::view(&layout.expand(shape), &values)
    }

    fn place(shape: &[usize], flat: usize) -> Vec<usize> {
        let mut rest = flat;
        let mut place: Vec<usize> = shape
            .iter()
            .rev()
            .map(|&size| (rest % size, rest /= size).0)
            .collect();
        place.reverse();
        place
    }

    fn flat(shape: &[usize], place: &[usize]) -> usize {
        shape
            .iter()
            .zip(place)
            .fold(0, |flat, (&size, &at)| flat * size + at)
    }

    proptest! {
        #[test]
        fn gather_and_scatter_add_are_their_definitions(
            ((layout, len), dim, wanted, expanded) in cases(),
            seed in 0..1000u64,
        ) {
            let shape = layout.shape();
            let chosen: Vec<usize> = (0..shape.len())
                .map(|d| if d == dim { wanted[d] } else { wanted[d].min(shape[d]) })
                .collect();
            let x = Host::view(&layout, &noise(seed, len));
            let at = index(&chosen, expanded, shape[dim], seed + 1);
            let y = Host::output::<f64>(&chosen);
            run(&Prim::Gather { dim }, &[&x, &at], &[&y]).unwrap();
            let (values, indices) = (x.values::<f64>(), at.values::<i64>());
            let source = |flat_index: usize| {
                let mut from = place(&chosen, flat_index);
                from[dim] = indices[flat_index] as usize;
                flat(shape, &from)
            };
            let expected: Vec<f64> = (0..indices.len()).map(|i| values[source(i)]).collect();
            prop_assert_eq!(y.values::<f64>(), expected);

            let src = Host::new(&chosen, &noise(seed + 2, indices.len()));
            let sums = Host::output::<f64>(shape);
            run(&Prim::ScatterAdd { dim }, &[&x, &at, &src], &[&sums]).unwrap();
            let mut expected = values;
            for (i, added) in src.values::<f64>().into_iter().enumerate() {
                expected[source(i)] += added;
            }
            prop_assert_eq!(sums.values::<f64>(), expected);
        }
    }

    #[test]
    fn an_index_out_of_range_is_named() {
        let (x, y) = (
            Host::new(&[2, 3], &[0.0f32; 6]),
            Host::output::<f32>(&[2, 2]),
        );
        for wrong in [3i64, -1] {
            let at = Host::new(&[2, 2], &[0, 2, wrong, 5]);
            let error = run(&Prim::Gather { dim: 1 }, &[&x, &at], &[&y]).unwrap_err();
            let expected =
                format!("gather: index {wrong} at [1, 0] is out of range for dim 1 of size 3");
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let (rows, width) = (2000, 128);
        let at = index(&[rows, width], Some(1), 50, 3);
        let (x, src) = (
            Host::new(&[50, width], &noise(1, 50 * width)),
            Host::new(&[rows, width], &noise(2, rows * width)),
        );
        let sums = |threads| {
            on_threads(threads, || {
                let y = Host::output::<f64>(&[50, width]);
                run(&Prim::ScatterAdd { dim: 0 }, &[&x, &at, &src], &[&y]).unwrap();
                y.values::<f64>()
            })
        };
        assert_eq!(sums(1), sums(2));
    }
}
