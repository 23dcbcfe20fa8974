//! How many pictures make a step: one, some, all.

use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use crate::chapters::loss::{Digits, mnist_loss};
use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>, digits: &Digits) -> Result<(), Box<dyn Error>> {
    let ends = course.listing("batch_sizes", || {
        // ANCHOR: batch_sizes
        let order = with_generator(&mut TorchGenerator::new(42), || Tensor::randperm(12396));
        let x = digits.train_x.index_select(0, &order.i(..2000));
        let y = digits.train_y.index_select(0, &order.i(..2000));

        let mut ends = Vec::new();
        let lines = [(1, "one"), (50, "fifty"), (2000, "all 2,000")].map(|(size, name)| {
            let model = with_generator(&mut TorchGenerator::new(42), || Linear::new(784, 1));
            let mut opt = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
            let mut losses = Vec::new();
            // Forty steps each, whatever a step costs.
            for step in 0..40 {
                let from = step * size % 2000;
                let (xb, yb) = (x.i(from..from + size), y.i(from..from + size));
                let loss = mnist_loss(&model.forward(xb, Mode::Train), &yb);
                loss.backward();
                opt.step();
                opt.zero_grad();
                losses.push(loss.item());
            }
            let rises = losses.windows(2).filter(|pair| pair[1] > pair[0]).count();
            println!(
                "{name}: the loss rose at {rises} of 39 steps, and ends at {:.3}",
                losses[39]
            );
            ends.push((rises, size));
            (name, losses)
        });
        curves(lines)
            .x_label("step")
            .y_label("loss of the batch")
            .show();
        // ANCHOR_END: batch_sizes
        ends
    });
    let rises: Vec<usize> = ends.iter().map(|(rises, _)| *rises).collect();
    course.row(
        "L27",
        holds(
            "fewer pictures, a rougher path",
            rises[0] > rises[2] && rises[1] > rises[2],
        ),
    );
    course.row("L27", equal(rises[2], 0));
    Ok(())
}
