//! Limits on gradients.

use hammerhead_autograd::Autograd;
use hammerhead_tensor::{DType, Tensor, no_grad, stack};

/// Scales all gradients so that their common norm is at most `max_norm`, `g <- g * min(1, max_norm / (norm +
/// 1e-6))`, and returns the norm that they had (PyTorch's `clip_grad_norm_`), a tensor of rank 0; of 16-bit
/// gradients in `F32`, since a norm may be beyond what its elements can be. Nothing waits for the device.
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_optim::clip_grad_norm;
/// use hammerhead_tensor::tensor;
///
/// let w = tensor([3.0, 4.0]).requires_grad_();
/// (w.square().sum() * 0.5).backward();
/// assert_eq!(clip_grad_norm([&w], 1.0).item(), 5.0);
/// assert_eq!(w.grad().unwrap().to_string(), "tensor([0.6000, 0.8000])");
/// ```
pub fn clip_grad_norm<'a>(
    parameters: impl IntoIterator<Item = &'a Tensor>,
    max_norm: f64,
) -> Tensor {
    let grads: Vec<Tensor> = parameters
        .into_iter()
        .filter_map(|parameter| parameter.grad())
        .collect();
    no_grad(|| {
        let Some(first) = grads.first() else {
            return Tensor::zeros(());
        };
        let dtype = first.dtype().promote(DType::F32);
        let norms: Vec<Tensor> = grads
            .iter()
            .map(|grad| grad.detach().to_dtype(dtype).norm())
            .collect();
        let total = stack(&norms, 0).norm();
        let scale = (max_norm / (&total + 1e-6)).clamp_max(1.0);
        for grad in &grads {
            grad.detach().mul_(&scale);
        }
        total
    })
}

/// Limits every element of all gradients to `[-limit, limit]` (PyTorch's `clip_grad_value_`).
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_optim::clip_grad_value;
/// use hammerhead_tensor::tensor;
///
/// let w = tensor([3.0, -0.5]).requires_grad_();
/// w.square().sum().backward();
/// clip_grad_value([&w], 2.0);
/// assert_eq!(w.grad().unwrap().to_vec::<f32>(), [2.0, -1.0]);
/// ```
pub fn clip_grad_value<'a>(parameters: impl IntoIterator<Item = &'a Tensor>, limit: f64) {
    no_grad(|| {
        for grad in parameters
            .into_iter()
            .filter_map(|parameter| parameter.grad())
        {
            grad.detach().clamp_(-limit, limit);
        }
    });
}
