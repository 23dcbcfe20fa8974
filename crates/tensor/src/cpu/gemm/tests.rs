//! Every kernel against nested loops in f64.

use proptest::prelude::*;
use proptest::sample::select;

#[cfg(target_arch = "x86_64")]
use super::along_depth::AlongDepth;
use super::kernels::Isa;
use super::*;
use crate::prim::Activation;

/// Fixed pseudo-random values in (-1, 1).
pub(crate) fn values(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// How a test lays out a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Order {
    Rows,
    Columns,
    Padded,
    Reversed,
    Repeated,
    /// By rows, with values of no matrix between them, or from the last row to the first.
    RowsApart,
    RowsBackwards,
    /// The same by columns, or one column over and over.
    ColumnsApart,
    ColumnsBackwards,
    OneColumn,
}

impl Order {
    /// Those whose rows are contiguous.
    pub(super) const BY_ROWS: [Self; 4] = [
        Self::Rows,
        Self::RowsApart,
        Self::RowsBackwards,
        Self::Repeated,
    ];
    /// Those whose columns are.
    pub(super) const BY_COLUMNS: [Self; 4] = [
        Self::Columns,
        Self::ColumnsApart,
        Self::ColumnsBackwards,
        Self::OneColumn,
    ];
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        Just(Order::Rows),
        Just(Order::Columns),
        Just(Order::Padded),
        Just(Order::Reversed),
        select(&Order::BY_ROWS[1..]),
        // Not one column over and over: where the other operand repeats a row, all products of a sum are alike, and err alike.
        select(&Order::BY_COLUMNS[1..3])
    ]
}

/// Offset of the first element, row stride, column stride, elements of the buffer.
fn laid_out(order: Order, rows: usize, cols: usize) -> (usize, isize, isize, usize) {
    let (r, c) = (rows as isize, cols as isize);
    match order {
        Order::Rows => (0, c, 1, rows * cols),
        Order::Columns => (0, 1, r, rows * cols),
        Order::Padded => (1, 2 * c + 3, 2, rows * (2 * cols + 3) + 1),
        Order::Reversed => ((rows * cols).saturating_sub(1), -c, -1, rows * cols),
        Order::Repeated => (0, 0, 1, cols),
        Order::RowsApart => (0, c + 5, 1, rows * (cols + 5)),
        Order::RowsBackwards => (rows.saturating_sub(1) * cols, -c, 1, rows * cols),
        Order::ColumnsApart => (0, 1, r + 5, cols * (rows + 5)),
        Order::ColumnsBackwards => (cols.saturating_sub(1) * rows, 1, -r, rows * cols),
        Order::OneColumn => (0, 1, 0, rows),
    }
}

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) size: Size,
    pub(super) orders: [Order; 3],
    pub(super) store: Store,
    pub(super) bias: u8,
    pub(super) activation: Activation,
    pub(super) seed: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let side = || prop_oneof![4 => 0usize..70, 1 => Just(1usize), 1 => 100usize..300];
    case_of((side(), side(), prop_oneof![0usize..40, 300usize..700]))
}

/// Products of many rows and columns, and of more values than caches hold with few columns.
fn large_case() -> impl Strategy<Value = Case> {
    let square = (256usize..300, 256usize..300, 100usize..700);
    let tall = (350usize..500, 1usize..30, 6000usize..7000);
    case_of(prop_oneof![square, tall])
}

/// Products that are better made turned: few rows that lie as such, and many columns that lie as such.
fn turned_case() -> impl Strategy<Value = Case> {
    let size = (12usize..40, 3usize..8, 1usize..700, 0usize..3);
    let cases = case_of(size.prop_map(|(m, times, k, more)| (m, times * m + more, k)));
    cases.prop_map(|case| Case {
        orders: [Order::Rows, Order::Columns, Order::Rows],
        store: Store::Overwrite,
        ..case
    })
}

/// Products of these sizes, whatever else they are.
pub(super) fn case_of(
    size: impl Strategy<Value = (usize, usize, usize)>,
) -> impl Strategy<Value = Case> {
    let store = prop_oneof![Just(Store::Overwrite), Just(Store::Accumulate)];
    let activation = prop_oneof![Just(Activation::None), Just(Activation::Relu)];
    let dst = prop_oneof![Just(Order::Rows), Just(Order::Columns), Just(Order::Padded)];
    (
        size,
        order(),
        order(),
        dst,
        store,
        0u8..3,
        activation,
        any::<u64>(),
    )
        .prop_map(
            |((m, n, k), left, right, dst, store, bias, activation, seed)| Case {
                size: Size { m, n, k },
                orders: [left, right, dst],
                store,
                bias,
                activation,
                seed,
            },
        )
}

/// Runs a case on one instruction set (or through the public entry) and returns the largest
/// difference from f64, relative to the largest magnitude the sums could reach.
pub(super) fn error<T: Scalar + From<f32> + Into<f64>>(
    case: &Case,
    isa: Option<Isa>,
    parallel: Parallel,
) -> f64 {
    let Case { size, store, .. } = *case;
    if isa.is_some() && (size.m == 0 || size.n == 0 || size.k == 0) {
        return 0.0;
    }
    error_of::<T>(case, |left, right, dst, epilogue| {
        // SAFETY: the views describe the buffers made for them.
        unsafe {
            match isa {
                Some(isa) => T::product(isa, size, left, right, dst, store, epilogue, parallel),
                None => gemm(size, left, right, dst, store, epilogue, parallel),
            }
        }
    })
}

/// The same for a product that is made by `multiply`.
pub(super) fn error_of<T: Scalar + From<f32> + Into<f64>>(
    case: &Case,
    multiply: impl FnOnce(MatRef<T>, MatRef<T>, MatMut<T>, Epilogue<T>),
) -> f64 {
    let values = |len, seed| -> Vec<T> { values(len, seed).into_iter().map(T::from).collect() };
    let Size { m, n, k } = case.size;
    let layouts = [
        laid_out(case.orders[0], m, k),
        laid_out(case.orders[1], k, n),
        laid_out(case.orders[2], m, n),
    ];
    let left = values(layouts[0].3, case.seed);
    let right = values(layouts[1].3, case.seed ^ 1);
    let before = values(layouts[2].3, case.seed ^ 2);
    let bias = values(m.max(n), case.seed ^ 3);
    let mut after = before.clone();
    let read =
        |data: &[T], (start, rs, cs, _): (usize, isize, isize, usize), i: usize, j: usize| -> f64 {
            (data[(start as isize + i as isize * rs + j as isize * cs) as usize]).into()
        };
    let view =
        |data: &Vec<T>, (start, row_stride, col_stride, _): (usize, isize, isize, usize)| MatRef {
            ptr: data.as_ptr().wrapping_add(start),
            row_stride,
            col_stride,
        };
    let dst = MatMut {
        ptr: after.as_mut_ptr().wrapping_add(layouts[2].0),
        row_stride: layouts[2].1,
        col_stride: layouts[2].2,
    };
    let epilogue = Epilogue {
        bias: match case.bias {
            0 => Bias::None,
            1 => Bias::Rows(bias.as_ptr()),
            _ => Bias::Columns(bias.as_ptr()),
        },
        activation: case.activation,
    };
    multiply(
        view(&left, layouts[0]),
        view(&right, layouts[1]),
        dst,
        epilogue,
    );
    let mut worst = 0.0f64;
    for i in 0..m {
        for j in 0..n {
            let mut sum = 0.0;
            let mut magnitude = 1.0;
            for p in 0..k {
                let product = read(&left, layouts[0], i, p) * read(&right, layouts[1], p, j);
                sum += product;
                magnitude += product.abs();
            }
            if case.store == Store::Accumulate {
                sum += read(&before, layouts[2], i, j);
            }
            sum += match case.bias {
                0 => 0.0,
                1 => bias[i].into(),
                _ => bias[j].into(),
            };
            if case.activation == Activation::Relu {
                sum = sum.max(0.0);
            }
            worst = worst.max((read(&after, layouts[2], i, j) - sum).abs() / magnitude);
        }
    }
    worst
}

/// The bits of `f` run on one, two and three threads.
pub(crate) fn on_pools<T: Send>(f: impl Fn() -> T + Sync) -> [T; 3] {
    [1, 2, 3].map(|threads| crate::with_threads(threads, &f))
}

/// The values of a plain product.
fn plain<T: Scalar + From<f32>>(size: Size, transposed: [bool; 2], seed: u64) -> Vec<T> {
    let values = |len, seed| -> Vec<T> { values(len, seed).into_iter().map(T::from).collect() };
    let Size { m, n, k } = size;
    let (left, right) = (values(m * k, seed), values(k * n, seed ^ 1));
    product_of(size, &left, &right, transposed)
}

/// The product of two operands, each of them dense, or the transpose of one that is.
fn product_of<T: Scalar>(size: Size, left: &[T], right: &[T], transposed: [bool; 2]) -> Vec<T> {
    let Size { m, n, k } = size;
    let mut dst = vec![T::default(); m * n];
    let view = |data: &[T], rows: usize, cols: usize, transposed: bool| {
        let (r, c) = (rows as isize, cols as isize);
        let (row_stride, col_stride) = if transposed { (1, r) } else { (c, 1) };
        MatRef {
            ptr: data.as_ptr(),
            row_stride,
            col_stride,
        }
    };
    let target = MatMut {
        ptr: dst.as_mut_ptr(),
        row_stride: n as isize,
        col_stride: 1,
    };
    let (a, b) = (
        view(left, m, k, transposed[0]),
        view(right, k, n, transposed[1]),
    );
    // SAFETY: the views describe the buffers made for them.
    unsafe {
        gemm(
            size,
            a,
            b,
            target,
            Store::Overwrite,
            Epilogue::NONE,
            Parallel::On,
        )
    };
    dst
}

/// Whether a product of operands that both lie along the depth is made so.
#[cfg(target_arch = "x86_64")]
pub(super) fn is_made_along_depth(isa: Isa, size: Size) -> bool {
    let lying = MatRef {
        ptr: std::ptr::null(),
        row_stride: size.k as isize,
        col_stride: 1,
    };
    let turned = super::turned::is_worth_it(isa.kernels(), size, &lying, &lying.t());
    AlongDepth::new(isa, size, lying, lying.t(), turned).is_some()
}

#[cfg(not(target_arch = "x86_64"))]
fn is_made_along_depth(_: Isa, _: Size) -> bool {
    false
}

/// Whether a plain product has the same bits on one, two and three threads.
fn threads_agree<T: Scalar + From<f32> + PartialEq>(
    size: Size,
    transposed: [bool; 2],
    seed: u64,
) -> bool {
    let [one, two, three] = on_pools(|| plain::<T>(size, transposed, seed));
    one == two && one == three
}

proptest! {
    #[test]
    fn any_number_of_threads_gives_the_same_bits(
        m in 1usize..300,
        n in 1usize..300,
        k in 200usize..700,
        transposed: [bool; 2],
        seed: u64,
    ) {
        let size = Size { m, n, k };
        prop_assert!(threads_agree::<f32>(size, transposed, seed), "f32");
        prop_assert!(threads_agree::<f64>(size, transposed, seed), "f64");
    }

    #[test]
    fn tasks_of_any_columns_give_the_same_bits(
        m in 1usize..65,
        registers in 24usize..57,
        k in 100usize..400,
        left_transposed: bool,
        seed: u64,
    ) {
        // Only whole registers of a right operand that is read where it lies are cut so.
        let size = Size { m, n: 16 * registers, k };
        prop_assert!(threads_agree::<f32>(size, [left_transposed, false], seed));
    }

    #[test]
    fn pieces_of_panels_give_the_same_bits(
        m in 65usize..300,
        registers in 4usize..40,
        k in 40usize..65,
        left_transposed: bool,
        seed: u64,
    ) {
        // Where nothing is packed, tasks are some panels of rows, and pieces of one in the end.
        let size = Size { m, n: 16 * registers, k };
        prop_assert!(threads_agree::<f32>(size, [left_transposed, false], seed));
    }

    #[test]
    fn a_turned_product_has_the_same_bits(
        m in 12usize..97,
        times in 3usize..12,
        k in 1usize..700,
        seed: u64,
    ) {
        let size = Size { m, n: times * m, k };
        // Those have an order of their own.
        prop_assume!(!is_made_along_depth(Isa::detect(), size));
        let rows = plain::<f32>(size, [false, false], seed);
        // The same right operand, its columns side by side.
        let right = values(k * size.n, seed ^ 1);
        let by_columns: Vec<f32> =
            (0..size.n).flat_map(|j| (0..k).map(move |i| (i, j))).map(|(i, j)| right[i * size.n + j]).collect();
        let turned = on_pools(|| product_of(size, &values(m * k, seed), &by_columns, [false, true]));
        prop_assert!(turned.iter().all(|turned| *turned == rows));
    }

    #[test]
    fn a_batch_is_its_products_one_by_one(
        batch in 0usize..5,
        m in 1usize..20,
        n in 1usize..20,
        k in 0usize..20,
        shared: bool,
        seed: u64,
    ) {
        let strides = BatchStrides {
            left: (m * k) as isize,
            right: if shared { 0 } else { (k * n) as isize },
            dst: (m * n) as isize,
        };
        let size = Size { m, n, k };
        let (left, right) = (values(batch * m * k, seed), values(batch.max(1) * k * n, seed ^ 1));
        let mut together = vec![f32::NAN; batch * m * n];
        let mut apart = together.clone();
        let matrix = |ptr: *const f32, cols: usize| MatRef { ptr, row_stride: cols as isize, col_stride: 1 };
        let target = |ptr: *mut f32| MatMut { ptr, row_stride: n as isize, col_stride: 1 };
        let (a, b) = (matrix(left.as_ptr(), k), matrix(right.as_ptr(), n));
        // SAFETY: the buffers hold the matrices of the batch.
        unsafe {
            let dst = target(together.as_mut_ptr());
            gemm_batched(batch, strides, size, a, b, dst, Store::Overwrite, Epilogue::NONE, Parallel::On);
            for index in 0..batch as isize {
                let (a, b) = (a.shifted(index * strides.left), b.shifted(index * strides.right));
                let dst = target(apart.as_mut_ptr()).shifted(index * strides.dst);
                gemm(size, a, b, dst, Store::Overwrite, Epilogue::NONE, Parallel::Off);
            }
        }
        prop_assert_eq!(together, apart);
    }

    #[test]
    fn every_instruction_set_agrees_with_f64(case in case()) {
        for isa in Isa::available() {
            let worst = error::<f32>(&case, Some(isa), Parallel::Off);
            prop_assert!(worst < 4e-7, "f32, {isa:?}: {worst:e}");
            let worst = error::<f64>(&case, Some(isa), Parallel::Off);
            prop_assert!(worst < 1e-15, "f64, {isa:?}: {worst:e}");
        }
    }

    #[test]
    fn turned_products_agree_with_f64(case in turned_case()) {
        for isa in Isa::available() {
            let worst = error::<f32>(&case, Some(isa), Parallel::On);
            prop_assert!(worst < 4e-7, "f32, {isa:?}: {worst:e}");
        }
    }

    #[test]
    fn entry_agrees_with_f64(case in case()) {
        let worst = error::<f32>(&case, None, Parallel::On);
        prop_assert!(worst < 4e-7, "f32: {worst:e}");
        let worst = error::<f64>(&case, None, Parallel::On);
        prop_assert!(worst < 1e-15, "f64: {worst:e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn large_products_agree_with_f64(case in large_case()) {
        for isa in Isa::available() {
            let worst = error::<f32>(&case, Some(isa), Parallel::Off);
            prop_assert!(worst < 4e-7, "f32, {isa:?}: {worst:e}");
        }
        prop_assert!(threads_agree::<f32>(case.size, [false, true], case.seed));
    }
}
