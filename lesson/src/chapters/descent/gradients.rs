//! What `backward` leaves, and when it refuses.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) {
    course.listing("square", || {
        // ANCHOR: square
        plot_function(|x| x.pow(2), ("x", "x**2"))
            .point(-1.5, 2.25)
            .color(Color::Red)
            .show();
        // ANCHOR_END: square
    });
    let dots = course.picture().svg().matches("<circle").count();
    course.row("G2", equal(dots, 1));

    course.listing("number", || {
        // ANCHOR: number
        let f = |x: &Tensor| x.pow(2);
        let xt = tensor(3.0).requires_grad_();
        let yt = f(&xt);
        println!("{yt}");
        yt.backward();
        println!("{}", xt.grad().unwrap());
        // ANCHOR_END: number
    });
    course.row(
        "G3",
        equal(course.line(0), "tensor(9., grad_fn=<PowBackward0>)"),
    );
    course.row("G4", equal(course.line(1), "tensor(6.)"));

    course.listing("vector", || {
        // ANCHOR: vector
        let xt = tensor([3.0, 4.0, 10.0]).requires_grad_();
        println!("{xt}");
        let yt = xt.pow(2).sum();
        println!("{yt}");
        yt.backward();
        println!("{}", xt.grad().unwrap());
        // ANCHOR_END: vector
    });
    let printed = [
        "tensor([ 3.,  4., 10.], requires_grad=True)",
        "tensor(125., grad_fn=<SumBackward0>)",
        "tensor([ 6.,  8., 20.])",
    ];
    course.row("G5", equal(course.text(), printed.join("\n")));

    course.listing("integers", || {
        // ANCHOR: integers
        println!("{}", refused(|| tensor([3, 4, 10]).requires_grad_()));
        // ANCHOR_END: integers
    });
    course.row(
        "G6",
        names(&course.text(), &["int64", "only floating", "to_dtype"]),
    );

    course.listing("errors", || {
        // ANCHOR: errors
        let xt = tensor([3.0, 4.0, 10.0]).requires_grad_();
        println!("{}", refused(|| xt.pow(2).backward()));

        let yt = xt.pow(2).sum();
        yt.backward();
        println!("{}", refused(|| yt.backward()));

        println!("{}", refused(|| tensor([3.0, 4.0]).sum().backward()));
        // ANCHOR_END: errors
    });
    course.row(
        "G7",
        names(&course.line(0), &["only a tensor of one element"]),
    );
    course.row(
        "G7",
        names(&course.line(1), &["freed by an earlier backward"]),
    );
    course.row("G7", names(&course.line(2), &["has no gradient history"]));

    course.listing("adding_up", || {
        // ANCHOR: adding_up
        let weights = tensor([1.0, 2.0]).requires_grad_();
        let calc_grad = || (&weights * tensor([3.0, 5.0])).sum().backward();
        calc_grad();
        println!("{}", weights.grad().unwrap());
        calc_grad();
        println!("{}", weights.grad().unwrap());
        weights.grad().unwrap().zero_();
        calc_grad();
        println!("{}", weights.grad().unwrap());
        // ANCHOR_END: adding_up
    });
    let printed = ["tensor([3., 5.])", "tensor([ 6., 10.])", "tensor([3., 5.])"];
    course.row("G20", equal(course.text(), printed.join("\n")));
}
