//! Four pictures, their gradients, and the parts of a training loop.

use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use super::{Digits, init_params, loader, mnist_loss};
use crate::chapters::prelude::*;

// ANCHOR: calc_grad
fn calc_grad(xb: &Tensor, yb: &Tensor, model: &dyn Fn(&Tensor) -> Tensor) {
    let preds = model(xb);
    mnist_loss(&preds, yb).backward();
}
// ANCHOR_END: calc_grad

// ANCHOR: train_epoch
type Batches = DataLoader<(Tensor, Tensor)>;

pub fn train_epoch(
    model: &dyn Fn(&Tensor) -> Tensor,
    lr: f64,
    params: &[Tensor],
    dl: &Batches,
) -> Result<(), Box<dyn Error>> {
    for batch in dl.epoch(0) {
        let (xb, yb) = batch?;
        calc_grad(&xb, &yb, model);
        for p in params {
            p.detach().sub_(p.grad().unwrap() * lr);
            p.grad().unwrap().zero_();
        }
    }
    Ok(())
}
// ANCHOR_END: train_epoch

// ANCHOR: validate_epoch
pub fn batch_accuracy(preds: &Tensor, targets: &Tensor) -> Tensor {
    preds.sigmoid().gt(0.5).eq(targets.eq(1)).float().mean()
}

/// The mean of the batches' accuracies, rounded to four places.
pub fn validate_epoch(
    model: &dyn Fn(&Tensor) -> Tensor,
    valid_dl: &Batches,
) -> Result<f64, Box<dyn Error>> {
    let mut accuracies = Vec::new();
    for batch in valid_dl.epoch(0) {
        let (xb, yb) = batch?;
        accuracies.push(no_grad(|| batch_accuracy(&model(&xb), &yb)));
    }
    let mean = stack(&accuracies, 0).mean().item();
    Ok((mean * 1e4).round() / 1e4)
}
// ANCHOR_END: validate_epoch

pub fn run(
    course: &mut Course<'_>,
    digits: &Digits,
    mut torch: TorchGenerator,
) -> Result<(), Box<dyn Error>> {
    let (weights, bias, shares) = course.listing("small_batch", || {
        // ANCHOR: small_batch
        // Each iteration of PyTorch's loader draws a base seed, also those of the two small ones above.
        let small = DataLoader::new(vec![0_i64]);
        for _ in 0..2 {
            small.iter_with(&mut torch);
        }
        let weights = init_params(&mut torch, &[28 * 28, 1], 1.0);
        let bias = init_params(&mut torch, &[1], 1.0);
        let linear1 = |xb: &Tensor| xb.matmul(&weights) + &bias;

        let (batch, targets) = (digits.train_x.i(..4), digits.train_y.i(..4));
        let preds = linear1(&batch);
        println!("{}", preds.detach().flat());
        println!("{}", mnist_loss(&preds, &targets));

        let mut seen = Vec::new();
        for _ in 0..3 {
            calc_grad(&batch, &targets, &linear1);
            let weight = weights.grad().unwrap();
            let bias = bias.grad().unwrap();
            println!("{:?} {:.6} {bias:.6}", weight.shape(), weight.mean().item());
            seen.push(bias.item());
        }
        weights.grad().unwrap().zero_();
        bias.grad().unwrap().zero_();
        println!("{}", bias.grad().unwrap());
        // ANCHOR_END: small_batch
        (weights, bias, seen)
    });
    let predictions = "tensor([-2.1876, -8.3973,  2.5000, -4.9473])";
    course.row("L15", equal(course.line(0), predictions));
    let loss = "tensor(0.7419, grad_fn=<MeanBackward0>)";
    course.row("L15", equal(course.line(1), loss));
    let shape = course.line(2).starts_with("[784, 1]");
    course.row("L15", holds("a gradient of [784, 1]", shape));
    let added =
        (shares[1] - 2.0 * shares[0]).abs() < 1e-6 && (shares[2] - 3.0 * shares[0]).abs() < 1e-6;
    course.row("L15", holds("twice and thrice the first gradient", added));
    course.row("L15", equal(course.line(-1), "tensor([0.])"));

    // The one above ended with its listing.
    let linear1 = |xb: &Tensor| xb.matmul(&weights) + &bias;
    let (before, after) = course.listing("one_epoch", || {
        // ANCHOR: one_epoch
        let dl = loader(&digits.train_x, &digits.train_y);
        let valid_dl = loader(&digits.valid_x, &digits.valid_y);
        let params = [weights.clone(), bias.clone()];
        let before = validate_epoch(&linear1, &valid_dl)?;
        train_epoch(&linear1, 1.0, &params, &dl)?;
        let after = validate_epoch(&linear1, &valid_dl)?;
        println!("{before} {after}");
        // ANCHOR_END: one_epoch
        Ok::<_, Box<dyn Error>>((before, after))
    })?;
    let counted = tensor([[2.0], [-1.0], [-1.0], [3.0]]);
    let accuracy = batch_accuracy(&counted, &tensor([[1], [0], [1], [1]])).item();
    course.row("L16", equal(accuracy, 0.75));
    let places = [before, after].map(|share| (share * 1e4).fract().abs() < 1e-6);
    course.row(
        "L16",
        holds(
            "an epoch teaches, in four places",
            after > before && places == [true; 2],
        ),
    );
    Ok(())
}
