//! `Prim::Matmul` of bf16 for a few rows: one look of a linear layer, which takes as long as reading its weight.
#![allow(unsafe_code)] // Raw views into operands.

use half::bf16;

use super::gemm::MatRef;
use super::gemm::pairs::{Dots, MAX_ROWS, PairKernels};
use super::gemm::sides::Shared;
use super::host::{self, Dst, Src};
use super::scratch::Scratch;
use super::tasks::{Parallel, run as part};
use crate::device::Operand;
use crate::prim::{Activation, Epilogue, Prim};
use crate::{DType, Result};

/// Numbers of the weight that one task should read.
const TASK_NUMBERS: usize = 1 << 16;

/// True of products that run here.
pub(super) fn concerns(prim: &Prim, inputs: &[Operand<'_>], output: &Operand<'_>) -> bool {
    let Prim::Matmul(..) = prim else {
        return false;
    };
    let narrow = |operand: &Operand<'_>| operand.dtype == DType::BF16;
    let (x, weight) = (inputs[0].layout, inputs[1].layout);
    inputs.iter().chain([output]).all(narrow)
        && x.rank() == 2
        && weight.rank() == 2
        && (1..=MAX_ROWS).contains(&x.shape()[0])
        && x.strides()[1] == 1
        && weight.strides().contains(&1)
        && output.layout.is_contiguous()
}

/// `(x, weight, [bias]) -> y`.
pub(super) fn run(epilogue: &Epilogue, inputs: &[Operand<'_>], output: &Operand<'_>) -> Result<()> {
    multiply(&PairKernels::detect(), epilogue, inputs, output)
}

fn multiply(
    kernels: &PairKernels,
    epilogue: &Epilogue,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    let (x, weight) = (Src::<bf16>::new(&inputs[0]), Src::<bf16>::new(&inputs[1]));
    let bias = inputs[2..].first().map(host::numbers).transpose()?;
    let (rows, depth) = (x.layout().shape()[0], x.layout().shape()[1]);
    let columns = weight.layout().shape()[1];
    let right = MatRef {
        ptr: weight.first(),
        row_stride: weight.layout().strides()[0],
        col_stride: weight.layout().strides()[1],
    };
    let scratch = Scratch::<f32>::take(rows * columns);
    let sums = Shared(scratch.as_ptr());
    let tasks = (columns * depth / TASK_NUMBERS)
        .clamp(1, 16)
        .min(columns.max(1));
    Parallel::On.for_each(tasks, |task, _| {
        let some = part(columns, tasks, task);
        // SAFETY: operands are valid for these sizes; tasks write columns of their own.
        unsafe {
            (kernels.dot)(&Dots {
                left: x.first(),
                left_stride: x.layout().strides()[0],
                rows,
                right: right.shifted(some.start as isize * right.col_stride),
                columns: some.len(),
                depth,
                dst: sums.get().add(some.start),
                dst_stride: columns,
            });
        }
    });
    let y = Dst::<bf16>::new(output);
    for at in 0..rows * columns {
        // SAFETY: all sums are written, and the output is contiguous and holds as many numbers.
        unsafe {
            let sum = *sums.get().add(at);
            let sum = bias.as_ref().map_or(sum, |bias| sum + bias[at % columns]);
            let value = match epilogue.activation {
                Activation::Relu if sum < 0.0 => 0.0,
                _ => sum,
            };
            *y.first().add(at) = bf16::from_f32(value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::testing::{Host, noise32, on_threads};
    use crate::layout::Layout;
    use crate::prim::Transposed;

    #[test]
    fn every_instruction_set_and_number_of_threads_multiplies_as_float64_does() {
        let narrow = |seed, len| -> Vec<bf16> {
            noise32(seed, len).into_iter().map(bf16::from_f32).collect()
        };
        for [rows, depth, columns] in [
            [1, 1, 1],
            [1, 512, 1000],
            [3, 31, 7],
            [8, 130, 33],
            [2, 0, 5],
        ] {
            let x = Host::new(&[rows, depth], &narrow(1, rows * depth));
            let weight = narrow(2, columns * depth);
            let turned = Layout::contiguous(&[columns, depth]).permute(&[1, 0]);
            let turned = Host::view(&turned, &weight);
            let straight = turned.contiguous::<bf16>();
            let bias = Host::new(&[columns], &narrow(3, columns));
            let epilogue = Epilogue {
                bias: true,
                activation: Activation::Relu,
            };
            let each = [&turned, &straight]
                .into_iter()
                .flat_map(|w| PairKernels::available().into_iter().map(move |k| (w, k)));
            for (w, (name, kernels)) in each {
                let inputs = [x.operand(), w.operand(), bias.operand()];
                let of = |threads| {
                    let y = Host::output::<bf16>(&[rows, columns]);
                    assert!(concerns(
                        &Prim::Matmul(Transposed::default(), epilogue),
                        &inputs,
                        &y.operand()
                    ));
                    on_threads(threads, || {
                        multiply(&kernels, &epilogue, &inputs, &y.operand())
                    })
                    .unwrap();
                    y.values::<bf16>()
                };
                let y = of(1);
                assert_eq!(y, of(2), "{name}");
                let (x, bias) = (x.values::<bf16>(), bias.values::<bf16>());
                for (at, y) in y.iter().enumerate() {
                    let (row, column) = (at / columns, at % columns);
                    let products = (0..depth)
                        .map(|k| x[row * depth + k].to_f64() * weight[column * depth + k].to_f64());
                    let expected = (products.clone().sum::<f64>() + bias[column].to_f64()).max(0.0);
                    let size: f64 = products.map(f64::abs).sum();
                    let error = (y.to_f64() - expected).abs();
                    assert!(
                        error <= 4e-3 * expected + 1e-6 * size,
                        "{name}: {y} for {expected}"
                    );
                }
            }
        }
    }
}
