//! A loss that moves when a prediction does.

use hammerhead::plot::FunctionPlot;
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: mnist_loss
pub fn mnist_loss(predictions: &Tensor, targets: &Tensor) -> Tensor {
    let predictions = predictions.sigmoid();
    let distance = targets.eq(1).select_from(1.0 - &predictions, &predictions);
    distance.mean()
}
// ANCHOR_END: mnist_loss

pub fn run(course: &mut Course<'_>) {
    course.listing("distance", || {
        // ANCHOR: distance
        let trgts = tensor([1, 0, 1]);
        let distance = |prds: &Tensor| trgts.eq(1).select_from(1.0 - prds, prds);
        let prds = tensor([0.9, 0.4, 0.2]);
        println!("{}", distance(&prds));
        println!("{}", distance(&prds).mean());
        println!("{}", distance(&tensor([0.9, 0.4, 0.8])).mean());
        // ANCHOR_END: distance
    });
    course.row(
        "L8",
        equal(course.line(0), "tensor([0.1000, 0.4000, 0.8000])"),
    );
    let by_hand = [(1, 0.9), (0, 0.4), (1, 0.2)].map(|(t, p)| if t == 1 { 1.0 - p } else { p });
    course.row("L8", equal(tensor(by_hand), course.line(0)));
    course.row("L9", equal(course.line(1), "tensor(0.4333)"));
    course.row("L9", equal(course.line(2), "tensor(0.2333)"));

    course.listing("sigmoid", || {
        // ANCHOR: sigmoid
        let sigmoid = |x: &Tensor| 1.0 / (1.0 + (-x).exp());
        let x = tensor([-4.0, -2.0, 0.0, 2.0, 4.0]);
        println!("{}", sigmoid(&x));
        println!("{}", x.sigmoid());
        let range = FunctionPlot::from("Sigmoid").range(-4.0, 4.0);
        plot_function(Tensor::sigmoid, range).show();
        // ANCHOR_END: sigmoid
    });
    course.row("L10", equal(course.line(1), course.line(0)));
    let x = Tensor::linspace(-4.0, 4.0, 101);
    let worst = (x.sigmoid() - 1.0 / (1.0 + (-&x).exp())).abs().max().item();
    course.row("L10", holds("the same within 1e-6", worst < 1e-6));

    course.listing("loss_of_three", || {
        // ANCHOR: loss_of_three
        let (trgts, prds) = (tensor([1, 0, 1]), tensor([0.9, 0.4, 0.2]));
        println!("{}", mnist_loss(&prds, &trgts));
        println!("{}", loss::mnist_loss(&prds, &trgts));
        // ANCHOR_END: loss_of_three
    });
    course.row("L11", equal(course.line(0), "tensor(0.4460)"));
    course.row("L11", equal(course.line(1), course.line(0)));
}
