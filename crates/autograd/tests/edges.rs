//! Gradients at the edges, as PyTorch gives them.

use hammerhead_autograd::Autograd;
use hammerhead_tensor::{DType, Tensor, tensor};

fn gradient(x: Tensor, f: impl FnOnce(&Tensor) -> Tensor) -> Vec<f32> {
    let x = x.requires_grad_();
    f(&x).backward();
    x.grad().unwrap().to_vec()
}

#[test]
fn a_standard_deviation_of_zero_is_flat() {
    assert_eq!(gradient(tensor([2.0, 2.0]), Tensor::std), [0.0, 0.0]);
}

#[test]
fn a_nan_takes_the_gradient_of_the_extreme() {
    let x = || tensor([1.0, f64::NAN, 3.0]);
    assert_eq!(gradient(x(), Tensor::max), [0.0, 1.0, 0.0]);
    assert_eq!(gradient(x(), Tensor::min), [0.0, 1.0, 0.0]);
}

#[test]
fn the_angle_of_the_origin_is_flat() {
    let x = || tensor([0.0, 1.0]);
    let other = tensor([0.0, 1.0]);
    assert_eq!(gradient(x(), |x| x.atan2(&other).sum()), [0.0, 0.5]);
    assert_eq!(gradient(x(), |x| other.atan2(x).sum()), [0.0, -0.5]);
}

#[test]
fn halves_keep_their_dtype_in_the_gradient() {
    let x = Tensor::full([4], 300.0)
        .to_dtype(DType::F16)
        .requires_grad_();
    x.norm().backward();
    let grad = x.grad().unwrap();
    assert_eq!(
        (grad.dtype(), grad.to_vec::<f32>()),
        (DType::F16, vec![0.5; 4])
    );
}
