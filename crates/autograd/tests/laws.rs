//! Laws that gradients keep, whatever the function.

use hammerhead_autograd::{
    Autograd, GradCheck, GradOptions, grad_options, gradcheck, gradgradcheck,
};
use hammerhead_tensor::{DType, Tensor, cat};
use proptest::prelude::*;

/// Smooth functions of one tensor that keep its shape.
#[derive(Clone, Copy, Debug)]
enum Step {
    Sin,
    Tanh,
    Sigmoid,
    Softplus,
    Square,
    ScaleBy(f64),
    Shift(f64),
    Softmax,
    CumSum,
    TimesItself,
    OverItsSize,
    Mixed,
}

impl Step {
    fn run(self, x: &Tensor) -> Tensor {
        match self {
            Step::Sin => x.sin(),
            Step::Tanh => x.tanh(),
            Step::Sigmoid => x.sigmoid(),
            Step::Softplus => x.softplus(),
            Step::Square => x.square() * 0.5,
            Step::ScaleBy(factor) => x * factor,
            Step::Shift(by) => by - x,
            Step::Softmax => x.softmax(-1),
            Step::CumSum => x.cumsum(0) * 0.5,
            Step::TimesItself => x * &x.sin(),
            Step::OverItsSize => x / (x.square().sum() + 1.0),
            Step::Mixed => x.matmul(&x.t()).tanh().matmul(x) * 0.3,
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Sin),
        Just(Step::Tanh),
        Just(Step::Sigmoid),
        Just(Step::Softplus),
        Just(Step::Square),
        (-1.5..1.5).prop_map(Step::ScaleBy),
        (-1.5..1.5).prop_map(Step::Shift),
        Just(Step::Softmax),
        Just(Step::CumSum),
        Just(Step::TimesItself),
        Just(Step::OverItsSize),
        Just(Step::Mixed),
    ]
}

/// Moves of elements, each linear.
#[derive(Clone, Copy, Debug)]
enum Move {
    Transpose,
    Reshape,
    Slice(usize, usize, usize),
    Flip(usize),
    Expand,
    Diagonal(isize),
    Pad(isize, isize),
    Repeat(usize),
    Roll(isize),
    SumKeep(usize),
    CumSum(usize),
    Gather(usize),
    CatSelf(usize),
}

impl Move {
    fn run(self, x: &Tensor) -> Tensor {
        match self {
            Move::Transpose => x.t(),
            Move::Reshape => x.reshape([x.size(1), x.size(0)]),
            Move::Slice(dim, start, step) => {
                let size = x.shape()[dim];
                x.slice(dim as isize, (start % size) as isize, size as isize, step)
            }
            Move::Flip(dim) => x.flip(dim),
            Move::Expand => x.sum_keepdim(0).expand([3, x.size(1)]),
            Move::Diagonal(offset) => {
                let offset = offset.clamp(1 - x.size(0) as isize, x.size(1) as isize - 1);
                x.diagonal_with(offset, 0, 1).unsqueeze(0)
            }
            Move::Pad(before, after) => x.pad(&[before, after, after, 0], 0.0),
            Move::Repeat(count) => x.repeat([1, count]),
            Move::Roll(shift) => x.roll(shift, 1),
            Move::SumKeep(dim) => x.sum_keepdim(dim),
            Move::CumSum(dim) => x.cumsum(dim as isize),
            Move::Gather(dim) => {
                let positions = (0..x.numel()).map(|i| (i * 7 % x.shape()[dim]) as i64);
                x.gather(
                    dim as isize,
                    &Tensor::from_vec(positions.collect(), x.shape()),
                )
            }
            Move::CatSelf(dim) => cat(&[x, &(x * 2.0)], dim as isize),
        }
    }
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        Just(Move::Transpose),
        Just(Move::Reshape),
        (0usize..2, 0usize..4, 1usize..4)
            .prop_map(|(dim, start, step)| Move::Slice(dim, start, step)),
        (0usize..2).prop_map(Move::Flip),
        Just(Move::Expand),
        (-2isize..3).prop_map(Move::Diagonal),
        (0isize..3, 0isize..2).prop_map(|(before, after)| Move::Pad(before, after)),
        (1usize..3).prop_map(Move::Repeat),
        (-3isize..4).prop_map(Move::Roll),
        (0usize..2).prop_map(Move::SumKeep),
        (0usize..2).prop_map(Move::CumSum),
        (0usize..2).prop_map(Move::Gather),
        (0usize..2).prop_map(Move::CatSelf),
    ]
}

fn matrix(rows: usize, cols: usize) -> impl Strategy<Value = Tensor> {
    prop::collection::vec(-1.5..1.5f64, rows * cols)
        .prop_map(move |values| Tensor::from_vec(values, [rows, cols]))
}

fn any_matrix() -> impl Strategy<Value = Tensor> {
    (1usize..5, 1usize..5).prop_flat_map(|(rows, cols)| matrix(rows, cols))
}

/// Two matrices that broadcast to one shape.
fn broadcasting() -> impl Strategy<Value = (Tensor, Tensor)> {
    (1usize..4, 1usize..4, any::<[bool; 4]>()).prop_flat_map(|(rows, cols, [a, b, c, d])| {
        let size = |size, single| if single { 1 } else { size };
        (
            matrix(size(rows, a), size(cols, b)),
            matrix(size(rows, c), size(cols, d)),
        )
    })
}

fn run(steps: &[Step], x: &Tensor) -> Tensor {
    steps.iter().fold(x.clone(), |x, step| step.run(&x))
}

/// The gradient of a function of a copy of `x`, from that of the function's value.
fn vjp(f: impl Fn(&Tensor) -> Tensor, x: &Tensor, seed: impl Fn(&Tensor) -> Tensor) -> Vec<f64> {
    let x = x.detach().requires_grad_();
    let y = f(&x);
    let seed = seed(&y);
    let options = GradOptions {
        grad: Some(&seed),
        ..GradOptions::default()
    };
    grad_options(&y, &[&x], options).remove(0).unwrap().to_vec()
}

fn ones(y: &Tensor) -> Tensor {
    y.detach().ones_like()
}

/// Irregular values of a tensor's shape.
fn irregular(y: &Tensor) -> Tensor {
    let value = |i: usize| ((i + 1) as f64 * 0.618_033_988_749_895).fract() * 2.0 - 1.0;
    Tensor::from_vec((0..y.numel()).map(value).collect::<Vec<f64>>(), y.shape())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn close(a: &[f64], b: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        prop_assert!(
            (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs())),
            "{} and {}",
            a,
            b
        );
    }
    Ok(())
}

proptest! {
    /// Any composition agrees with finite differences: the chain rule.
    #[test]
    fn compositions_agree_with_finite_differences(
        x in any_matrix(),
        steps in prop::collection::vec(step(), 1..6),
    ) {
        let checked = gradcheck(|x| run(&steps, &x[0]), &[x], GradCheck::default());
        prop_assert!(checked.is_ok(), "{:?}", checked);
    }

    /// And so does its second derivative.
    #[test]
    fn second_derivatives_agree_with_finite_differences(
        x in any_matrix(),
        steps in prop::collection::vec(step(), 1..4),
    ) {
        let checked = gradgradcheck(|x| run(&steps, &x[0]), &[x], GradCheck::default());
        prop_assert!(checked.is_ok(), "{:?}", checked);
    }

    /// The gradient of a sum of functions is the sum of their gradients, scaled as they are.
    #[test]
    fn the_gradient_is_linear_in_the_function(
        x in any_matrix(),
        f in prop::collection::vec(step(), 1..4),
        g in prop::collection::vec(step(), 1..4),
        a in -2.0..2.0f64,
        b in -2.0..2.0f64,
    ) {
        let both = vjp(|x| run(&f, x) * a + run(&g, x) * b, &x, ones);
        let (of_f, of_g) = (vjp(|x| run(&f, x), &x, ones), vjp(|x| run(&g, x), &x, ones));
        let sum: Vec<f64> = of_f.iter().zip(&of_g).map(|(f, g)| a * f + b * g).collect();
        close(&both, &sum)?;
    }

    /// The gradient is linear in the gradient that it starts from.
    #[test]
    fn the_gradient_is_linear_in_its_start(
        x in any_matrix(),
        f in prop::collection::vec(step(), 1..4),
        a in -2.0..2.0f64,
    ) {
        let f = |x: &Tensor| run(&f, x);
        let mixed = vjp(f, &x, |y| irregular(y) * a + ones(y));
        let (one, other) = (vjp(f, &x, irregular), vjp(f, &x, ones));
        let sum: Vec<f64> = one.iter().zip(&other).map(|(one, other)| a * one + other).collect();
        close(&mixed, &sum)?;
    }

    /// What moves or sums elements is linear, and its gradient is the transposed map:
    /// `<A x, y> = <x, Aᵀ y>`.
    #[test]
    fn moves_go_back_by_their_transpose(
        x in any_matrix(),
        moves in prop::collection::vec(a_move(), 1..5),
    ) {
        let f = |x: &Tensor| moves.iter().fold(x.clone(), |x, step| step.run(&x));
        let forward = dot(&f(&x).to_vec::<f64>(), &irregular(&f(&x)).to_vec::<f64>());
        let backward = dot(&x.to_vec::<f64>(), &vjp(f, &x, irregular));
        close(&[forward], &[backward])?;
    }

    /// The gradients of broadcast operands have the operands' shapes, and are what expanding them
    /// first would give.
    #[test]
    fn broadcast_operands_get_gradients_of_their_own_shape((a, b) in broadcasting()) {
        let product = |a: &Tensor, b: &Tensor| (a * b + a / (b.square() + 1.0)) - b;
        let shape = product(&a, &b).shape().to_vec();
        let leaves = (a.detach().requires_grad_(), b.detach().requires_grad_());
        let y = product(&leaves.0, &leaves.1);
        y.backward_with(&irregular(&y));
        for (leaf, expanded) in [
            (&leaves.0, vjp(|a| product(&a.expand(shape.as_slice()), &b), &a, irregular)),
            (&leaves.1, vjp(|b| product(&a, &b.expand(shape.as_slice())), &b, irregular)),
        ] {
            let gradient = leaf.grad().unwrap();
            prop_assert_eq!(gradient.shape(), leaf.shape());
            close(&gradient.to_vec::<f64>(), &expanded)?;
        }
    }

    /// Gradients of several backwards add up to that of the sum.
    #[test]
    fn backwards_accumulate(
        x in any_matrix(),
        f in prop::collection::vec(step(), 1..3),
        g in prop::collection::vec(step(), 1..3),
    ) {
        let leaf = x.detach().requires_grad_();
        run(&f, &leaf).sum().backward();
        run(&g, &leaf).sum().backward();
        let sum = vjp(|x| run(&f, x) + run(&g, x), &x, ones);
        close(&leaf.grad().unwrap().to_vec::<f64>(), &sum)?;
    }

    /// A change in place on a result has the gradient of the same step out of place.
    #[test]
    fn changes_in_place_have_the_gradient_of_their_form_without(
        x in any_matrix(),
        steps in prop::collection::vec(0..4u8, 1..5),
    ) {
        let out_of_place = |x: &Tensor| steps.iter().fold(x * 1.0, |y, step| match step {
            0 => y + x,
            1 => y * 0.5,
            2 => 1.0 * (y - 0.25),
            _ => y / 1.5,
        });
        let in_place = |x: &Tensor| {
            let y = x * 1.0;
            for step in &steps {
                match step {
                    0 => y.add_(x),
                    1 => y.mul_(0.5),
                    2 => y.sub_(0.25),
                    _ => y.div_(1.5),
                };
            }
            y
        };
        close(&vjp(out_of_place, &x, irregular), &vjp(in_place, &x, irregular))?;
    }

    /// The same graph gives the same bits.
    #[test]
    fn gradients_are_bit_equal_from_run_to_run(
        x in any_matrix(),
        steps in prop::collection::vec(step(), 1..6),
    ) {
        let x = x.to_dtype(DType::F32);
        let bits = || -> Vec<u32> {
            let leaf = x.detach().requires_grad_();
            let y = run(&steps, &leaf);
            (&y * &y + run(&steps, &y)).sum().backward();
            leaf.grad().unwrap().to_vec::<f32>().into_iter().map(f32::to_bits).collect()
        };
        prop_assert_eq!(bits(), bits());
    }
}
