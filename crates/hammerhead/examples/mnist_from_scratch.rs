//! Threes and sevens told apart without a layer, a loss or an optimiser of the library: tensors and gradients only.
//! `cargo run --release --example mnist_from_scratch`

use hammerhead::prelude::*;

fn loss(predictions: &Tensor, targets: &Tensor) -> Tensor {
    let shares = predictions.sigmoid();
    targets.eq(1).select_from(1.0 - &shares, &shares).mean()
}

fn accuracy(predictions: &Tensor, targets: &Tensor) -> f64 {
    let right = predictions.gt(0.0).eq(targets.eq(1));
    right.float().mean().item()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    manual_seed(42);
    let sample = MnistSample::load()?;
    let (valid_x, valid_y) = (sample.valid.inputs(), sample.valid.targets());
    let batches = DataLoader::new(sample.train.dataset())
        .batch_size(256)
        .shuffle(Shuffle::Seeded(42));

    let param = |size: &[usize]| (Tensor::randn(size) * 0.05).requires_grad_();
    let params = [
        param(&[784, 30]),
        param(&[30]),
        param(&[30, 1]),
        param(&[1]),
    ];
    let [w1, b1, w2, b2] = &params;
    let net = |x: &Tensor| {
        let hidden = (x.matmul(w1) + b1).maximum(&tensor(0.0));
        hidden.matmul(w2) + b2
    };

    for epoch in 0..10 {
        for batch in batches.epoch(epoch) {
            let (x, y) = batch?;
            loss(&net(&x), &y).backward();
            for p in &params {
                no_grad(|| p.sub_(p.grad().unwrap()));
                p.zero_grad();
            }
        }
        let share = no_grad(|| accuracy(&net(&valid_x), &valid_y));
        println!("epoch {epoch}: {:.2} % right", 100.0 * share);
    }
    Ok(())
}
