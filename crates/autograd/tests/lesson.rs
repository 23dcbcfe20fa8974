//! The lesson's rows on gradients, with the digits that it prints: a quadratic fitted by hand, the
//! first backward, and the roller coaster's speed.

mod panics;

use hammerhead_autograd::Autograd;
use hammerhead_tensor::random::{NumpyGenerator, TorchGenerator};
use hammerhead_tensor::{DType, NewAxis, Tensor, no_grad, tensor, with_generator};
use panics::panic_text;

/// `f(x) = 3x² + 2x + 1`.
fn f(x: &Tensor) -> Tensor {
    quad(3.0, 2.0, 1.0, x)
}

fn quad(a: f64, b: f64, c: f64, x: &Tensor) -> Tensor {
    a * x.pow(2) + b * x + c
}

/// `x * (1 + noise(x, mult)) + noise(x, add)`, with numpy's noise, which makes the result float64.
fn add_noise(x: &Tensor, mult: f64, add: f64, numpy: &mut NumpyGenerator) -> Tensor {
    let mut noise = |scale| Tensor::from_vec(numpy.normal(0.0, scale, x.numel()), x.shape());
    let mult = noise(mult);
    x * (1.0 + mult) + noise(add)
}

/// The noisy quadratic: 20 points in a column, and their values.
fn noisy_quadratic() -> (Tensor, Tensor) {
    let x = Tensor::linspace(-2.0, 2.0, 20).i((.., NewAxis));
    let y = add_noise(&f(&x), 0.15, 1.5, &mut NumpyGenerator::new(42));
    (x, y)
}

fn mae(predictions: &Tensor, actuals: &Tensor) -> Tensor {
    (predictions - actuals).abs().mean()
}

/// The mean absolute error of the quadratic with these coefficients.
fn quad_mae(params: &Tensor, x: &Tensor, y: &Tensor) -> Tensor {
    let (a, b, c) = (params.i(0), params.i(1), params.i(2));
    mae(&(a * x.pow(2) + b * x + c), y)
}

fn start() -> Tensor {
    tensor([1.1, 1.1, 1.1])
}

/// The losses that a descent of `steps` prints, each after its step.
fn descend(steps: usize, between: impl Fn(&Tensor)) -> Vec<f64> {
    let (x, y) = noisy_quadratic();
    let abc = start().requires_grad_();
    (0..steps)
        .map(|_| {
            let loss = quad_mae(&abc, &x, &y);
            loss.backward();
            no_grad(|| {
                abc.sub_(abc.grad().unwrap() * 0.01);
            });
            between(&abc);
            loss.item()
        })
        .collect()
}

fn printed(losses: &[f64]) -> Vec<String> {
    losses.iter().map(|loss| format!("{loss:.2}")).collect()
}

#[test]
fn f10_noise_comes_from_numpy_and_makes_doubles() {
    let (x, y) = noisy_quadratic();
    assert_eq!((x.dtype(), y.dtype()), (DType::F32, DType::F64));
    assert_eq!(y.shape(), [20, 1]);
    assert_eq!(
        y.i((..5, 0)).to_string(),
        "tensor([11.8690,  6.5433,  5.9396,  2.6304,  1.7947], dtype=torch.float64)"
    );
}

#[test]
fn f16_the_error_of_a_first_guess() {
    let (x, y) = noisy_quadratic();
    assert_eq!(
        quad_mae(&start(), &x, &y).to_string(),
        "tensor(2.4219, dtype=torch.float64)"
    );
}

#[test]
fn f17_a_tensor_says_that_it_requires_grad() {
    let abc = start().requires_grad_();
    assert_eq!(
        abc.to_string(),
        "tensor([1.1000, 1.1000, 1.1000], requires_grad=True)"
    );
}

#[test]
fn f18_the_loss_says_what_made_it() {
    let (x, y) = noisy_quadratic();
    let loss = quad_mae(&start().requires_grad_(), &x, &y);
    assert_eq!(
        loss.to_string(),
        "tensor(2.4219, dtype=torch.float64, grad_fn=<MeanBackward0>)"
    );
}

#[test]
fn f19_backward_fills_the_gradient() {
    let (x, y) = noisy_quadratic();
    let abc = start().requires_grad_();
    quad_mae(&abc, &x, &y).backward();
    assert_eq!(
        abc.grad().unwrap().to_string(),
        "tensor([-1.3529, -0.0316, -0.5000])"
    );
}

#[test]
fn f20_a_step_is_taken_under_no_grad() {
    let (x, y) = noisy_quadratic();
    let mut abc = start().requires_grad_();
    quad_mae(&abc, &x, &y).backward();
    let step = abc.grad().unwrap() * 0.01;
    let text = panic_text(|| {
        abc.sub_(&step);
    });
    assert!(
        text.starts_with("sub_: this is a leaf that requires grad"),
        "{text}"
    );
    no_grad(|| abc -= step);
    assert_eq!(format!("{:.2}", quad_mae(&abc, &x, &y).item()), "2.40");
    assert!(abc.requires_grad());
}

#[test]
fn f21_ten_steps_without_zeroing_add_up() {
    // The notebook takes one step before the loop; its gradient stays.
    let losses = descend(11, |_| {});
    let expected = [
        "2.40", "2.36", "2.30", "2.21", "2.11", "1.98", "1.85", "1.72", "1.58", "1.46",
    ];
    assert_eq!(printed(&losses[1..]), expected);
}

#[test]
fn f22_ten_steps_with_zeroing() {
    let losses = descend(10, |abc| abc.zero_grad());
    let expected = [
        "2.42", "2.40", "2.38", "2.36", "2.34", "2.32", "2.30", "2.28", "2.26", "2.23",
    ];
    assert_eq!(printed(&losses), expected);
}

#[test]
fn f23_without_zeroing_the_loss_rises_again() {
    let losses = descend(80, |_| {});
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let at = losses.iter().position(|&loss| loss == least).unwrap();
    assert!(at < 60, "still falling at step {at}");
    assert!(
        losses[at..].iter().any(|&loss| loss > 1.5 * least),
        "{losses:?}"
    );
}

#[test]
fn g3_a_power_says_that_it_is_one() {
    let xt = tensor(3.0).requires_grad_();
    assert_eq!(xt.pow(2).to_string(), "tensor(9., grad_fn=<PowBackward0>)");
}

#[test]
fn g4_the_slope_of_a_square() {
    let xt = tensor(3.0).requires_grad_();
    xt.pow(2).backward();
    assert_eq!(xt.grad().unwrap().to_string(), "tensor(6.)");
}

#[test]
fn g5_the_slopes_of_a_sum_of_squares() {
    let xt = tensor([3.0, 4.0, 10.0]).requires_grad_();
    assert_eq!(
        xt.to_string(),
        "tensor([ 3.,  4., 10.], requires_grad=True)"
    );
    let yt = xt.pow(2).sum();
    assert_eq!(yt.to_string(), "tensor(125., grad_fn=<SumBackward0>)");
    yt.backward();
    assert_eq!(xt.grad().unwrap().to_string(), "tensor([ 6.,  8., 20.])");
}

#[test]
fn g6_integers_have_no_gradient() {
    let text = panic_text(|| {
        tensor([3, 4, 10]).requires_grad_();
    });
    assert_eq!(
        text,
        "requires_grad_: a tensor of int64 can't have a gradient, only floating ones change \
         smoothly; convert it first, as in x.to_dtype(DType::F32).requires_grad_()"
    );
}

#[test]
fn g7_three_ways_to_go_wrong() {
    let xt = tensor([3.0, 4.0, 10.0]).requires_grad_();
    let not_scalar = panic_text(|| xt.pow(2).backward());
    assert!(
        not_scalar.contains("only a tensor of one element"),
        "{not_scalar}"
    );

    let yt = xt.pow(2).sum();
    yt.backward();
    let freed = panic_text(|| yt.backward());
    assert!(freed.contains("freed by an earlier backward"), "{freed}");

    let no_history = panic_text(|| tensor([3.0, 4.0]).sum().backward());
    assert!(
        no_history.contains("has no gradient history"),
        "{no_history}"
    );
}

/// The roller coaster: 20 seconds, their measured speeds, and the first parameters.
fn roller_coaster() -> (Tensor, Tensor, Tensor) {
    let time = Tensor::arange(20).float();
    let mut torch = TorchGenerator::new(42);
    let (noise, params) = with_generator(&mut torch, || (Tensor::randn([20]), Tensor::randn([3])));
    let speed = noise * 3.0 + 0.75 * (&time - 9.5).pow(2) + 1.0;
    (time, speed, params.requires_grad_())
}

fn speed_at(t: &Tensor, params: &Tensor) -> Tensor {
    let (a, b, c) = (params.i(0), params.i(1), params.i(2));
    a * t.pow(2) + b * t + c
}

fn mse(predictions: &Tensor, targets: &Tensor) -> Tensor {
    (predictions - targets).pow(2).mean()
}

#[test]
fn g8_the_roller_coaster() {
    let (time, speed, _) = roller_coaster();
    assert_eq!(
        time.to_string(),
        "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,\n        14., 15., 16., 17., 18., 19.])"
    );
    assert_eq!(
        speed.to_string(),
        "tensor([74.4682, 59.6494, 45.8897, 26.3709, 21.4131, 19.4225, 12.5899, 10.7294,\n         3.7551, -0.8724, -0.2926,  3.4120,  4.9926, 10.3128, 15.4328, 26.2671,\n        31.7583, 42.0004, 57.5977, 66.8227])"
    );
}

#[test]
fn g9_indexing_keeps_the_gradient() {
    let params = tensor([1.0, 2.0, 3.0]).requires_grad_();
    assert_eq!(
        params.i(1).to_string(),
        "tensor(2., grad_fn=<SelectBackward0>)"
    );
    speed_at(&tensor(2.0), &params).backward();
    assert_eq!(params.grad().unwrap().to_string(), "tensor([4., 2., 1.])");
}

#[test]
fn g10_the_book_s_first_parameters() {
    let (_, _, params) = roller_coaster();
    assert_eq!(
        params.to_string(),
        "tensor([-0.7658, -0.7506,  1.3525], requires_grad=True)"
    );
}

fn assert_close(actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() <= 1e-6 * expected.abs(),
        "{actual} is not {expected}"
    );
}

#[test]
fn g12_the_first_loss() {
    let (time, speed, params) = roller_coaster();
    assert_close(mse(&speed_at(&time, &params), &speed).item(), 25823.8098);
}

#[test]
fn g13_the_first_gradient() {
    let (time, speed, params) = roller_coaster();
    mse(&speed_at(&time, &params), &speed).backward();
    let gradient = params.grad().unwrap().to_vec::<f64>();
    for (actual, expected) in gradient
        .into_iter()
        .zip([-53195.8589, -3419.7146, -253.8908])
    {
        assert_close(actual, expected);
    }
}

/// One step of descent; the loss before it.
fn apply_step(params: &Tensor, time: &Tensor, speed: &Tensor) -> f64 {
    let loss = mse(&speed_at(time, params), speed);
    loss.backward();
    let data = params.detach();
    data.sub_(1e-5 * params.grad().unwrap());
    params.zero_grad();
    loss.item()
}

#[test]
fn g14_the_loss_after_a_step() {
    let (time, speed, params) = roller_coaster();
    apply_step(&params, &time, &speed);
    assert_close(mse(&speed_at(&time, &params), &speed).item(), 5435.5371);
}

#[test]
fn g15_ten_steps() {
    let (time, speed, params) = roller_coaster();
    apply_step(&params, &time, &speed);
    let losses = (0..10).map(|_| format!("{:.2}", apply_step(&params, &time, &speed)));
    let expected = [
        "5435.54", "1577.45", "847.38", "709.22", "683.08", "678.12", "677.18", "677.00", "676.96",
        "676.95",
    ];
    assert_eq!(losses.collect::<Vec<_>>(), expected);
}

#[test]
fn g16_a_clone_to_start_over_from() {
    let (time, speed, params) = roller_coaster();
    // PyTorch's clone() is copy(): here a clone is another handle on the same tensor.
    let kept = params.copy();
    assert_eq!(kept.grad_fn_name().as_deref(), Some("CloneBackward0"));
    apply_step(&params, &time, &speed);
    assert_ne!(kept.to_vec::<f32>(), params.to_vec::<f32>());
    let again = kept.detach().requires_grad_();
    assert!(again.is_leaf() && again.grad().is_none());
    assert_close(mse(&speed_at(&time, &again), &speed).item(), 25823.8098);
}

#[test]
fn g18_data_gradients_items_copies_and_changes_in_place() {
    let x = tensor([1.0, 2.0]).requires_grad_();
    let y = (&x * 3.0).sum();
    assert_eq!(y.item(), 9.0);
    y.backward();
    let grad = x.grad().unwrap();
    assert_eq!(grad.to_vec::<f32>(), [3.0, 3.0]);
    // What PyTorch calls x.data is detach(): the same elements, unseen by gradients.
    x.detach().mul_(10.0);
    assert_eq!(x.to_vec::<f32>(), [10.0, 20.0]);
    grad.zero_();
    assert_eq!(x.grad().unwrap().to_vec::<f32>(), [0.0, 0.0]);
    let free = tensor([1.0, 4.0]);
    free.add_(3.0).sqrt_().neg_();
    assert_eq!(free.to_vec::<f32>(), [-2.0, -7f32.sqrt()]);
}

#[test]
fn g19_a_weight_changes_in_place_only_under_no_grad() {
    let weights = tensor([[1.0], [2.0]]).requires_grad_();
    let text = panic_text(|| {
        weights.i(0).mul_(1.5);
    });
    assert!(
        text.starts_with("mul_: this is a view of a leaf that requires grad"),
        "{text}"
    );
    no_grad(|| {
        weights.i(0).mul_(1.5);
    });
    assert_eq!(weights.to_vec::<f32>(), [1.5, 2.0]);
}

#[test]
fn g20_gradients_add_up_until_zeroed() {
    let weights = tensor([1.0, 2.0]).requires_grad_();
    let calc_grad = || (&weights * tensor([3.0, 5.0])).sum().backward();
    calc_grad();
    assert_eq!(weights.grad().unwrap().to_string(), "tensor([3., 5.])");
    calc_grad();
    assert_eq!(weights.grad().unwrap().to_string(), "tensor([ 6., 10.])");
    weights.grad().unwrap().zero_();
    calc_grad();
    assert_eq!(weights.grad().unwrap().to_string(), "tensor([3., 5.])");
}
