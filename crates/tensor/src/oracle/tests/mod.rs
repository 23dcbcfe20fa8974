//! Values worked out by hand, and laws that tie instructions to one another.

mod layers;

use smallvec::smallvec;

use super::*;
use crate::infer::{Spec, infer};
use crate::layout::Layout;
use crate::pointwise::{Binary, Unary};
use crate::prim::*;

/// A row-major input: its shape and its elements.
type Input<'a> = (&'a [usize], DType, &'a [f64]);

fn upload(dtype: DType, values: &[f64]) -> Memory {
    let mut bytes = vec![0; values.len() * dtype.size()];
    Array {
        shape: smallvec![values.len()],
        values: values.to_vec(),
    }
    .to_bytes(dtype, &mut bytes);
    Oracle.upload(dtype, &bytes).unwrap()
}

fn download(memory: &Memory, layout: &Layout, dtype: DType) -> Vec<f64> {
    array::read(&Operand {
        memory: &**memory,
        layout,
        dtype,
    })
    .values
}

/// Runs an instruction on contiguous inputs and gives every output's elements.
fn run(prim: Prim, inputs: &[Input<'_>]) -> Result<Vec<Vec<f64>>> {
    let specs: Vec<Spec> = inputs
        .iter()
        .map(|input| Spec {
            shape: input.0.into(),
            dtype: input.1,
        })
        .collect();
    let outputs = infer(&prim, &specs).expect("the inputs fit");
    let memories: Vec<Memory> = inputs
        .iter()
        .map(|input| upload(input.1, input.2))
        .collect();
    let layouts: Vec<Layout> = inputs
        .iter()
        .map(|input| Layout::contiguous(input.0))
        .collect();
    let operand = |i: usize| Operand {
        memory: &*memories[i],
        layout: &layouts[i],
        dtype: inputs[i].1,
    };
    let operands: Vec<Operand<'_>> = (0..inputs.len()).map(operand).collect();
    let results: Vec<(Memory, Layout, DType)> = outputs
        .iter()
        .map(|spec| {
            let layout = Layout::contiguous(&spec.shape);
            (
                Oracle.alloc(spec.dtype, layout.numel()).unwrap(),
                layout,
                spec.dtype,
            )
        })
        .collect();
    let targets: Vec<Operand<'_>> = results
        .iter()
        .map(|(memory, layout, dtype)| Operand {
            memory: &**memory,
            layout,
            dtype: *dtype,
        })
        .collect();
    Oracle.run(&prim, &operands, &targets)?;
    Ok(results
        .iter()
        .map(|(memory, layout, dtype)| download(memory, layout, *dtype))
        .collect())
}

fn run_one(prim: Prim, inputs: &[Input<'_>]) -> Vec<f64> {
    run(prim, inputs).unwrap().swap_remove(0)
}

const F: DType = DType::F64;
const I: DType = DType::I64;

/// Numbers without a pattern, in [-1, 1).
fn noise(seed: usize, len: usize) -> Vec<f64> {
    (0..len)
        .map(|i| ((seed * 7919 + i * 104_729) % 1009) as f64 / 504.5 - 1.0)
        .collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn floats_are_not_rounded_to_their_dtype() {
    let third = run_one(
        Prim::Unary(Unary::RdivScalar { value: 1.0 }),
        &[(&[1], DType::BF16, &[3.0])],
    );
    assert_eq!(third, [1.0 / 3.0]);
}

#[test]
fn bytes_wrap_and_truth_values_are_zero_or_one() {
    assert_eq!(
        run_one(Prim::Cast(DType::U8), &[(&[3], I, &[255.0, 256.0, -1.0])]),
        [255.0, 0.0, 255.0]
    );
    assert_eq!(
        run_one(Prim::Cast(DType::Bool), &[(&[3], F, &[0.0, 0.5, -2.0])]),
        [0.0, 1.0, 1.0]
    );
    assert_eq!(
        run_one(Prim::Cast(I), &[(&[3], F, &[1.9, -1.9, f64::NAN])]),
        [1.0, -1.0, 0.0]
    );
}

#[test]
fn a_strided_output_is_written_in_place_and_nowhere_else() {
    let memory = upload(F, &[0.0; 6]);
    let column = Layout::contiguous(&[3, 2]).slice(1, 1, 1, 1);
    let target = Operand {
        memory: &*memory,
        layout: &column,
        dtype: F,
    };
    Oracle
        .run(
            &Prim::Fill(smallvec![3, 1], F, crate::Scalar::Float(7.0)),
            &[],
            &[target],
        )
        .unwrap();
    assert_eq!(
        download(&memory, &Layout::contiguous(&[6]), F),
        [0.0, 7.0, 0.0, 7.0, 0.0, 7.0]
    );
}

#[test]
fn operands_may_share_memory_in_any_way() {
    let memory = upload(F, &[1.0, 2.0, 3.0]);
    let (forward, backward) = (
        Layout::contiguous(&[3]),
        Layout::contiguous(&[3]).slice(0, 2, -1, 3),
    );
    let operand = |layout| Operand {
        memory: &*memory,
        layout,
        dtype: F,
    };
    Oracle
        .run(
            &Prim::Binary(Binary::Sub),
            &[operand(&forward), operand(&backward)],
            &[operand(&forward)],
        )
        .unwrap();
    assert_eq!(download(&memory, &forward, F), [-2.0, 0.0, 2.0]);
}

#[test]
fn pointwise_broadcasts() {
    let sum = run_one(
        Prim::Binary(Binary::Add),
        &[(&[2, 1], F, &[10.0, 20.0]), (&[3], F, &[1.0, 2.0, 3.0])],
    );
    assert_eq!(sum, [11.0, 12.0, 13.0, 21.0, 22.0, 23.0]);
    let grad = run_one(
        Prim::BinaryGrad(Binary::Mul, Side::Left),
        &[
            (&[2, 2], F, &[1.0; 4]),
            (&[2, 1], F, &[5.0, 6.0]),
            (&[2], F, &[2.0, 3.0]),
        ],
    );
    assert_eq!(grad, [2.0, 3.0, 2.0, 3.0]);
    let chosen = run_one(
        Prim::Select,
        &[
            (&[2, 1], DType::Bool, &[1.0, 0.0]),
            (&[2], F, &[1.0, 2.0]),
            (&[], F, &[9.0]),
        ],
    );
    assert_eq!(chosen, [1.0, 2.0, 9.0, 9.0]);
}

#[test]
fn folds_start_from_their_neutral_element() {
    let axes = Axes {
        dims: smallvec![0, 2],
        keepdim: false,
    };
    let x: Vec<f64> = (1..=8).map(f64::from).collect();
    let fold = |fold| run_one(Prim::Reduce(fold, axes.clone()), &[(&[2, 2, 2], F, &x)]);
    assert_eq!(fold(Reduce::Sum), [14.0, 22.0]);
    assert_eq!(fold(Reduce::Prod), [60.0, 672.0]);
    assert_eq!(fold(Reduce::Max), [6.0, 8.0]);
    assert_eq!(fold(Reduce::Min), [1.0, 3.0]);
    let empty = Axes {
        dims: smallvec![0],
        keepdim: true,
    };
    assert_eq!(
        run_one(Prim::Reduce(Reduce::Sum, empty), &[(&[0, 2], F, &[])]),
        [0.0, 0.0]
    );
}

#[test]
fn a_nan_is_every_extreme_and_sorts_last() {
    let x: Input<'_> = (&[4], F, &[2.0, f64::NAN, 3.0, f64::NAN]);
    for extreme in [Extreme::Max, Extreme::Min] {
        assert_eq!(
            run_one(
                Prim::ArgReduce {
                    extreme,
                    dim: 0,
                    keepdim: false
                },
                &[x]
            ),
            [1.0]
        );
    }
    for fold in [Reduce::Max, Reduce::Min] {
        assert!(
            run_one(
                Prim::Reduce(
                    fold,
                    Axes {
                        dims: smallvec![0],
                        keepdim: false
                    }
                ),
                &[x]
            )[0]
            .is_nan()
        );
    }
    let order = |descending| {
        run(Prim::Sort { dim: 0, descending }, &[x])
            .unwrap()
            .swap_remove(1)
    };
    assert_eq!(order(false), [0.0, 2.0, 1.0, 3.0]);
    assert_eq!(order(true), [1.0, 3.0, 2.0, 0.0]);
}

#[test]
fn lines_run_along_their_dim() {
    let x: Input<'_> = (&[2, 3], F, &[3.0, 1.0, 2.0, 0.0, 5.0, 5.0]);
    assert_eq!(
        run_one(Prim::CumSum { dim: 0 }, &[x]),
        [3.0, 1.0, 2.0, 3.0, 6.0, 7.0]
    );
    assert_eq!(
        run_one(
            Prim::Sort {
                dim: 1,
                descending: true
            },
            &[x]
        ),
        [3.0, 2.0, 1.0, 5.0, 5.0, 0.0]
    );
    let first = Prim::ArgReduce {
        extreme: Extreme::Max,
        dim: 1,
        keepdim: false,
    };
    assert_eq!(run_one(first, &[x]), [0.0, 1.0]);
}

#[test]
fn scatter_add_is_the_adjoint_of_gather() {
    let (x, src) = (noise(1, 12), noise(2, 8));
    let index: Input<'_> = (&[2, 4], I, &[0.0, 2.0, 2.0, 1.0, 1.0, 1.0, 0.0, 2.0]);
    let gathered = run_one(Prim::Gather { dim: 0 }, &[(&[3, 4], F, &x), index]);
    let zeros = [0.0; 12];
    let added = run_one(
        Prim::ScatterAdd { dim: 0 },
        &[(&[3, 4], F, &zeros), index, (&[2, 4], F, &src)],
    );
    assert!((dot(&gathered, &src) - dot(&x, &added)).abs() < 1e-12);
}

#[test]
fn indices_out_of_range_are_named() {
    let error = run(
        Prim::Gather { dim: 0 },
        &[(&[3], F, &[0.0; 3]), (&[1], I, &[3.0])],
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "gather: index 3 is out of range for dim 0, which has size 3"
    );
}

#[test]
fn cat_and_pad_place_their_parts() {
    let joined = run_one(
        Prim::Cat { dim: 1 },
        &[
            (&[2, 1], F, &[1.0, 2.0]),
            (&[2, 2], F, &[3.0, 4.0, 5.0, 6.0]),
        ],
    );
    assert_eq!(joined, [1.0, 3.0, 4.0, 2.0, 5.0, 6.0]);
    let prim = Prim::Pad {
        widths: smallvec![(1, 0), (0, 2)],
        value: 9.0,
    };
    assert_eq!(
        run_one(prim, &[(&[1, 1], F, &[5.0])]),
        [9.0, 9.0, 9.0, 5.0, 9.0, 9.0]
    );
}
