//! What users may rely on: accumulation, leaves, views, changes in place, hooks, the functional form,
//! and what the graph holds in memory and for how long.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hammerhead_autograd::{
    Autograd, BackwardOptions, GradOptions, custom_function, grad, grad_options, gradgradcheck,
};
use hammerhead_tensor::prim::Windows;
use hammerhead_tensor::{DType, Tensor, grad_enabled, no_grad, tensor};

fn leaf<const N: usize>(values: [f64; N]) -> Tensor {
    tensor(values).requires_grad_()
}

fn values(x: &Tensor) -> Vec<f64> {
    x.to_vec()
}

fn grad_of(x: &Tensor) -> Vec<f64> {
    values(&x.grad().expect("backward came by"))
}

const RETAIN: BackwardOptions<'static> = BackwardOptions {
    grad: None,
    retain_graph: true,
    create_graph: false,
};

const CREATE: GradOptions<'static> = GradOptions {
    grad: None,
    retain_graph: false,
    create_graph: true,
    allow_unused: false,
};

#[test]
fn gradients_add_up_in_the_tensor_that_callers_hold() {
    let x = leaf([1.0, 2.0]);
    (&x * 3.0).sum().backward();
    let held = x.grad().unwrap();
    (&x * 4.0).sum().backward();
    assert_eq!(values(&held), [7.0, 7.0]);
    x.zero_grad();
    assert!(x.grad().is_none());
    assert_eq!(values(&held), [7.0, 7.0]);
    x.set_grad(Some(tensor([1.0, 1.0])));
    x.sum().backward();
    assert_eq!(grad_of(&x), [2.0, 2.0]);
}

#[test]
fn a_gradient_shares_memory_with_nothing() {
    let (a, b) = (leaf([1.0, 2.0]), leaf([3.0, 4.0]));
    let seed = tensor([1.0, 1.0]);
    (&a + &b).backward_with(&seed);
    let (of_a, of_b) = (a.grad().unwrap(), b.grad().unwrap());
    assert!(!of_a.shares_memory(&of_b) && !of_a.shares_memory(&seed) && !of_b.shares_memory(&seed));
}

#[test]
fn gradients_are_contiguous_whatever_the_way_back() {
    let weight = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).requires_grad_();
    let x = tensor([[1.0, -1.0, 2.0], [0.5, 0.0, 1.0]]);
    x.matmul(&weight.t()).sum().backward();
    let gradient = weight.grad().unwrap();
    assert!(gradient.is_contiguous());
    assert_eq!(values(&gradient), [1.5, -1.0, 3.0, 1.5, -1.0, 3.0]);
    let x = leaf([1.0, 2.0]);
    x.expand([3, 2]).sum().backward();
    assert_eq!(grad_of(&x), [3.0, 3.0]);
    x.sum().backward();
    assert!(x.grad().unwrap().is_contiguous());
}

#[test]
fn leaves_and_results() {
    let x = leaf([1.0]);
    let y = &x * 2.0;
    assert!(x.is_leaf() && x.requires_grad() && x.grad_fn_name().is_none());
    assert!(!y.is_leaf() && y.requires_grad());
    assert_eq!(y.grad_fn_name().as_deref(), Some("MulBackward0"));
    assert!(y.detach().is_leaf() && !y.detach().requires_grad());
    assert!(tensor(1.0).is_leaf());
    // Asking twice, or for what a result has anyway, changes nothing.
    assert!(y.requires_grad_().is_same(&y) && !y.is_leaf());
    assert!(!x.requires_grad_set(false).requires_grad());
}

#[test]
fn nothing_is_recorded_under_no_grad() {
    let x = leaf([1.0]);
    assert!(!no_grad(|| &x * 2.0).requires_grad());
    assert!((&x * 2.0).requires_grad());
    assert!(!x.gt(0.0).requires_grad() && !x.argmax().requires_grad());
    assert!(!x.to_dtype(DType::I64).requires_grad());
}

#[test]
fn grad_fn_names_are_pytorch_s() {
    let x = tensor([[1.0, 2.0], [3.0, 4.0]]).requires_grad_();
    let name = |y: Tensor| y.grad_fn_name().unwrap();
    for (actual, expected) in [
        (name(&x + 1.0), "AddBackward0"),
        (name(&x * &x), "MulBackward0"),
        (name(&x / 2.0), "DivBackward0"),
        (name(1.0 - &x), "RsubBackward1"),
        (name(-&x), "NegBackward0"),
        (name(x.pow(2)), "PowBackward0"),
        (name(x.exp()), "ExpBackward0"),
        (name(x.relu()), "ReluBackward0"),
        (name(x.leaky_relu(0.1)), "LeakyReluBackward0"),
        (name(x.sigmoid()), "SigmoidBackward0"),
        (name(x.sum()), "SumBackward0"),
        (name(x.sum_dim(0)), "SumBackward1"),
        (name(x.mean()), "MeanBackward0"),
        (name(x.mean_dim(0)), "MeanBackward1"),
        (name(x.max()), "MaxBackward1"),
        (name(x.matmul(&x)), "MmBackward0"),
        (name(x.t()), "TBackward0"),
        (name(x.reshape([4])), "ViewBackward0"),
        (name(x.i(0)), "SelectBackward0"),
        (name(x.i((.., 1..))), "SliceBackward0"),
        (name(x.unsqueeze(0)), "UnsqueezeBackward0"),
        (name(x.copy()), "CloneBackward0"),
        (name(x.to_dtype(DType::F64)), "ToCopyBackward0"),
        (name(x.linear(&x, Some(&x.i(0)))), "AddmmBackward0"),
    ] {
        assert_eq!(actual, expected);
    }
}

#[test]
fn every_way_to_a_tensor_counts() {
    let x = leaf([2.0]);
    let a = &x * 3.0;
    (&a * &a + &a).backward();
    // d(9x² + 3x)/dx at 2.
    assert_eq!(grad_of(&x), [39.0]);
}

#[test]
fn results_change_in_place_and_gradients_know() {
    let x = leaf([1.0, -2.0]);
    let y = &x * 2.0;
    y.add_(&x);
    y.mul_(5.0);
    y.relu_();
    y.sum().backward();
    assert_eq!(grad_of(&x), [15.0, 0.0]);

    // What is overwritten is forgotten.
    x.zero_grad();
    let y = &x * 2.0;
    y.zero_();
    assert!(!y.requires_grad());
    let z = tensor([0.0, 0.0]);
    z.copy_(&(&x * 7.0));
    z.sum().backward();
    assert_eq!(grad_of(&x), [7.0, 7.0]);

    // A tensor without history takes on that of what is added to it.
    x.zero_grad();
    let total = tensor([1.0, 1.0]);
    total.add_(&x);
    total.sum().backward();
    assert_eq!(grad_of(&x), [1.0, 1.0]);
}

#[test]
fn a_view_of_a_parameter_outlives_its_update() {
    let weight = tensor([[1.0, 2.0]]).requires_grad_();
    let transposed = weight.t();
    let x = tensor([[3.0, 4.0]]);
    for _ in 0..2 {
        x.matmul(&transposed).sum().backward();
        no_grad(|| {
            weight.sub_(weight.grad().unwrap() * 0.5);
        });
    }
    assert_eq!(grad_of(&weight), [6.0, 8.0]);
    assert_eq!(values(&transposed), [1.0 - 1.5 - 3.0, 2.0 - 2.0 - 4.0]);
}

#[test]
fn a_retained_graph_goes_back_twice() {
    let x = leaf([3.0]);
    let y = x.pow(2);
    y.backward_options(RETAIN);
    y.backward_options(RETAIN);
    y.backward();
    assert_eq!(grad_of(&x), [18.0]);
}

#[test]
fn results_keep_their_gradient_if_asked() {
    let x = leaf([1.0, 2.0]);
    let (kept, forgotten) = (&x * 2.0, &x * 3.0);
    kept.retain_grad();
    (&kept * &forgotten).sum().backward();
    assert_eq!(grad_of(&kept), [3.0, 6.0]);
    assert!(forgotten.grad().is_none());
}

#[test]
fn hooks_see_and_replace_gradients() {
    let x = leaf([1.0, 2.0]);
    let y = &x * 2.0;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let looks = y.register_hook(move |grad| {
        log.lock().unwrap().push(grad.to_vec::<f64>());
        None
    });
    let doubles = y.register_hook(|grad| Some(grad * 2.0));
    let log = seen.clone();
    let looks_after = y.register_hook(move |grad| {
        log.lock().unwrap().push(grad.to_vec::<f64>());
        None
    });
    let clips = x.register_hook(|grad| Some(grad.clamp(-3.0, 3.0)));
    // Both uses of y arrive before its hooks run.
    (&y + &y).sum().backward_options(RETAIN);
    assert_eq!(*seen.lock().unwrap(), [[2.0, 2.0], [4.0, 4.0]]);
    assert_eq!(grad_of(&x), [3.0, 3.0]);

    doubles.remove();
    clips.remove();
    looks.remove();
    looks_after.remove();
    x.zero_grad();
    (&y + &y).sum().backward();
    assert_eq!(seen.lock().unwrap().len(), 2);
    assert_eq!(grad_of(&x), [4.0, 4.0]);
}

#[test]
fn hooks_stay_when_one_of_them_panics() {
    let x = leaf([1.0]);
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let counts = x.register_hook(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        None
    });
    let panics = x.register_hook(|_| panic!("no"));
    let backward = || (&x * 2.0).sum().backward();
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(backward)).unwrap_err();
    panics.remove();
    backward();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    counts.remove();
}

#[test]
fn the_functional_form_touches_no_leaf() {
    let (w, b) = (leaf([2.0]), leaf([1.0]));
    let hidden = &w * 3.0;
    let loss = (&hidden * &hidden + &b).sum();
    let grads = grad(&loss, &[&b, &hidden, &w]);
    assert_eq!(
        grads.iter().map(values).collect::<Vec<_>>(),
        [[1.0], [12.0], [36.0]]
    );
    assert!(w.grad().is_none() && b.grad().is_none());
    assert!(grads.iter().all(|grad| !grad.requires_grad()));
}

#[test]
fn the_functional_form_goes_only_where_it_must() {
    let (w, b) = (leaf([2.0]), leaf([1.0]));
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let aside = w.exp();
    let handle = aside.register_hook(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        None
    });
    let loss = (&aside * 2.0 + &b).sum();
    assert_eq!(values(&grad(&loss, &[&b])[0]), [1.0]);
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    // What was not visited was not freed.
    aside.sum().backward();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    handle.remove();
}

#[test]
fn second_and_third_derivatives() {
    let x = leaf([1.5]);
    let y = x.pow(4) + x.sin();
    let d1 = grad_options(&y, &[&x], CREATE).remove(0).unwrap();
    let d2 = grad_options(&d1, &[&x], CREATE).remove(0).unwrap();
    let d3 = grad(&d2, &[&x]).remove(0);
    let x: f64 = 1.5;
    for (actual, expected) in [
        (d1, 4.0 * x.powi(3) + x.cos()),
        (d2, 12.0 * x.powi(2) - x.sin()),
        (d3, 24.0 * x - x.cos()),
    ] {
        assert!(
            (actual.item() - expected).abs() < 1e-5 * expected.abs(),
            "{actual} {expected}"
        );
    }
}

#[test]
fn a_gradient_penalty_trains() {
    let w = tensor([[0.5, -0.3], [0.2, 0.8]]).to_dtype(DType::F64);
    let x = tensor([[1.0, 2.0], [-1.0, 0.5], [0.3, 0.7]]).to_dtype(DType::F64);
    let penalty = |inputs: &[Tensor]| {
        let y = inputs[0].matmul(&inputs[1]).tanh().pow(2).sum();
        let slope = grad_options(&y, &[&inputs[0]], CREATE).remove(0).unwrap();
        slope.pow(2).sum()
    };
    hammerhead_autograd::gradcheck(penalty, &[x, w], Default::default()).unwrap();
}

#[test]
fn a_pooling_window_in_the_padding_alone_gets_no_gradient() {
    let windows = Windows::Fixed {
        kernel: [2, 1],
        stride: [1, 1],
        padding: [1, 0],
        dilation: [2, 1],
        ceil: false,
    };
    let x = tensor([[[[1.0, 2.0]]]]).requires_grad_();
    let y = x.max_pool2d(windows);
    let seed = y.detach().ones_like().requires_grad_();
    let options = GradOptions {
        grad: Some(&seed),
        ..CREATE
    };
    let first = grad_options(&y, &[&x], options).remove(0).unwrap();
    assert_eq!(values(&first), [0.0, 0.0]);
    assert_eq!(values(&grad(&first.sum(), &[&seed])[0]), [0.0, 0.0]);
}

#[test]
fn backward_can_record_the_leaf_s_gradient() {
    let x = leaf([2.0]);
    x.pow(3).backward_options(BackwardOptions {
        create_graph: true,
        ..Default::default()
    });
    let slope = x.grad().unwrap();
    assert!(slope.requires_grad());
    assert_eq!(values(&grad(&slope, &[&x])[0]), [12.0]);
    x.zero_grad();
}

#[test]
fn functions_from_outside() {
    let cube = |x: &Tensor| {
        let forward = |inputs: &[&Tensor]| {
            assert!(!grad_enabled());
            vec![inputs[0].pow(3)]
        };
        custom_function("Cube", &[x], forward, |inputs, _, grads| {
            Ok(vec![Some(&grads[0] * inputs[0].pow(2) * 3.0)])
        })
        .swap_remove(0)
    };
    let x = leaf([2.0]);
    let y = cube(&x);
    assert_eq!(y.grad_fn_name().as_deref(), Some("CubeBackward"));
    y.backward();
    assert_eq!(grad_of(&x), [12.0]);
    let x = tensor([0.7, -1.1]).to_dtype(DType::F64);
    gradgradcheck(|inputs| cube(&inputs[0]), &[x], Default::default()).unwrap();
}

#[test]
fn functions_with_several_results_get_zeros_for_those_not_used() {
    let x = leaf([1.0, 2.0]);
    let split = |inputs: &[&Tensor]| vec![inputs[0] * 2.0, inputs[0] * 3.0, inputs[0].gt(1.5)];
    let outputs = custom_function("Split", &[&x], split, |_, _, grads| {
        Ok(vec![Some(&grads[0] * 2.0 + &grads[1] * 3.0)])
    });
    assert!(!outputs[2].requires_grad());
    outputs[1].sum().backward();
    assert_eq!(grad_of(&x), [3.0, 3.0]);
}

#[test]
fn a_function_may_give_back_its_input() {
    let x = leaf([1.0]);
    let outputs = custom_function(
        "Same",
        &[&x],
        |inputs| vec![inputs[0].clone()],
        |_, _, grads| Ok(vec![Some(-&grads[0])]),
    );
    outputs[0].backward();
    assert!(x.is_leaf());
    assert_eq!(grad_of(&x), [-1.0]);
}

#[test]
fn a_graph_goes_back_on_another_thread() {
    let x = leaf([3.0]);
    let y = x.pow(2);
    std::thread::spawn(move || y.backward()).join().unwrap();
    assert_eq!(grad_of(&x), [6.0]);
}

#[test]
fn the_gradient_mode_survives_a_panic_in_a_hook() {
    let x = leaf([3.0]);
    let handle = x.register_hook(|_| panic!("no"));
    let backward = std::panic::AssertUnwindSafe(|| x.pow(2).backward());
    assert!(std::panic::catch_unwind(backward).is_err());
    assert!(grad_enabled());
    handle.remove();
}

#[test]
fn a_chain_of_a_hundred_thousand_operations() {
    let x = leaf([1.0]);
    let chain = || (0..100_000).fold(&x * 1.0, |y, _| y + 1.0);
    chain().backward();
    assert_eq!(grad_of(&x), [1.0]);
    // Dropped without a backward.
    drop(chain());
    // Nor is one whose nodes the handles of hooks know of.
    let mut handles = vec![];
    let watched = (0..100_000).fold(&x * 1.0, |y, _| {
        let y = y + 1.0;
        handles.push(y.register_hook(|_| None));
        y
    });
    drop(watched);
    // And with every node saving something.
    let y = (0..100_000).fold(&x * 1.0, |y, _| y * &x);
    y.backward();
    assert_eq!(grad_of(&x), [100_002.0]);
}

#[test]
fn activations_are_freed_during_the_walk() {
    let x = leaf([0.1]);
    let first = x.exp();
    let second = first.exp();
    let probe = second.detach();
    let loss = second.sum();
    drop(second);
    assert!(!probe.is_unshared(), "the gradient of exp needs its output");
    let freed = Arc::new(Mutex::new(None));
    let answer = freed.clone();
    let handle = first.register_hook(move |_| {
        *answer.lock().unwrap() = Some(probe.is_unshared());
        None
    });
    drop(first);
    loss.backward();
    assert_eq!(*freed.lock().unwrap(), Some(true));
    drop(handle);
}

#[test]
fn only_what_a_gradient_reads_is_kept() {
    let w = leaf([2.0]);
    let x = tensor([3.0]);
    let x_probe = x.detach();
    // The gradient for w reads x, that for x is not asked for and would read w.
    let y = &w * &x;
    drop(x);
    assert!(!x_probe.is_unshared());
    let w_alone = w.detach();
    drop(y);
    assert!(x_probe.is_unshared());

    let sum = &w + &x_probe;
    assert!(x_probe.is_unshared(), "addition keeps nothing");
    drop((sum, w_alone));

    let a = &w * 2.0;
    let probe = a.detach();
    let loss = a.sum();
    drop(a);
    assert!(probe.is_unshared(), "a sum keeps nothing");
    drop(loss);
}

#[test]
fn a_loss_that_is_kept_keeps_no_activations() {
    let x = leaf([0.5]);
    let hidden = x.exp();
    let probe = hidden.detach();
    let loss = hidden.pow(2).sum();
    drop(hidden);
    loss.backward();
    assert!(probe.is_unshared());
    assert!(loss.requires_grad());
}
