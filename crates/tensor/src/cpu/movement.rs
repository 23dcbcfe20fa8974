//! Cat and pad: elements that move without changing.
#![allow(unsafe_code)] // Outputs are written as slices of untyped elements.

use bytemuck::Zeroable;

use super::Cpu;
use super::host::{Dst, Src};
use super::split::chunks;
use crate::Result;
use crate::device::{Device, Operand};
use crate::dtype::Scalar;
use crate::prim::Prim;

/// Runs `Prim::Cat`: whole runs at a time where an input is contiguous.
pub(super) fn cat(dim: usize, inputs: &[Operand<'_>], output: &Operand<'_>) -> Result<()> {
    let mut before = 0;
    for input in inputs {
        let size = input.layout.shape()[dim];
        if input.layout.is_contiguous() {
            match input.dtype.size() {
                1 => runs::<u8>(dim, before, input, output),
                2 => runs::<u16>(dim, before, input, output),
                4 => runs::<u32>(dim, before, input, output),
                _ => runs::<u64>(dim, before, input, output),
            }
        } else {
            let layout = output.layout.slice(dim, before, 1, size);
            let place = Operand {
                layout: &layout,
                ..*output
            };
            Cpu.run(&Prim::Cast(output.dtype), &[*input], &[place])?;
        }
        before += size;
    }
    Ok(())
}

/// Copies a contiguous input to its place; `T` has the size of the dtype, whatever it means.
fn runs<T: Copy + Zeroable + Send + Sync>(
    dim: usize,
    before: usize,
    input: &Operand<'_>,
    output: &Operand<'_>,
) {
    let shape = output.layout.shape();
    let inner: usize = shape[dim + 1..].iter().product();
    let (run, row) = (input.layout.shape()[dim] * inner, shape[dim] * inner);
    if run == 0 {
        return;
    }
    let Some(src) = Src::<T>::new(input).slice() else {
        return;
    };
    // SAFETY: the output is contiguous and apart from the inputs; it is a slice here once at a time.
    let dst = unsafe { Dst::<T>::new(output).slice_mut() };
    chunks(dst, row, run, |index, row| {
        row[before * inner..][..run].copy_from_slice(&src[index * run..][..run]);
    });
}

/// Runs `Prim::Pad`: fills the output, then copies the input into its middle.
pub(super) fn pad(
    widths: &[(usize, usize)],
    value: f64,
    x: &Operand<'_>,
    output: &Operand<'_>,
) -> Result<()> {
    let fill = Prim::Fill(
        output.layout.shape().into(),
        output.dtype,
        Scalar::Float(value),
    );
    Cpu.run(&fill, &[], &[*output])?;
    let mut layout = output.layout.clone();
    for (dim, &(before, _)) in widths.iter().enumerate() {
        layout = layout.slice(dim, before, 1, x.layout.shape()[dim]);
    }
    Cpu.run(
        &Prim::Cast(x.dtype),
        &[*x],
        &[Operand {
            layout: &layout,
            ..*output
        }],
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::cpu::testing::{Host, noise, on_threads, run, views};
    use crate::layout::Layout;
    use crate::prim::Prim;

    proptest! {
        #[test]
        fn cat_puts_views_one_after_the_other(
            (views, dim) in (1..5usize).prop_flat_map(|rank| {
                (prop::collection::vec(views(rank, 5), 1..4), 0..rank)
            }),
            seed in 0..1000u64,
        ) {
            // All but the joined dim are cut to the first view's size where they are larger.
            let least = |d: usize| views.iter().map(|(layout, _)| layout.shape()[d]).min().unwrap();
            let hosts: Vec<Host> = views
                .iter()
                .map(|(layout, len)| {
                    let cut = (0..layout.rank())
                        .filter(|&d| d != dim)
                        .fold(layout.clone(), |layout: Layout, d| layout.slice(d, 0, 1, least(d)));
                    Host::view(&cut, &noise(seed, *len))
                })
                .collect();
            let mut shape: Vec<usize> = (0..views[0].0.rank()).map(least).collect();
            shape[dim] = views.iter().map(|(layout, _)| layout.shape()[dim]).sum();
            let y = Host::output::<f64>(&shape);
            run(&Prim::Cat { dim }, &hosts.iter().collect::<Vec<_>>(), &[&y]).unwrap();

            let inner: usize = shape[dim + 1..].iter().product();
            let outer: usize = shape[..dim].iter().product();
            let mut expected = Vec::new();
            for row in 0..outer {
                for host in &hosts {
                    let run = host.operand().layout.shape()[dim] * inner;
                    expected.extend_from_slice(&host.values::<f64>()[row * run..][..run]);
                }
            }
            prop_assert_eq!(y.values::<f64>(), expected);
        }

        #[test]
        fn pad_puts_the_value_around(
            (layout, len) in views(2, 6),
            widths in [(0..3usize, 0..3usize), (0..3usize, 0..3usize)],
            seed in 0..1000u64,
        ) {
            let x = Host::view(&layout, &noise(seed, len));
            let [h, w] = [layout.shape()[0], layout.shape()[1]];
            let shape = [h + widths[0].0 + widths[0].1, w + widths[1].0 + widths[1].1];
            let y = Host::output::<f64>(&shape);
            run(&Prim::Pad { widths: widths.as_slice().into(), value: 0.5 }, &[&x], &[&y]).unwrap();
            let (x, y) = (x.values::<f64>(), y.values::<f64>());
            for i in 0..shape[0] {
                for j in 0..shape[1] {
                    let (row, column) = (i.wrapping_sub(widths[0].0), j.wrapping_sub(widths[1].0));
                    let expected = if row < h && column < w { x[row * w + column] } else { 0.5 };
                    prop_assert_eq!(y[i * shape[1] + j], expected);
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let values: Vec<i64> = (0..600_000).collect();
        let (a, b) = (
            Host::new(&[300, 1000], &values[..300_000]),
            Host::new(&[300, 1000], &values[300_000..]),
        );
        let joined = |threads| {
            on_threads(threads, || {
                let y = Host::output::<i64>(&[300, 2000]);
                run(&Prim::Cat { dim: 1 }, &[&a, &b], &[&y]).unwrap();
                y.values::<i64>()
            })
        };
        assert_eq!(joined(1), joined(2));
    }
}
