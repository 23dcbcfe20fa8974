//! Optimisers alone: two groups and a schedule. `cargo run --example groups`

use hammerhead_autograd::Autograd;
use hammerhead_optim::schedule::{Cosine, Schedule};
use hammerhead_optim::{Optimizer, Sgd, Step};
use hammerhead_tensor::{Tensor, manual_seed};

fn main() {
    manual_seed(1);
    let (weight, bias) = (
        Tensor::randn([3, 1]).requires_grad_(),
        Tensor::zeros([1]).requires_grad_(),
    );
    let sgd = Sgd::new(0.1).momentum(0.9).weight_decay(1e-3);
    let mut optimizer = Optimizer::new([("weight", weight.clone()), ("bias", bias.clone())], sgd)
        .group("bias", |sgd| sgd.weight_decay(0.0));
    let rate = Cosine::new(0.1, 100);
    let x = Tensor::randn([64, 3]);
    let y = x.sum_keepdim(1) + 0.5;
    for step in 0..100 {
        optimizer.set_lr(rate.at(step));
        let loss = (x.matmul(&weight) + &bias - &y).square().mean();
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        if step % 25 == 0 {
            println!(
                "step {step:3} rate {:.4} loss {:.6}",
                rate.at(step),
                loss.item()
            );
        }
    }
    println!("{weight}\n{bias}");
}
