//! The error, its gradient, and steps down.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: errors
pub fn mae(predictions: &Tensor, actual: &Tensor) -> Tensor {
    (predictions - actual).abs().mean()
}

fn mse(predictions: &Tensor, actual: &Tensor) -> Tensor {
    (predictions - actual).pow(2).mean()
}
// ANCHOR_END: errors

// ANCHOR: quadratic
pub fn quadratic(params: &Tensor, x: &Tensor) -> Tensor {
    let (a, b, c) = (params.i(0), params.i(1), params.i(2));
    a * x.pow(2) + b * x + c
}
// ANCHOR_END: quadratic

// ANCHOR: descend
/// The loss before each step; `after` is what happens to the gradient then.
fn descend(
    abc: &Tensor,
    x: &Tensor,
    y: &Tensor,
    steps: usize,
    after: impl Fn(&Tensor),
) -> Vec<f64> {
    let mut losses = Vec::new();
    for _ in 0..steps {
        let loss = mae(&quadratic(abc, x), y);
        loss.backward();
        no_grad(|| abc.sub_(abc.grad().unwrap() * 0.01));
        after(abc);
        losses.push(loss.item());
    }
    losses
}
// ANCHOR_END: descend

pub fn run(course: &mut Course<'_>, x: &Tensor, y: &Tensor) {
    course.listing("errors_of", || {
        // ANCHOR: errors_of
        let (predictions, actual) = (tensor([1.0, 2.0, 4.0]), tensor([1.0, 4.0, 1.0]));
        println!(
            "{} {}",
            mae(&predictions, &actual),
            mse(&predictions, &actual)
        );
        println!(
            "{} {}",
            loss::l1_loss(&predictions, &actual),
            loss::mse_loss(&predictions, &actual)
        );
        // ANCHOR_END: errors_of
    });
    course.row(
        "F15",
        equal(course.line(0), "tensor(1.6667) tensor(4.3333)"),
    );
    course.row("F15", equal(course.line(1), course.line(0)));

    gradient(course, x, y);
    let leaf = course.listing("no_step", || {
        // ANCHOR: no_step
        let mut abc = tensor([1.1, 1.1, 1.1]).requires_grad_();
        println!("{}", refused(|| abc -= tensor([0.01, 0.0, 0.0])));
        // ANCHOR_END: no_step
        abc
    });
    course.row(
        "F20",
        names(&course.text(), &["leaf that requires grad", "no_grad"]),
    );
    course.row(
        "F20",
        holds("nothing changed", leaf.to_vec::<f32>() == [1.1; 3]),
    );

    ten_steps(course, x, y);
    many_steps(course, x, y);
}

fn gradient(course: &mut Course<'_>, x: &Tensor, y: &Tensor) {
    course.listing("quad_mae", || {
        // ANCHOR: quad_mae
        let quad_mae = |params: &Tensor| mae(&quadratic(params, x), y);
        println!("{}", quad_mae(&tensor([1.1, 1.1, 1.1])));
        // ANCHOR_END: quad_mae
    });
    course.row(
        "F16",
        equal(course.line(0), "tensor(2.4219, dtype=torch.float64)"),
    );

    course.listing("gradient", || {
        let quad_mae = |params: &Tensor| mae(&quadratic(params, x), y);
        // ANCHOR: gradient
        let abc = tensor([1.1, 1.1, 1.1]).requires_grad_();
        println!("{abc}");
        let loss = quad_mae(&abc);
        println!("{loss}");
        loss.backward();
        println!("{}", abc.grad().unwrap());
        no_grad(|| abc.sub_(abc.grad().unwrap() * 0.01));
        println!("loss={:.2}", quad_mae(&abc).item());
        // ANCHOR_END: gradient
    });
    let printed = "tensor([1.1000, 1.1000, 1.1000], requires_grad=True)";
    course.row("F17", equal(course.line(0), printed));
    let printed = "tensor(2.4219, dtype=torch.float64, grad_fn=<MeanBackward0>)";
    course.row("F18", equal(course.line(1), printed));
    course.row(
        "F19",
        equal(course.line(2), "tensor([-1.3529, -0.0316, -0.5000])"),
    );
    course.row("F20", equal(course.line(3), "loss=2.40"));
}

fn ten_steps(course: &mut Course<'_>, x: &Tensor, y: &Tensor) {
    course.listing("adding_up", || {
        // ANCHOR: adding_up
        let abc = tensor([1.1, 1.1, 1.1]).requires_grad_();
        descend(&abc, x, y, 1, |_| {}); // the step above, whose gradient stays
        for loss in descend(&abc, x, y, 10, |_| {}) {
            println!("{loss:.2}");
        }
        // ANCHOR_END: adding_up
    });
    let losses = course.text().replace('\n', " ");
    course.row(
        "F21",
        equal(losses, "2.40 2.36 2.30 2.21 2.11 1.98 1.85 1.72 1.58 1.46"),
    );

    course.listing("zeroing", || {
        // ANCHOR: zeroing
        let abc = tensor([1.1, 1.1, 1.1]).requires_grad_();
        for loss in descend(&abc, x, y, 10, |abc| abc.zero_grad()) {
            println!("{loss:.2}");
        }
        // ANCHOR_END: zeroing
    });
    let losses = course.text().replace('\n', " ");
    course.row(
        "F22",
        equal(losses, "2.42 2.40 2.38 2.36 2.34 2.32 2.30 2.28 2.26 2.23"),
    );
}

fn many_steps(course: &mut Course<'_>, x: &Tensor, y: &Tensor) {
    let (adding, least, worst) = course.listing("rising", || {
        // ANCHOR: rising
        let start = || tensor([1.1, 1.1, 1.1]).requires_grad_();
        let adding = descend(&start(), x, y, 80, |_| {});
        let zeroing = descend(&start(), x, y, 80, |abc| abc.zero_grad());
        let least = (0..80)
            .min_by(|&a, &b| adding[a].total_cmp(&adding[b]))
            .unwrap();
        let worst = adding[least..].iter().copied().fold(0.0, f64::max);
        println!("least at step {least}: {:.2}", adding[least]);
        println!("and up again to {worst:.2}");
        curves([("adding up", adding.clone()), ("zeroing", zeroing)])
            .x_label("step")
            .y_label("loss")
            .show();
        // ANCHOR_END: rising
        (adding, least, worst)
    });
    course.row("F23", holds("the least loss before step 60", least < 60));
    course.row(
        "F23",
        holds("half as much again after it", worst > 1.5 * adding[least]),
    );
}
