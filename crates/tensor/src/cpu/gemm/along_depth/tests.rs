//! Products along the depth against nested loops in f64, whether they would be chosen or not.
#![allow(unsafe_code)] // Raw views.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::cpu::gemm::operands::{Epilogue, MatMut, Store};
use crate::cpu::gemm::tests::{
    Case, Order, case_of, error, error_of, is_made_along_depth, on_pools, values,
};
use crate::prim::Activation;

/// Every number of rows and columns from the fewest on, and up to four blocks of the depth.
fn case() -> impl Strategy<Value = Case> {
    let side = || choice::FEWEST..60;
    let registers = prop_oneof![3 => 1usize..64, 1 => 64usize..220];
    let cases = case_of((
        side(),
        side(),
        registers.prop_map(|registers| LANES * registers),
    ));
    let orders = (
        select(&Order::BY_ROWS[..]),
        select(&Order::BY_COLUMNS[..]),
        select(vec![Order::Rows, Order::RowsApart, Order::Columns]),
    );
    (cases, orders).prop_map(|(case, (left, right, dst))| Case {
        orders: [left, right, dst],
        ..case
    })
}

/// Makes a product of operands that lie so, into a destination of any order.
fn multiply(
    size: Size,
    left: MatRef<f32>,
    right: MatRef<f32>,
    dst: MatMut<f32>,
    store: Store,
    epilogue: Epilogue<f32>,
) {
    if dst.col_stride != 1 {
        let (left, right) = (right.t(), left.t());
        return multiply(size.t(), left, right, dst.t(), store, epilogue.t());
    }
    let output = Output::new(dst, store, epilogue);
    // SAFETY: whoever calls has described buffers of these sizes, and the instruction set.
    unsafe { AlongDepth { size, left, right }.product(output, Parallel::On) }
}

/// Rows of values, one beside the other.
fn lying(values: &[f32], depth: usize) -> MatRef<f32> {
    MatRef {
        ptr: values.as_ptr(),
        row_stride: depth as isize,
        col_stride: 1,
    }
}

/// The same, to be written.
fn written(values: &mut [f32], columns: usize) -> MatMut<f32> {
    MatMut {
        ptr: values.as_mut_ptr(),
        row_stride: columns as isize,
        col_stride: 1,
    }
}

fn has_kernels() -> bool {
    Isa::available().contains(&Isa::Avx512)
}

proptest! {
    #[test]
    fn every_product_agrees_with_f64(case in case()) {
        if !has_kernels() {
            return Ok(());
        }
        let worst = error_of::<f32>(&case, |left, right, dst, epilogue| {
            multiply(case.size, left, right, dst, case.store, epilogue);
        });
        prop_assert!(worst < 4e-7, "{worst:e}");
    }

    #[test]
    fn the_chosen_ones_agree_with_f64(case in case(), more in 6usize..129) {
        // So deep that it is worth it.
        let size = Size { n: more, k: 16 * (32 + case.size.k / 16 % 31), ..case.size };
        let orders = [Order::Rows, Order::Columns, case.orders[2]];
        let case = Case { size, orders, ..case };
        for isa in Isa::available() {
            prop_assert_eq!(is_made_along_depth(isa, size), isa == Isa::Avx512, "{:?}", size);
            let worst = error::<f32>(&case, Some(isa), Parallel::On);
            prop_assert!(worst < 4e-7, "{isa:?}: {worst:e}");
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits(
        m in choice::FEWEST..400,
        n in choice::FEWEST..200,
        registers in 1usize..130,
        seed: u64,
    ) {
        if !has_kernels() {
            return Ok(());
        }
        let size = Size { m, n, k: LANES * registers };
        let (left, right) = (values(m * size.k, seed), values(n * size.k, seed ^ 1));
        let (left, right) = (lying(&left, size.k), lying(&right, size.k).t());
        let [one, two, three] = on_pools(|| {
            let mut product = vec![0.0; m * n];
            multiply(size, left, right, written(&mut product, n), Store::Overwrite, Epilogue::NONE);
            product
        });
        prop_assert!(one == two && one == three);
    }
}

#[test]
fn a_nan_stays_in_its_row_and_passes_relu() {
    if !has_kernels() {
        return;
    }
    let size = Size { m: 7, n: 9, k: 64 };
    let (mut left, right) = (values(7 * 64, 1), values(9 * 64, 2));
    left[3 * 64 + 5] = f32::NAN;
    let mut product = vec![0.0f32; 7 * 9];
    let relu = Epilogue {
        activation: Activation::Relu,
        ..Epilogue::NONE
    };
    let (left, right) = (lying(&left, 64), lying(&right, 64).t());
    let dst = written(&mut product, 9);
    multiply(size, left, right, dst, Store::Overwrite, relu);
    for (row, values) in product.chunks(9).enumerate() {
        assert!(values.iter().all(|value| value.is_nan() == (row == 3)));
    }
}

#[test]
fn chosen_where_it_was_measured_to_be_faster() {
    let chosen = |[m, k, n]: [usize; 3]| is_made_along_depth(Isa::Avx512, Size { m, n, k });
    for size in [
        [256, 784, 30],
        [64, 784, 256],
        [64, 256, 10],
        [8, 512, 1000],
    ] {
        assert!(chosen(size), "{size:?}");
    }
    // Short depths, many rows, lines that crowd each other out, sizes without tiles.
    for size in [
        [128, 128, 128],
        [64, 512, 1000],
        [64, 9216, 128],
        [128, 1024, 128],
    ] {
        assert!(!chosen(size), "{size:?}");
    }
    for size in [[5, 784, 30], [256, 785, 30], [256, 784, 129]] {
        assert!(!chosen(size), "{size:?}");
    }
}

#[test]
fn panels_are_of_sizes_that_tiles_have() {
    for len in choice::FEWEST..1000 {
        let (count, runs) = (panels(len), Runs::new(len, panels(len)));
        let all: Vec<_> = (0..count).map(|index| runs.at(index)).collect();
        assert!(all.iter().all(|panel| [3, 4].contains(&panel.len())));
        assert!(all.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!((all[0].start, all[count - 1].end), (0, len));
    }
}
