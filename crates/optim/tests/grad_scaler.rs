//! Loss scaling: what an overflow leaves alone, how the scale falls and grows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead_autograd::Autograd;
use hammerhead_optim::{Adam, GradScaler, Optimizer, Sgd, StateError, Step, clip_grad_norm};
use hammerhead_tensor::{DType, Tensor, tensor, with_autocast};

fn leaf() -> Tensor {
    tensor([[1.0], [2.0]]).requires_grad_()
}

/// A loss whose gradient, `factor` everywhere, passes through 16 bits.
fn loss(w: &Tensor, factor: f64) -> Tensor {
    let y = with_autocast(DType::F16, || Tensor::ones([1, 2]).matmul(w));
    (y.float() * factor).sum()
}

/// A whole step.
fn step(scaler: &mut GradScaler, optimizer: &mut dyn Step, loss: &Tensor) {
    scaler.scale(loss).backward();
    scaler.step(optimizer);
    scaler.update();
    optimizer.zero_grad();
}

fn bytes(w: &Tensor, optimizer: &dyn Step) -> Vec<(String, Vec<u8>)> {
    let state = optimizer.state_dict().into_iter();
    let all = state.chain([("w".to_owned(), w.detach())]);
    all.map(|(name, x)| (name, x.try_to_bytes().unwrap()))
        .collect()
}

#[test]
fn an_overflow_halves_the_scale_and_changes_nothing_else() {
    let w = leaf();
    let mut optimizer = Optimizer::new([("w", w.clone())], Adam::adamw(0.1));
    let mut scaler = GradScaler::new();
    step(&mut scaler, &mut optimizer, &loss(&w, 0.25));
    let before = bytes(&w, &optimizer);
    // A gradient of 2 scaled by 2^16 is beyond 65504.
    step(&mut scaler, &mut optimizer, &loss(&w, 2.0));
    assert_eq!(scaler.current_scale(), 32768.0);
    assert_eq!(bytes(&w, &optimizer), before);
    step(&mut scaler, &mut optimizer, &loss(&w, 2.0));
    assert_eq!(scaler.current_scale(), 16384.0);
    step(&mut scaler, &mut optimizer, &loss(&w, 2.0));
    assert_eq!(scaler.current_scale(), 16384.0);

    // As if the overflows had never been.
    let other = leaf();
    let mut plain = Optimizer::new([("w", other.clone())], Adam::adamw(0.1));
    for factor in [0.25, 2.0] {
        loss(&other, factor).backward();
        plain.step();
        plain.zero_grad();
    }
    assert_eq!(bytes(&w, &optimizer), bytes(&other, &plain));
}

#[test]
fn the_scale_grows_after_steps_in_a_row() {
    let w = leaf();
    let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.0));
    let mut scaler = GradScaler::new()
        .init_scale(8.0)
        .growth_interval(3)
        .growth_factor(4.0)
        .backoff_factor(0.25);
    let mut scales = Vec::new();
    // The third and the last are overflows: the count starts anew.
    for factor in [1.0, 1.0, 1e9, 1.0, 1.0, 1.0, 1.0, 1.0, 1e9] {
        step(&mut scaler, &mut optimizer, &loss(&w, factor));
        scales.push(scaler.current_scale());
    }
    assert_eq!(scales, [8.0, 8.0, 2.0, 2.0, 2.0, 8.0, 8.0, 8.0, 2.0]);

    let mut scaler = GradScaler::new()
        .init_scale(2f64.powi(127))
        .growth_interval(1);
    let small = Tensor::full([1, 2], 0.0).matmul(&w).sum();
    step(&mut scaler, &mut optimizer, &small);
    assert_eq!(scaler.current_scale(), 2f64.powi(127), "never beyond f32");
}

#[test]
fn gradients_are_unscaled_once_to_be_clipped() {
    let w = leaf();
    let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(1.0));
    let mut scaler = GradScaler::new().init_scale(1024.0);
    scaler.scale(&loss(&w, 3.0)).backward();
    scaler.unscale(&optimizer);
    let norm = clip_grad_norm([&w], 1.0);
    assert!((norm.item() - 18f64.sqrt()).abs() < 1e-5);
    let twice = catch_unwind(AssertUnwindSafe(|| scaler.unscale(&optimizer)));
    assert!(twice.is_err());
    scaler.step(&mut optimizer);
    scaler.update();
    let half = (1.0 - 0.5f32.sqrt(), 2.0 - 0.5f32.sqrt());
    let moved = w.to_vec::<f32>();
    assert!((moved[0] - half.0).abs() < 1e-5 && (moved[1] - half.1).abs() < 1e-5);
    let early = catch_unwind(AssertUnwindSafe(|| scaler.update()));
    assert!(early.is_err(), "update() without a step");
}

#[test]
fn optimisers_that_share_a_scaler_step_each_for_itself() {
    let (a, b) = (leaf(), leaf());
    let make = |w: &Tensor| Optimizer::new([("w", w.clone())], Sgd::new(1.0));
    let (mut one, mut two) = (make(&a), make(&b));
    let mut scaler = GradScaler::new();
    scaler.scale(&(loss(&a, 100.0) + loss(&b, 0.25))).backward();
    scaler.step(&mut one);
    scaler.step(&mut two);
    scaler.update();
    assert_eq!(a.to_vec::<f32>(), [1.0, 2.0]);
    assert_eq!(b.to_vec::<f32>(), [0.75, 1.75]);
    assert_eq!(scaler.current_scale(), 32768.0);
}

#[test]
fn what_is_required_counts_as_an_overflow() {
    let w = leaf();
    let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(1.0));
    let mut scaler = GradScaler::new();
    scaler.require(&tensor(true));
    scaler.require(&tensor(false));
    step(&mut scaler, &mut optimizer, &loss(&w, 0.25));
    assert_eq!(
        (w.to_vec::<f32>(), scaler.current_scale()),
        (vec![1.0, 2.0], 32768.0)
    );
    step(&mut scaler, &mut optimizer, &loss(&w, 0.25));
    assert_eq!(w.to_vec::<f32>(), [0.75, 1.75]);
}

#[test]
fn sixteen_bit_gradients_are_refused() {
    let w = tensor([1.0]).to_dtype(DType::F16).requires_grad_();
    let optimizer = Optimizer::new([("w", w.clone())], Sgd::new(1.0));
    let mut scaler = GradScaler::new();
    scaler.scale(&w.sum()).backward();
    let refused = catch_unwind(AssertUnwindSafe(|| scaler.unscale(&optimizer))).unwrap_err();
    let text = refused.downcast::<String>().unwrap();
    assert!(
        text.starts_with("GradScaler: gradients of float16"),
        "{text}"
    );
}

#[test]
fn a_state_comes_back_or_changes_nothing() {
    let w = leaf();
    let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.0));
    let make = || GradScaler::new().growth_interval(3);
    let mut scaler = make();
    for factor in [1e9, 0.1, 0.1] {
        step(&mut scaler, &mut optimizer, &loss(&w, factor));
    }
    let mut other = make();
    other.load_state_dict(&scaler.state_dict()).unwrap();
    for scaler in [&mut scaler, &mut other] {
        assert_eq!(scaler.current_scale(), 32768.0);
        step(scaler, &mut optimizer, &loss(&w, 0.1));
        assert_eq!(scaler.current_scale(), 65536.0, "the third in a row");
    }
    let mut state = scaler.state_dict();
    state[1].1 = tensor(1.0);
    let mismatch = other.load_state_dict(&state).unwrap_err();
    assert!(
        matches!(mismatch, StateError::Mismatch { .. }),
        "{mismatch}"
    );
    let missing = other.load_state_dict(&state[..1]).unwrap_err();
    assert_eq!(missing, StateError::Missing("growth_tracker".into()));
    state.push(("extra".into(), tensor(1.0)));
    let unexpected = other.load_state_dict(&state).unwrap_err();
    assert_eq!(unexpected, StateError::Unexpected("extra".into()));
    assert_eq!(other.current_scale(), 65536.0);
}

#[test]
fn the_norm_of_16_bit_gradients_may_be_beyond_them() {
    let w = Tensor::zeros_with([4], DType::F16).requires_grad_();
    (&w * 40_000.0).sum().backward();
    let norm = clip_grad_norm([&w], 1.0);
    assert!((norm.item() / 80_000.0 - 1.0).abs() < 1e-3, "{norm}");
    let clipped = w.grad().unwrap().to_vec::<f32>();
    assert!(
        clipped.iter().all(|x| (x - 0.5).abs() < 1e-3),
        "{clipped:?}"
    );
}
