//! Gradients alone: fit a quadratic to noisy data by hand. `cargo run --example descent`

use hammerhead_autograd::Autograd;
use hammerhead_tensor::{Tensor, manual_seed, no_grad, tensor};

fn main() {
    manual_seed(42);
    let x = Tensor::linspace(-2.0, 2.0, 50);
    let y = 3 * x.square() + 2 * &x + 1 + Tensor::randn([50]) * 0.1;
    let abc = tensor([1.1, 1.1, 1.1]).requires_grad_();
    for step in 0..200 {
        let predictions = abc.i(0) * x.square() + abc.i(1) * &x + abc.i(2);
        let loss = (predictions - &y).square().mean();
        loss.backward();
        no_grad(|| {
            abc.sub_(&(abc.grad().expect("backward was called") * 0.05));
        });
        abc.zero_grad();
        if step % 50 == 0 {
            println!("step {step:3} loss {:.4}", loss.item());
        }
    }
    println!("{abc}");
}
