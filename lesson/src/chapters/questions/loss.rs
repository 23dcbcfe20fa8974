//! Questions 20 to 24: losses, metrics, batches.

use hammerhead::plot::FunctionPlot;
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("q20", || {
        // ANCHOR: q20
        let (x, is_three) = (tensor([0.2, 0.9, -0.4]), tensor([1.0, 1.0, 0.0]));
        let accuracy = |w: f64| (&x * w).gt(0.0).float().eq(&is_three).float().mean().item();
        let loss = |w: f64| loss::mnist_loss(&(&x * w), &is_three).item();
        println!("accuracy {} {}", accuracy(1.0), accuracy(1.01));
        println!("loss     {:.5} {:.5}", loss(1.0), loss(1.01));
        // ANCHOR_END: q20
    });
    course.listing("q21", || {
        // ANCHOR: q21
        let labels = FunctionPlot::from(("x", "sigmoid(x)"));
        plot_function(Tensor::sigmoid, labels.range(-4.0, 4.0)).show();
        println!("{}", tensor([-4.0, -1.0, 0.0, 1.0, 4.0]).sigmoid());
        // ANCHOR_END: q21
    });
    course.listing("q22", || {
        // ANCHOR: q22
        let (predictions, targets) = (
            tensor([[2.0, 1.0], [0.1, 0.2], [3.0, 0.0]]),
            tensor([0, 1, 1]),
        );
        let loss = loss::cross_entropy(&predictions, &targets);
        let accuracy = predictions.argmax_dim(1).eq(&targets).float().mean();
        println!(
            "for the machine {:.4}, for people {:.4}",
            loss.item(),
            accuracy.item()
        );
        // ANCHOR_END: q22
    });
    course.listing("q23", || {
        // ANCHOR: q23
        let (weight, gradient, lr) = (2.0, 0.5, 0.1);
        println!("{}", weight - gradient * lr);
        // ANCHOR_END: q23
    });
    course.listing("q24", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: q24
        let loader = DataLoader::new((0..10).collect::<Vec<i64>>())
            .batch_size(4)
            .shuffle(Shuffle::Seeded(42));
        for batch in loader.epoch(0) {
            println!("{}", batch?);
        }
        // ANCHOR_END: q24
        Ok(())
    })
}
