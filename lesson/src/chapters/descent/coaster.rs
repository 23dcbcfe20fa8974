//! The roller coaster: a parabola fitted to its speed, in seven steps.

use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use crate::chapters::prelude::*;

// ANCHOR: f
fn f(t: &Tensor, params: &Tensor) -> Tensor {
    let (a, b, c) = (params.i(0), params.i(1), params.i(2));
    a * t.pow(2) + b * t + c
}

fn mse(predictions: &Tensor, targets: &Tensor) -> Tensor {
    (predictions - targets).pow(2).mean()
}
// ANCHOR_END: f

// ANCHOR: show_preds
fn show_preds(time: &Tensor, speed: &Tensor, preds: &Tensor) -> Figure {
    Figure::new()
        .scatter(time, speed)
        .scatter(time, preds)
        .color(Color::Red)
        .y_lim(-300.0, 100.0)
}
// ANCHOR_END: show_preds

// ANCHOR: apply_step
/// One step down; the predictions and the loss before it.
fn apply_step(params: &Tensor, time: &Tensor, speed: &Tensor) -> (Tensor, f64) {
    let preds = f(time, params);
    let loss = mse(&preds, speed);
    loss.backward();
    params.detach().sub_(1e-5 * params.grad().unwrap());
    params.zero_grad();
    (preds, loss.item())
}
// ANCHOR_END: apply_step

pub fn run(course: &mut Course<'_>) {
    let (mut torch, time, speed) = course.listing("speed", || {
        // ANCHOR: speed
        let mut torch = TorchGenerator::new(42);
        let time = Tensor::arange(20).float();
        let noise = with_generator(&mut torch, || Tensor::randn([20]));
        let speed = noise * 3 + 0.75 * (&time - 9.5).pow(2) + 1;
        println!("{speed}");
        Figure::new().scatter(&time, &speed).show();
        // ANCHOR_END: speed
        (torch, time, speed)
    });
    let printed = "tensor([74.4682, 59.6494, 45.8897, 26.3709, 21.4131, 19.4225, 12.5899, 10.7294,";
    course.row("G8", equal(course.line(0), printed));

    let params = course.listing("params", || {
        // ANCHOR: params
        let params = with_generator(&mut torch, || Tensor::randn([3])).requires_grad_();
        println!("{params}");
        // ANCHOR_END: params
        params
    });
    let printed = "tensor([-0.7658, -0.7506,  1.3525], requires_grad=True)";
    course.row("G10", equal(course.line(0), printed));

    course.listing("unpacked", || {
        // ANCHOR: unpacked
        let params = tensor([1.0, 2.0, 3.0]).requires_grad_();
        println!("{}", params.i(1));
        f(&tensor(2.0), &params).backward();
        println!("{}", params.grad().unwrap());
        // ANCHOR_END: unpacked
    });
    let printed = "tensor(2., grad_fn=<SelectBackward0>)\ntensor([4., 2., 1.])";
    course.row("G9", equal(course.text(), printed));

    // PyTorch's clone() is copy(): here a clone is another handle on the same tensor.
    let orig_params = params.copy();
    let origin = orig_params.grad_fn_name();
    course.row("G16", equal(origin.unwrap_or_default(), "CloneBackward0"));
    first_step(course, &time, &speed, &params);
    more_steps(course, &time, &speed, &params, &orig_params);
}

fn first_step(course: &mut Course<'_>, time: &Tensor, speed: &Tensor, params: &Tensor) {
    course.listing("predict", || {
        // ANCHOR: predict
        let preds = f(time, params);
        show_preds(time, speed, &preds).show();
        // ANCHOR_END: predict
    });
    let svg = course.picture().svg();
    let ends = matches!(y_ticks(&svg)[..], [("−300", _), .., ("100", _)]);
    let red = svg.matches("<circle").count() == 40 && red_marks(&svg, "circle") == 20;
    course.row("G11", holds("from -300 to 100", ends && red));

    let values = course.listing("first_step", || {
        // ANCHOR: first_step
        let loss = mse(&f(time, params), speed);
        println!("{loss}");
        loss.backward();
        let gradient = params.grad().unwrap();
        println!("{gradient}");

        let lr = 1e-5;
        params.detach().sub_(lr * &gradient);
        params.zero_grad();
        let after = mse(&f(time, params), speed);
        println!("{after}");
        // ANCHOR_END: first_step
        let mut values = vec![loss.item()];
        values.extend(gradient.to_vec::<f64>());
        values.push(after.item());
        values
    });
    let short = |value: f64| (value * 1e3).round() / 1e3;
    course.row("G12", close(short(values[0]), 25823.8098, 1e-6));
    for (got, expected) in values[1..4]
        .iter()
        .zip([-53195.8589, -3419.7146, -253.8908])
    {
        course.row("G13", close(short(*got), expected, 1e-6));
    }
    course.row("G14", close(short(values[4]), 5435.5371, 1e-6));
}

fn more_steps(
    course: &mut Course<'_>,
    time: &Tensor,
    speed: &Tensor,
    params: &Tensor,
    orig_params: &Tensor,
) {
    course.listing("ten_steps", || {
        // ANCHOR: ten_steps
        for _ in 0..10 {
            let (_, loss) = apply_step(params, time, speed);
            println!("{loss:.2}");
        }
        // ANCHOR_END: ten_steps
    });
    let losses = "5435.54 1577.45 847.38 709.22 683.08 678.12 677.18 677.00 676.96 676.95";
    course.row("G15", equal(course.text().replace('\n', " "), losses));

    let again = course.listing("start_over", || {
        // ANCHOR: start_over
        let params = orig_params.detach().requires_grad_();
        println!("{params}");
        let panels = (0..4).map(|_| {
            let (preds, loss) = apply_step(&params, time, speed);
            show_preds(time, speed, &preds).title(format!("loss {loss:.0}"))
        });
        Figure::grid(4, panels).figsize(12.0, 3.0).show();
        // ANCHOR_END: start_over
        params
    });
    course.row(
        "G16",
        equal(
            course.line(0),
            "tensor([-0.7658, -0.7506,  1.3525], requires_grad=True)",
        ),
    );
    course.row("G16", holds("a leaf again", again.is_leaf()));
    let svg = course.picture().svg();
    course.row(
        "G16",
        holds(
            "12 by 3 inches",
            svg.contains(r#"width="1200" height="300""#),
        ),
    );
}
