//! Momentum that changes from step to step.

use hammerhead_autograd::Autograd;
use hammerhead_optim::{Algorithm, Optimizer, RmsProp, Sgd, Step};
use hammerhead_tensor::{Tensor, tensor};

/// `w` after each step on its square.
fn path(settings: impl Algorithm, momenta: &[f64]) -> Vec<f32> {
    let w = tensor([1.0]).requires_grad_();
    let mut optimizer = Optimizer::new([("w", w.clone())], settings);
    let step = |&momentum: &f64| {
        optimizer.set_momentum(momentum);
        w.square().sum().backward();
        optimizer.step();
        optimizer.zero_grad();
        w.item() as f32
    };
    momenta.iter().map(step).collect()
}

#[test]
fn a_momentum_that_reaches_0_and_comes_back_gives_pytorchs_steps() {
    let found = path(Sgd::new(0.1).momentum(0.9), &[0.9, 0.0, 0.0, 0.5, 0.9]);
    let expected = [0.8, 0.64, 0.512, 0.3096, 0.06552];
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn rmsprop_does_without_its_velocity_while_momentum_is_0() {
    let found = path(RmsProp::new(0.1).momentum(0.9), &[0.0, 0.0, 0.9]);
    let plain = path(RmsProp::new(0.1), &[0.0, 0.0, 0.0]);
    assert_eq!(found, plain);
}

#[test]
fn momentum_stays_out_of_an_optimiser_made_without() {
    let found = path(Sgd::new(0.1), &[0.9, 0.9]);
    assert_eq!(found, path(Sgd::new(0.1), &[0.0, 0.0]));
}

#[test]
fn a_state_saved_while_momentum_is_0_has_its_velocity() {
    let w = || tensor([1.0]).requires_grad_();
    let make = |w: &Tensor| Optimizer::new([("w", w.clone())], Sgd::new(0.1).momentum(0.9));
    let (a, b) = (w(), w());
    let (mut first, mut second) = (make(&a), make(&b));
    a.square().sum().backward();
    first.step();
    first.set_momentum(0.0);
    second.load_state_dict(&first.state_dict()).unwrap();
    let velocity = |optimizer: &Optimizer<Sgd>| optimizer.state_dict().pop().unwrap();
    assert_eq!(velocity(&second).0, "w.momentum_buffer");
    assert_eq!(velocity(&second).1.item(), 2.0);
    assert_eq!(second.momentum(), Some(0.0));
}
