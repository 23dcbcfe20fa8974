//! Data, gradients, copies, and changes in place.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) {
    course.listing("data", || {
        // ANCHOR: data
        let x = tensor([1.0, 2.0]).requires_grad_();
        let y = (&x * 3.0).sum();
        println!("{}", y.item());
        y.backward();
        println!("{}", x.grad().unwrap());

        x.detach().mul_(10.0); // the same elements, unseen by gradients
        println!("{x}");
        x.grad().unwrap().zero_();
        println!("{}", x.grad().unwrap());

        let other = x.copy();
        println!(
            "{} {}",
            other.shares_memory(&x),
            x.detach().shares_memory(&x)
        );
        println!("{}", tensor([1.0, 4.0]).add_(3.0).sqrt_().neg_());
        // ANCHOR_END: data
    });
    let printed = [
        "9",
        "tensor([3., 3.])",
        "tensor([10., 20.], requires_grad=True)",
        "tensor([0., 0.])",
        "false true",
        "tensor([-2.0000, -2.6458])",
    ];
    course.row("G18", equal(course.text(), printed.join("\n")));

    course.listing("leaf", || {
        // ANCHOR: leaf
        let weights = tensor([[1.0], [2.0]]).requires_grad_();
        println!("{}", refused(|| weights.i(0).mul_(1.5).clone()));
        no_grad(|| weights.i(0).mul_(1.5).clone());
        println!("{weights}");
        // ANCHOR_END: leaf
    });
    course.row(
        "G19",
        names(
            &course.line(0),
            &["mul_", "view of a leaf that requires grad"],
        ),
    );
    let printed = "tensor([[1.5000],\n        [2.0000]], requires_grad=True)";
    let rest = course
        .text()
        .split_once('\n')
        .map(|(_, rest)| rest.to_owned());
    course.row("G19", equal(rest.unwrap_or_default(), printed));
}
