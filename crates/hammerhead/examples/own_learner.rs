//! A training loop of one's own. `cargo run --release --example own_learner`

use hammerhead::prelude::*;

/// Model, data, loss and optimiser, and the loop over them.
struct OwnLearner<M, F> {
    model: M,
    optimizer: Optimizer<Sgd>,
    loss: F,
    train: DataLoader<(Tensor, Tensor)>,
    valid: DataLoader<(Tensor, Tensor)>,
}

impl<M: Module, F: Fn(&Tensor, &Tensor) -> Tensor> OwnLearner<M, F> {
    fn fit(&mut self, epochs: u64) -> Result<(), Box<dyn std::error::Error>> {
        for epoch in 0..epochs {
            let mut losses = Vec::new();
            for batch in self.train.epoch(epoch) {
                let (x, y) = batch?;
                let loss = (self.loss)(&self.model.forward(x, Mode::Train), &y);
                loss.backward();
                self.optimizer.step();
                self.optimizer.zero_grad();
                losses.push(loss.item());
            }
            let mean = losses.iter().sum::<f64>() / losses.len() as f64;
            let right = 100.0 * self.validate()?;
            println!("epoch {epoch}: loss {mean:.4}, {right:.2} % right");
        }
        Ok(())
    }

    fn validate(&self) -> Result<f64, Box<dyn std::error::Error>> {
        let (mut right, mut all) = (0.0, 0);
        for batch in self.valid.epoch(0) {
            let (x, y) = batch?;
            let scores = no_grad(|| self.model.forward(x, Mode::Eval));
            right += scores.argmax_dim(-1).eq(&y).float().sum().item();
            all += y.numel();
        }
        Ok(right / all as f64)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    manual_seed(42);
    let digits = Mnist::load()?;
    let model = models::mlp(&[784, 64, 10]);
    let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1).momentum(0.9));
    let mut learner = OwnLearner {
        model,
        optimizer,
        loss: loss::cross_entropy,
        train: DataLoader::new(digits.train)
            .batch_size(128)
            .shuffle(Shuffle::Seeded(42)),
        valid: DataLoader::new(digits.test).batch_size(1000),
    };
    learner.fit(3)
}
