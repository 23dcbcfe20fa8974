//! A quadratic fitted to noisy points by gradient descent. `cargo run --release --example quadratic`

use hammerhead::prelude::*;

fn quadratic(params: &Tensor, x: &Tensor) -> Tensor {
    let (a, b, c) = (params.i(0), params.i(1), params.i(2));
    a * x.pow(2) + b * x + c
}

fn main() {
    manual_seed(42);
    let x = Tensor::linspace(-2.0, 2.0, 20);
    let y = 3 * x.pow(2) + 2 * &x + 1 + Tensor::randn([20]) * 0.5;

    let params = tensor([1.1, 1.1, 1.1]).requires_grad_();
    for step in 0..=100 {
        let loss = (quadratic(&params, &x) - &y).pow(2).mean();
        loss.backward();
        no_grad(|| params.sub_(params.grad().unwrap() * 0.05));
        params.zero_grad();
        if step % 20 == 0 {
            println!("step {step:3}: loss {:.4}", loss.item());
        }
    }
    println!("3x² + 2x + 1 was found as {}", params.detach());
}
