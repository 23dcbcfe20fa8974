//! What is refused, by name, rather than computed wrongly.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead_tensor::prim::{Activation, Conv2d};
use hammerhead_tensor::{DType, Tensor, tensor};

/// The text of the panic that `f` must end in.
#[track_caller]
fn refusal<T>(f: impl FnOnce() -> T) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(f()))) else {
        panic!("nothing was refused")
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a text")).to_owned(),
    }
}

#[test]
fn a_bias_or_residual_has_the_dtype_of_the_input() {
    let bias = Tensor::zeros_with([4], DType::F64);
    let (x, weight) = (Tensor::zeros([1, 4]), Tensor::zeros([4, 4]));
    assert_eq!(
        refusal(|| x.linear(&weight, Some(&bias))),
        "matmul: the input is float32, the bias float64; they must be equal, convert one with to_dtype(..)"
    );
    let (image, kernel) = (Tensor::zeros([1, 4, 2, 2]), Tensor::zeros([4, 4, 1, 1]));
    let byte = Tensor::zeros_with([4], DType::U8);
    assert_eq!(
        refusal(|| image.conv2d(&kernel, Some(&byte), Conv2d::default())),
        "conv2d: the input is float32, the bias uint8; they must be equal, convert one with to_dtype(..)"
    );
    let residual = Tensor::zeros_with([1, 4, 2, 2], DType::F64);
    assert_eq!(
        refusal(|| image.batch_norm_train(None, Some(&residual), 1e-5, Activation::None)),
        "batch_norm: the input is float32, the residual float64; they must be equal, convert one with to_dtype(..)"
    );
}

#[test]
fn a_product_of_integers_has_its_bias_and_activation() {
    let (x, eye) = (tensor([[1, 2], [3, 4]]), tensor([[1, 0], [0, 1]]));
    let y = x.linear(&eye, Some(&tensor([10, 20])));
    assert_eq!(y.to_vec::<i64>(), [11, 22, 13, 24]);
    let y = x.linear_act(&eye, Some(&tensor([-2, -3])), Activation::Relu);
    assert_eq!(y.to_vec::<i64>(), [0, 0, 1, 1]);
}
