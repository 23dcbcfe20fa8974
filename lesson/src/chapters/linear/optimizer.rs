//! `Linear`, an optimiser of our own, and the library's.

use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use crate::chapters::loss::{mnist_loss, validate_epoch};
use crate::chapters::prelude::*;

type Batches = DataLoader<(Tensor, Tensor)>;

// ANCHOR: basic_optim
struct BasicOptim {
    params: Vec<Parameter>,
    lr: f64,
}

impl BasicOptim {
    fn step(&self) {
        for p in &self.params {
            p.detach().sub_(p.grad().unwrap() * self.lr);
        }
    }

    fn zero_grad(&self) {
        for p in &self.params {
            p.zero_grad();
        }
    }
}
// ANCHOR_END: basic_optim

// ANCHOR: train_model
/// The accuracy after each epoch; `step` moves the parameters and clears their gradients.
fn train_model(
    model: &Linear,
    epochs: usize,
    dl: &Batches,
    valid_dl: &Batches,
    mut step: impl FnMut(),
) -> Result<Vec<f64>, Box<dyn Error>> {
    let forward = |xb: &Tensor| model.forward(xb.clone(), Mode::Train);
    let mut path = Vec::new();
    for _ in 0..epochs {
        for batch in dl.epoch(0) {
            let (xb, yb) = batch?;
            mnist_loss(&forward(&xb), &yb).backward();
            step();
        }
        path.push(validate_epoch(&forward, valid_dl)?);
    }
    Ok(path)
}
// ANCHOR_END: train_model

pub fn run(
    course: &mut Course<'_>,
    dl: &Batches,
    valid_dl: &Batches,
) -> Result<(), Box<dyn Error>> {
    let params = course.listing("linear_model", || {
        // ANCHOR: linear_model
        let mut torch = TorchGenerator::new(42);
        let linear_model = with_generator(&mut torch, || Linear::new(28 * 28, 1));
        let params = linear_model.parameters();
        let [w, b] = &params[..] else {
            panic!("a weight and a bias")
        };
        println!("{:?} {:?}", w.shape(), b.shape());
        println!("{:.4} {:.4}", w.detach().abs().max(), 1.0 / 784f64.sqrt());
        // ANCHOR_END: linear_model
        params
    });
    course.row("L18", equal(course.line(0), "[1, 784] [1]"));
    let bound = 1.0 / 784f64.sqrt();
    let bounded = params
        .iter()
        .all(|p| p.detach().abs().max().item() <= bound);
    course.row("L18", holds("all within 1/28", bounded));

    let by_hand = course.listing("with_basic_optim", || {
        // ANCHOR: with_basic_optim
        let mut torch = TorchGenerator::new(42);
        let linear_model = with_generator(&mut torch, || Linear::new(28 * 28, 1));
        let opt = BasicOptim {
            params: linear_model.parameters(),
            lr: 1.0,
        };
        let path = train_model(&linear_model, 20, dl, valid_dl, || {
            opt.step();
            opt.zero_grad();
        })?;
        println!("{path:?}");
        // ANCHOR_END: with_basic_optim
        Ok::<_, Box<dyn Error>>(path)
    })?;
    let moved = step_of_two();
    course.row(
        "L19",
        equal(moved, "tensor([0.9000, 1.6000], requires_grad=True)"),
    );
    course.row("L22", equal(by_hand[0], 0.4932));
    course.row("L20", equal(by_hand[0], 0.4932));
    course.row("L20", within(by_hand[19], 0.9785, 0.003));

    let with_sgd = course.listing("with_sgd", || {
        // ANCHOR: with_sgd
        let mut torch = TorchGenerator::new(42);
        let linear_model = with_generator(&mut torch, || Linear::new(28 * 28, 1));
        let mut opt = Optimizer::new(linear_model.named_parameters(), Sgd::new(1.0));
        let path = train_model(&linear_model, 20, dl, valid_dl, || {
            opt.step();
            opt.zero_grad();
        })?;
        println!("{path:?}");
        // ANCHOR_END: with_sgd
        Ok::<_, Box<dyn Error>>(path)
    })?;
    course.row("L21", within(with_sgd[19], 0.9785, 0.003));
    course.row(
        "L21",
        holds("the path of the one by hand", with_sgd == by_hand),
    );
    Ok(())
}

/// What the optimiser makes of 1 and 2 where the loss is their squares' sum.
fn step_of_two() -> Tensor {
    let p = Parameter::new(tensor([1.0, 2.0]));
    let opt = BasicOptim {
        params: vec![p.clone()],
        lr: 0.05,
    };
    (p.tensor() * tensor([2.0, 8.0])).sum().backward();
    opt.step();
    opt.zero_grad();
    assert!(p.grad().is_none(), "the gradient is cleared");
    p.tensor().clone()
}
