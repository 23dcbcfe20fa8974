//! A linear model at random, and why accuracy is no loss.

use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use super::Digits;
use crate::chapters::prelude::*;

// ANCHOR: init_params
pub fn init_params(torch: &mut TorchGenerator, size: &[usize], std: f64) -> Tensor {
    (with_generator(torch, || Tensor::randn(size)) * std).requires_grad_()
}
// ANCHOR_END: init_params

/// The generator as the first model leaves it.
pub fn run(course: &mut Course<'_>, digits: &Digits) -> TorchGenerator {
    let Digits {
        train_x, train_y, ..
    } = digits;
    let (torch, weights, bias) = course.listing("first_prediction", || {
        // ANCHOR: first_prediction
        // The generator goes on after the roller coaster's draws.
        let mut torch = TorchGenerator::new(42);
        with_generator(&mut torch, || {
            Tensor::randn([20]);
            Tensor::randn([3]);
        });
        let weights = init_params(&mut torch, &[28 * 28, 1], 1.0);
        let bias = init_params(&mut torch, &[1], 1.0);
        println!("{}", (train_x.i(0) * weights.t()).sum() + &bias);
        // ANCHOR_END: first_prediction
        (torch, weights, bias)
    });
    course.row(
        "L4",
        holds(
            "leaves that require grad",
            weights.is_leaf() && bias.requires_grad(),
        ),
    );
    let spread = weights.detach().std().item();
    course.row("L4", within((spread * 1e4).round() / 1e4, 1.0, 0.05));
    course.row(
        "L5",
        equal(course.line(0), "tensor([20.2336], grad_fn=<AddBackward0>)"),
    );

    course.listing("linear1", || {
        // ANCHOR: linear1
        let linear1 = |xb: &Tensor| xb.matmul(&weights) + &bias;
        let preds = linear1(train_x);
        println!("{}", preds.detach().i((..3, 0)));
        println!("{}", preds.detach().i((-3.., 0)));

        let accuracy = |preds: &Tensor| preds.gt(0.0).float().eq(train_y).float().mean();
        println!("{}", accuracy(&preds).item());
        no_grad(|| weights.i(0).mul_(1.0001).clone());
        println!("{}", accuracy(&linear1(train_x)).item());
        // ANCHOR_END: linear1
    });
    course.row(
        "L6",
        equal(course.line(0), "tensor([20.2336, 17.0644, 15.2384])"),
    );
    course.row(
        "L6",
        equal(course.line(1), "tensor([18.3804, 23.8567, 28.6816])"),
    );
    course.row("L7", equal(course.line(2), "0.4912068545818329"));
    course.row("L7", equal(course.line(3), course.line(2)));
    torch
}
