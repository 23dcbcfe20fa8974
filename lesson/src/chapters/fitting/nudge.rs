//! What a gradient is: move a parameter a little and look at the loss.

use hammerhead::autograd::GradCheck;
use hammerhead::prelude::*;

use super::descent::{mae, quadratic};
use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>, x: &Tensor, y: &Tensor) {
    let (slopes, gradient) = course.listing("nudge", || {
        // ANCHOR: nudge
        let (x, y) = (x.double(), y.double());
        let loss = |abc: &Tensor| mae(&quadratic(abc, &x), &y);
        let abc = tensor([1.1, 1.1, 1.1]).double().requires_grad_();
        loss(&abc).backward();
        let gradient = abc.grad().unwrap();

        let nudge = 1e-6;
        let slope = |i: usize| {
            let moved = abc.detach().copy();
            moved.i(i).add_(nudge);
            (loss(&moved).item() - loss(&abc).item()) / nudge
        };
        let slopes = [slope(0), slope(1), slope(2)];
        println!(
            "by nudging  {:.4} {:.4} {:.4}",
            slopes[0], slopes[1], slopes[2]
        );
        println!("by backward {gradient}");

        let outcome = gradcheck(|p| loss(&p[0]), &[abc.detach()], GradCheck::default());
        println!("gradcheck   {outcome:?}");
        // ANCHOR_END: nudge
        (slopes, gradient.to_vec::<f64>())
    });
    let near = slopes
        .iter()
        .zip(&gradient)
        .all(|(a, b)| (a - b).abs() < 1e-6);
    course.row(
        "F29",
        holds("the slopes are the gradient to six digits", near),
    );
    course.row("F29", equal(course.line(2), "gradcheck   Ok(())"));
}
