//! The non-linearity: rows N1 to N6.

use hammerhead::nn::models::simple_net;
use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use super::linear::learner;
use super::loss::{Digits, init_params};
use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "deeper",
    title: "The non-linearity",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let digits = Digits::load()?;
    by_hand(course, &digits);

    course.listing("relu", || {
        // ANCHOR: relu
        plot_function(Tensor::relu, ("x", "relu(x)")).show();
        // ANCHOR_END: relu
    });
    let svg = course.picture().svg();
    course.row(
        "N2",
        holds("relu(x) at the axis", svg.contains(">relu(x)<")),
    );

    course.listing("sequential", || {
        // ANCHOR: sequential
        let simple_net = Sequential::new()
            .push(Linear::new(28 * 28, 30))
            .push(ReLU::new())
            .push(Linear::new(30, 1));
        println!("{simple_net}");
        println!("{}", simple_net.num_parameters());
        // ANCHOR_END: sequential
    });
    let printed = "Sequential(\n  (0): Linear(in_features=784, out_features=30, bias=True)\n  (1): ReLU()\n  \
                   (2): Linear(in_features=30, out_features=1, bias=True)\n)\n23581";
    course.row("N3", equal(course.text(), printed));
    let x = tensor([-1.0, 0.0, 2.0]);
    let module = ReLU::new().forward(x.clone(), Mode::Eval);
    course.row("N3", equal(module, x.relu()));
    fit(course, &digits)
}

fn by_hand(course: &mut Course<'_>, digits: &Digits) {
    let count = course.listing("simple_net", || {
        // ANCHOR: simple_net
        let mut torch = TorchGenerator::new(42);
        let w1 = init_params(&mut torch, &[28 * 28, 30], 1.0);
        let b1 = init_params(&mut torch, &[30], 1.0);
        let w2 = init_params(&mut torch, &[30, 1], 1.0);
        let b2 = init_params(&mut torch, &[1], 1.0);

        let simple_net = |xb: &Tensor| {
            let res = xb.matmul(&w1) + &b1;
            let res = res.maximum(&tensor(0.0));
            res.matmul(&w2) + &b2
        };
        println!("{:?}", simple_net(&digits.train_x.i(..4)).shape());
        let count: usize = [&w1, &b1, &w2, &b2].iter().map(|p| p.numel()).sum();
        println!("{count}");
        // ANCHOR_END: simple_net
        count
    });
    course.row("N1", equal(course.line(0), "[4, 1]"));
    course.row("N1", equal(count, 23_581));
    let x = tensor([-1.0, 0.0, 2.0]);
    course.row("N1", equal(x.maximum(&tensor(0.0)), x.relu()));
}

fn fit(course: &mut Course<'_>, digits: &Digits) -> Result<(), Box<dyn Error>> {
    let learn = course.listing("fit", || {
        // ANCHOR: fit
        // The generator goes on where the linear model's draws ended.
        let mut torch = TorchGenerator::new(42);
        with_generator(&mut torch, || Linear::new(28 * 28, 1));
        let model = with_generator(&mut torch, || simple_net(28 * 28, 30, 1));
        let mut learn = learner(digits, model, 0.1);
        learn.fit(40, 0.1)?;
        // ANCHOR_END: fit
        Ok::<_, Box<dyn Error>>(learn)
    })?;
    let six = |value: f64| (value * 1e6).round() / 1e6;
    let rows = &learn.recorder.epochs;
    for (epoch, expected) in [
        (0, "(0.414786, 0.504907)"),
        (9, "(0.035868, 0.970559)"),
        (19, "(0.026072, 0.97792)"),
        (29, "(0.022556, 0.982336)"),
        (39, "(0.020764, 0.983317)"),
    ] {
        let loss = rows[epoch].valid_loss.unwrap_or(f64::NAN);
        let pair = (six(loss), six(rows[epoch].metrics[0]));
        course.row("N4", equal(format!("{pair:?}"), expected));
    }
    course.row("N4", within(six(rows[39].metrics[0]), 0.982826, 0.003));

    course.listing("recorder", || {
        // ANCHOR: recorder
        let accuracy = learn
            .recorder
            .metric("batch_accuracy")
            .expect("it was measured");
        Figure::new()
            .curve(&accuracy)
            .x_label("epoch")
            .y_label("accuracy")
            .show();
        let last = learn.recorder.last_values().expect("an epoch");
        println!("{}", last[2]);
        // ANCHOR_END: recorder
    });
    let last: f64 = course.line(0).parse()?;
    course.row("N6", within(last, 0.982826292514801, 0.003));
    let points = course.picture().svg().contains("<polyline");
    course.row("N6", holds("a curve of the accuracies", points));
    Ok(())
}
