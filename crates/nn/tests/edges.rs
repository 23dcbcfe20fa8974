//! Layers at the edges, as PyTorch has them: empty batches, NaN, 16-bit floats.

use hammerhead_nn::{BatchNorm2d, GroupNorm, LayerNorm, Mode, Module, loss};
use hammerhead_tensor::{DType, Tensor, tensor};

fn running(layer: &BatchNorm2d) -> [f64; 2] {
    let item = |x: &Option<Tensor>| x.as_ref().unwrap().i(0).item();
    [item(&layer.running_mean), item(&layer.running_var)]
}

#[test]
fn an_empty_batch_leaves_the_running_statistics() {
    let layer = BatchNorm2d::new(2);
    layer.forward(Tensor::zeros([0, 2, 3, 3]), Mode::Train);
    assert_eq!(running(&layer), [0.0, 1.0]);
}

#[test]
fn a_nan_shows_in_the_running_statistics() {
    for shape in [[2, 1, 1, 2], [2, 1, 8, 8]] {
        let layer = BatchNorm2d::new(1);
        layer.forward(Tensor::full(shape, f64::NAN), Mode::Train);
        assert!(running(&layer).iter().all(|value| value.is_nan()));
    }
}

#[test]
fn sixteen_bits_are_normalised_in_thirty_two() {
    let x = || tensor([[0.0, 1000.0, 0.0, 1000.0]]).to_dtype(DType::F16);
    let y = LayerNorm::with(&[4], 1e-5, false).forward(x(), Mode::Train);
    assert_eq!(
        (y.dtype(), y.to_vec::<f32>()),
        (DType::F16, vec![-1.0, 1.0, -1.0, 1.0])
    );
    let y = GroupNorm::with(1, 4, 1e-5, false).forward(x(), Mode::Train);
    assert_eq!(y.to_vec::<f32>(), [-1.0, 1.0, -1.0, 1.0]);
    let tens = Tensor::full([100, 1000], 10.0).to_dtype(DType::F16);
    assert_eq!(loss::mse_loss(&tens, &(&tens * 0.0)).item(), 100.0);
}

#[test]
fn an_empty_batch_is_normalised_in_groups() {
    let y = GroupNorm::new(2, 4).forward(Tensor::zeros([0, 4, 3]), Mode::Train);
    assert_eq!(y.shape(), [0, 4, 3]);
}
