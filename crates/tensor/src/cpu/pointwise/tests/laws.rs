//! Laws of the kernels: layout, place, dtype and threads change nothing but speed.

use super::{Array, apply};
use crate::cpu::pointwise::isa::Isa;
use crate::layout::Layout;
use crate::pointwise::{Binary, Compare, Logical, Side, Unary};
use crate::prim::Prim;
use crate::{DType, Element, Scalar, bf16, f16};
use proptest::prelude::*;

/// A layout of `shape`: any order of dims in memory, with gaps, backwards; also the length of the
/// memory it needs.
fn strided(shape: Vec<usize>) -> impl Strategy<Value = (Layout, usize)> {
    let rank = shape.len();
    let order = Just((0..rank).collect::<Vec<_>>()).prop_shuffle();
    let steps =
        proptest::collection::vec(prop_oneof![4 => Just(1), 1 => Just(2), 1 => Just(-1)], rank);
    (Just(shape), order, steps).prop_map(|(shape, order, steps)| {
        let stretch = |d: usize| shape[d] * isize::unsigned_abs(steps[d]);
        let memory: Vec<usize> = order.iter().map(|&d| stretch(d)).collect();
        let places: Vec<usize> = (0..shape.len())
            .map(|d| order.iter().position(|&o| o == d).unwrap())
            .collect();
        let mut layout = Layout::contiguous(&memory).permute(&places);
        for d in 0..shape.len() {
            let start = if steps[d] < 0 { shape[d] - 1 } else { 0 };
            layout = layout.slice(d, start, steps[d], shape[d]);
        }
        (layout, memory.iter().product())
    })
}

/// A shape of few elements, sometimes with one long dim.
fn shape() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        3 => proptest::collection::vec(1_usize..6, 0..5),
        1 => (proptest::collection::vec(1_usize..4, 0..3), 1_usize..1400, 0_usize..3).prop_map(
            |(mut dims, long, at)| {
                dims.insert(at.min(dims.len()), long);
                dims
            }
        ),
        // Whole blocks, which a broadcast operand repeats.
        1 => (proptest::collection::vec(1_usize..4, 1..3), 1_usize..6).prop_map(|(mut dims, blocks)| {
            dims.push(64 * blocks);
            dims
        }),
    ]
}

/// A layout that broadcasts to `shape`: some dims are 1, leading ones may be missing.
fn broadcastable(shape: Vec<usize>) -> impl Strategy<Value = (Layout, usize)> {
    let rank = shape.len();
    (
        proptest::collection::vec(prop::bool::weighted(0.3), rank),
        0..=rank,
    )
        .prop_flat_map(move |(ones, missing)| {
            let dims = (missing..rank)
                .map(|d| if ones[d] { 1 } else { shape[d] })
                .collect();
            strided(dims)
        })
}

/// Numbers that tell elements apart.
fn numbers(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed | 1;
    (0..len)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 22) as f32 - 2.0
        })
        .collect()
}

fn array((layout, len): (Layout, usize), seed: u64) -> Array {
    Array::new(&numbers(len, seed), layout)
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

/// Three layouts for a shape: an output and two inputs that broadcast to it.
fn operands() -> impl Strategy<Value = ((Layout, usize), (Layout, usize), (Layout, usize))> {
    shape().prop_flat_map(|s| {
        (
            strided(s.clone()),
            broadcastable(s.clone()),
            broadcastable(s),
        )
    })
}

/// Tasks that begin within what is repeated, and operands beside which it has to be read otherwise.
#[test]
fn rows_of_whole_blocks_repeat_in_every_task() {
    let (rows, row) = (3 * 131, 192);
    let shape = [rows / 3, 3, row];
    let dense = array((Layout::contiguous(&shape), rows * row), 1);
    let wide = Layout::contiguous(&[rows / 3, 3, 2 * row]).slice(2, 0, 2, row);
    let staged = array((wide, 2 * rows * row), 2);
    for others in [&[row][..], &[3, row], &[3, 1], &[1]] {
        let other = array((Layout::contiguous(others), others.iter().product()), 3);
        let expand = |x: &Array| {
            Array {
                layout: x.layout.expand(&shape),
                ..x.again()
            }
            .values::<f32>()
        };
        for isa in Isa::available() {
            for a in [&dense, &staged] {
                let y = Array::zeros::<f32>(&shape);
                apply(isa, &Prim::Binary(Binary::Sub), &[a, &other], &y);
                let pairs = std::iter::zip(expand(a), expand(&other));
                assert!(
                    pairs.map(|(a, b)| a - b).eq(y.values::<f32>()),
                    "{others:?}"
                );
            }
            let (g, y) = (dense.again(), Array::zeros::<f32>(&shape));
            apply(
                isa,
                &Prim::BinaryGrad(Binary::Mul, Side::Left),
                &[&g, &g, &other],
                &y,
            );
            let pairs = std::iter::zip(expand(&g), expand(&other));
            assert!(
                pairs.map(|(g, b)| g * b).eq(y.values::<f32>()),
                "{others:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn a_binary_operation_broadcasts_like_a_loop((y, a, b) in operands(), seed: u64) {
        let (y, a, b) = (array(y, 0), array(a, seed), array(b, seed ^ 99));
        let expand = |x: &Array| Array { layout: x.layout.expand(y.layout.shape()), ..x.again() };
        let pairs = std::iter::zip(expand(&a).values::<f32>(), expand(&b).values::<f32>());
        let want: Vec<f32> = pairs.map(|(a, b)| a - b).collect();
        apply(Isa::best(), &Prim::Binary(Binary::Sub), &[&a, &b], &y);
        prop_assert_eq!(y.values::<f32>(), want);
    }

    #[test]
    fn a_binary_gradient_broadcasts_like_a_loop((y, a, b) in operands(), seed: u64) {
        let (y, a, b) = (array(y, 0), array(a, seed), array(b, seed ^ 99));
        let g = Array::new(&numbers(y.layout.numel(), seed ^ 7), Layout::contiguous(y.layout.shape()));
        let other = Array { layout: b.layout.expand(y.layout.shape()), ..b.again() };
        let want: Vec<f32> =
            std::iter::zip(g.values::<f32>(), other.values::<f32>()).map(|(g, b)| g * b).collect();
        apply(Isa::best(), &Prim::BinaryGrad(Binary::Mul, Side::Left), &[&g, &a, &b], &y);
        prop_assert_eq!(y.values::<f32>(), want);
    }

    #[test]
    fn a_selection_broadcasts_like_a_loop((y, a, b) in operands(), seed: u64, pick in any::<u64>()) {
        let (y, a, b) = (array(y, 0), array(a, seed), array(b, seed ^ 99));
        let shape = y.layout.shape();
        let choice: Vec<bool> = (0..y.layout.numel()).map(|i| pick >> (i % 64) & 1 == 1).collect();
        let condition = Array::new(&choice, Layout::contiguous(shape));
        let expand = |x: &Array| Array { layout: x.layout.expand(shape), ..x.again() }.values::<f32>();
        let (left, right) = (expand(&a), expand(&b));
        let want: Vec<f32> = (0..choice.len()).map(|i| if choice[i] { left[i] } else { right[i] }).collect();
        apply(Isa::best(), &Prim::Select, &[&condition, &a, &b], &y);
        prop_assert_eq!(y.values::<f32>(), want);
    }

    #[test]
    fn an_element_does_not_depend_on_its_place(len in 1_usize..200, seed: u64) {
        let x = numbers(len, seed);
        for isa in Isa::available() {
            for op in [Unary::Gelu, Unary::Log1p, Unary::Sin, Unary::PowScalar { exponent: 1.7 }] {
                let y = Array::zeros::<f32>(&[len]);
                apply(isa, &Prim::Unary(op), &[&Array::contiguous(&x)], &y);
                let alone: Vec<f32> = x
                    .iter()
                    .map(|&x| {
                        let y = Array::zeros::<f32>(&[]);
                        apply(isa, &Prim::Unary(op), &[&Array::new(&[x], Layout::contiguous(&[]))], &y);
                        y.values::<f32>()[0]
                    })
                    .collect();
                prop_assert_eq!(bits(&y.values()), bits(&alone), "{:?} with {:?}", op, isa);
            }
        }
    }

    #[test]
    fn in_place_equals_out_of_place(x in shape().prop_flat_map(strided), seed: u64) {
        let layout = x.0.clone();
        let b = Array::new(&numbers(layout.numel(), seed ^ 5), Layout::contiguous(layout.shape()));
        let (apart, within) = (array(x.clone(), seed), array(x, seed));
        let y = Array::zeros::<f32>(layout.shape());
        apply(Isa::best(), &Prim::Binary(Binary::Div), &[&apart, &b], &y);
        apply(Isa::best(), &Prim::Binary(Binary::Div), &[&within, &b], &within);
        prop_assert_eq!(bits(&within.values()), bits(&y.values()));
        apply(Isa::best(), &Prim::Unary(Unary::Tanh), &[&y], &apart);
        apply(Isa::best(), &Prim::Unary(Unary::Tanh), &[&within], &within);
        prop_assert_eq!(bits(&within.values()), bits(&apart.values()));
    }

    #[test]
    fn a_copy_moves_every_element((y, x) in shape().prop_flat_map(|s| (strided(s.clone()), strided(s))), seed: u64) {
        let (y, x) = (array(y, 0), array(x, seed));
        apply(Isa::best(), &Prim::Cast(DType::F32), &[&x], &y);
        prop_assert_eq!(y.values::<f32>(), x.values::<f32>());
    }

    #[test]
    fn a_transposition_moves_every_element(
        sizes in [1_usize..4, 1..80, 1..80],
        order in Just(vec![0, 1, 2]).prop_shuffle(),
        seed: u64,
    ) {
        let memory: Vec<usize> = order.iter().map(|&d| sizes[d]).collect();
        let back: Vec<usize> = (0..3).map(|d| order.iter().position(|&o| o == d).unwrap()).collect();
        let x = array((Layout::contiguous(&memory).permute(&back), memory.iter().product()), seed);
        let (y, wide) = (Array::zeros::<f32>(&sizes), Array::zeros::<f64>(&sizes));
        apply(Isa::best(), &Prim::Cast(DType::F32), &[&x], &y);
        apply(Isa::best(), &Prim::Cast(DType::F64), &[&x], &wide);
        prop_assert_eq!(y.values::<f32>(), x.values::<f32>());
        let narrowed: Vec<f32> = wide.values::<f64>().into_iter().map(|x| x as f32).collect();
        prop_assert_eq!(narrowed, x.values::<f32>());
    }

    #[test]
    fn filling_a_view_leaves_the_rest_alone((layout, len) in shape().prop_flat_map(strided), value in -9_i64..9) {
        let whole = Array::new(&vec![100_i64; len], Layout::contiguous(&[len]));
        let view = Array { layout: layout.clone(), ..whole.again() };
        let prim = Prim::Fill(layout.shape().into(), DType::I64, Scalar::Int(value));
        apply(Isa::best(), &prim, &[], &view);
        prop_assert!(view.values::<i64>().iter().all(|&x| x == value));
        let changed = whole.values::<i64>().iter().filter(|&&x| x == value).count();
        prop_assert_eq!(changed, layout.numel());
    }

    #[test]
    fn halves_are_computed_in_f32_and_rounded_once(len in 1_usize..1500, seed: u64) {
        let x = numbers(len, seed);
        let wide: Vec<f32> = x.iter().map(|&x| f16::from_f32(x).to_f32()).collect();
        let halves: Vec<f16> = x.iter().map(|&x| f16::from_f32(x)).collect();
        let (y, narrow) = (Array::zeros::<f32>(&[len]), Array::zeros::<f16>(&[len]));
        apply(Isa::best(), &Prim::Unary(Unary::Exp), &[&Array::contiguous(&wide)], &y);
        apply(Isa::best(), &Prim::Unary(Unary::Exp), &[&Array::contiguous(&halves)], &narrow);
        let want: Vec<f16> = y.values::<f32>().into_iter().map(f16::from_f32).collect();
        prop_assert_eq!(narrow.values::<f16>(), want);
    }

    #[test]
    fn a_wider_dtype_and_back_is_the_identity(values in proptest::collection::vec(any::<u8>(), 1..300)) {
        fn through<T: Element>(values: &[T], wider: DType) -> Vec<T> {
            let x = Array::contiguous(values);
            let there = Array::bytes(wider, values.len());
            let back = Array::bytes(T::DTYPE, values.len());
            apply(Isa::best(), &Prim::Cast(wider), &[&x], &there);
            apply(Isa::best(), &Prim::Cast(T::DTYPE), &[&there], &back);
            back.values()
        }
        for wider in [DType::F32, DType::F64, DType::F16, DType::BF16, DType::I64] {
            prop_assert_eq!(&through(&values, wider), &values);
            let flags: Vec<bool> = values.iter().map(|&x| x > 127).collect();
            prop_assert_eq!(through(&flags, wider), flags);
        }
        let halves: Vec<f16> = values.iter().map(|&x| f16::from_f32(f32::from(x) / 7.0)).collect();
        let brains: Vec<bf16> = values.iter().map(|&x| bf16::from_f32(f32::from(x) / 7.0)).collect();
        for wider in [DType::F32, DType::F64] {
            prop_assert_eq!(&through(&halves, wider), &halves);
            prop_assert_eq!(&through(&brains, wider), &brains);
        }
    }

    #[test]
    fn comparisons_agree_with_the_language(values in proptest::collection::vec((-3_i64..3, -3_i64..3), 1..300)) {
        let (a, b): (Vec<i64>, Vec<i64>) = values.iter().copied().unzip();
        let float = |x: &[i64]| -> Vec<f32> { x.iter().map(|&x| if x == 2 { f32::NAN } else { x as f32 }).collect() };
        let (x, z) = (float(&a), float(&b));
        for op in Compare::ALL {
            let y = Array::zeros::<bool>(&[a.len()]);
            apply(Isa::best(), &Prim::Compare(op), &[&Array::contiguous(&a), &Array::contiguous(&b)], &y);
            let want: Vec<bool> = values.iter().map(|(a, b)| op.holds(a, b)).collect();
            prop_assert_eq!(y.values::<bool>(), want);
            apply(Isa::best(), &Prim::Compare(op), &[&Array::contiguous(&x), &Array::contiguous(&z)], &y);
            let want: Vec<bool> = x.iter().zip(&z).map(|(a, b)| op.holds(a, b)).collect();
            prop_assert_eq!(y.values::<bool>(), want);
        }
        let (p, q): (Vec<bool>, Vec<bool>) = values.iter().map(|&(a, b)| (a > 0, b > 0)).unzip();
        let (left, right, y) = (Array::contiguous(&p), Array::contiguous(&q), Array::zeros::<bool>(&[p.len()]));
        for op in Logical::ALL {
            apply(Isa::best(), &Prim::Logical(op), &[&left, &right], &y);
            let want: Vec<bool> = p.iter().zip(&q).map(|(&a, &b)| op.holds(a, b)).collect();
            prop_assert_eq!(y.values::<bool>(), want);
        }
        apply(Isa::best(), &Prim::Not, &[&left], &y);
        prop_assert_eq!(y.values::<bool>(), p.iter().map(|p| !p).collect::<Vec<_>>());
    }

    #[test]
    fn integers_wrap_and_divide_as_in_python(values in proptest::collection::vec((any::<i64>(), any::<i64>()), 1..100)) {
        let (a, b): (Vec<i64>, Vec<i64>) = values.iter().map(|&(a, b)| (a, if b == 0 { 1 } else { b })).unzip();
        let (x, z) = (Array::contiguous(&a), Array::contiguous(&b));
        let result = |op| {
            let y = Array::zeros::<i64>(&[a.len()]);
            apply(Isa::best(), &Prim::Binary(op), &[&x, &z], &y);
            y.values::<i64>()
        };
        let each = |f: fn(i64, i64) -> i64| a.iter().zip(&b).map(|(&a, &b)| f(a, b)).collect::<Vec<_>>();
        prop_assert_eq!(result(Binary::Add), each(i64::wrapping_add));
        prop_assert_eq!(result(Binary::Mul), each(i64::wrapping_mul));
        prop_assert_eq!(result(Binary::Maximum), each(i64::max));
        let rest = each(|a, b| {
            let (a, b) = (i128::from(a), i128::from(b));
            (((a % b) + b) % b) as i64
        });
        let quotient = each(|a, b| {
            let (a, b) = (i128::from(a), i128::from(b));
            ((a - ((a % b) + b) % b) / b) as i64
        });
        prop_assert_eq!(result(Binary::Remainder), rest);
        prop_assert_eq!(result(Binary::FloorDivide), quotient);
    }
}

#[test]
fn threads_change_no_bit() {
    let len = 200_003;
    let x = Array::contiguous(&numbers(len, 3));
    let row = Array::contiguous(&numbers(1, 4));
    let square = |threads: usize| {
        crate::with_threads(threads, || {
            let (y, z) = (Array::zeros::<f32>(&[len]), Array::zeros::<f32>(&[len]));
            apply(Isa::best(), &Prim::Unary(Unary::Gelu), &[&x], &y);
            apply(Isa::best(), &Prim::Binary(Binary::Atan2), &[&y, &row], &z);
            (bits(&y.values()), bits(&z.values()))
        })
    };
    assert!(
        square(1) == square(2),
        "results differ between one and two threads"
    );
}

#[test]
fn empty_tensors_are_no_work() {
    let (x, y) = (Array::zeros::<f32>(&[0, 3]), Array::zeros::<f32>(&[0, 3]));
    let bias = Array::zeros::<f32>(&[3]);
    apply(Isa::best(), &Prim::Binary(Binary::Add), &[&x, &bias], &y);
    apply(Isa::best(), &Prim::Cast(DType::F32), &[&x], &y);
    apply(Isa::best(), &Prim::Unary(Unary::Exp), &[&x], &y);
    assert!(y.values::<f32>().is_empty());
}

#[test]
fn dividing_integers_by_zero_is_an_error() {
    let (x, zero) = (
        Array::contiguous(&[1_i64, 2]),
        Array::contiguous(&[1_i64, 0]),
    );
    let y = Array::zeros::<i64>(&[2]);
    let prim = Prim::Binary(Binary::FloorDivide);
    let error = super::run_on(
        Isa::best(),
        &prim,
        &[x.operand(), zero.operand()],
        &[y.operand()],
    );
    let message = error.expect_err("a zero divisor").to_string();
    assert!(
        message.starts_with("floor_divide: integer division by zero"),
        "{message}"
    );
}
