//! One training step of 784-30-10 on a batch of 64, as a user's first program has it.

use hammerhead::prelude::*;

fn main() {
    let model = Sequential::new()
        .push(Linear::new(784, 30))
        .push(ReLU::new())
        .push(Linear::new(30, 10));
    let mut optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
    let x = Tensor::rand([64, 784]);
    let target = Tensor::from_vec((0..64i64).map(|i| i % 10).collect(), [64]);
    let loss = loss::cross_entropy(&model.forward(x, Mode::Train), &target);
    loss.backward();
    optimizer.step();
    println!("{}", loss.item());
}
