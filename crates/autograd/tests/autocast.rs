//! Gradients through mixed precision.

use hammerhead_autograd::Autograd;
use hammerhead_tensor::{DType, Tensor, manual_seed, with_autocast};

#[test]
fn gradients_have_their_parameters_dtype_wherever_backward_is_called() {
    let gradient = |inside: bool| {
        manual_seed(1);
        let x = Tensor::randn([5, 3]);
        let w = Tensor::randn([4, 3]).requires_grad_();
        let scale = Tensor::ones([4]).requires_grad_();
        let loss = || {
            let y = x.linear(&w, None);
            assert_eq!(y.dtype(), DType::F16);
            (y * &scale).tanh().square().sum()
        };
        if inside {
            with_autocast(DType::F16, || loss().backward());
        } else {
            with_autocast(DType::F16, loss).backward();
        }
        let (grad, other) = (w.grad().unwrap(), scale.grad().unwrap());
        assert_eq!([grad.dtype(), other.dtype()], [DType::F32; 2]);
        let exact = {
            let w = w.detach().requires_grad_();
            (x.linear(&w, None)).tanh().square().sum().backward();
            w.grad().unwrap()
        };
        let error = (&grad - exact).abs().max().item();
        assert!(error > 0.0 && error < 1e-2, "{error}");
        [grad.to_vec::<f32>(), other.to_vec()]
    };
    assert_eq!(gradient(true), gradient(false));
}
