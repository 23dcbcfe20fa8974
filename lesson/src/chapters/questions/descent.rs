//! Questions 12 to 19: gradient descent.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: line
/// Points on a line, and its two numbers to be found.
fn line() -> (Tensor, Tensor, Tensor) {
    manual_seed(42);
    let x = Tensor::linspace(-1.0, 1.0, 64);
    let y = 3.0 * &x - 1.0;
    (x, y, Tensor::randn([2]).requires_grad_())
}

fn predict(p: &Tensor, x: &Tensor) -> Tensor {
    p.i(0) * x + p.i(1)
}
// ANCHOR_END: line

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("q12", || {
        // ANCHOR: q12
        let (x, y, p) = line();
        for _ in 0..100 {
            loss::mse_loss(&predict(&p, &x), &y).backward();
            no_grad(|| p.sub_(p.grad().unwrap() * 0.3));
            p.zero_grad();
        }
        println!("{:.3} {:.3}", p.i(0).item(), p.i(1).item());
        // ANCHOR_END: q12
    });
    course.listing("q13", || {
        // ANCHOR: q13
        let (x, y, p) = line();
        let gradient_of = |items: &[i64]| {
            let items = Tensor::from_slice(items, [items.len()]);
            let (x, y) = (x.index_select(0, &items), y.index_select(0, &items));
            let loss = loss::mse_loss(&predict(&p, &x), &y);
            grad(&loss, &[&p]).remove(0)
        };
        println!("all 64  {}", gradient_of(&(0..64).collect::<Vec<_>>()));
        println!(
            "every 8 {}",
            gradient_of(&(0..64).step_by(8).collect::<Vec<_>>())
        );
        println!("one     {}", gradient_of(&[5]));
        // ANCHOR_END: q13
    });
    course.listing("q14", || {
        // ANCHOR: q14
        seven_steps().show();
        // ANCHOR_END: q14
    });
    course.listing("q15", || {
        // ANCHOR: q15
        manual_seed(42);
        let by_hand = Tensor::randn([784, 1]).requires_grad_();
        let layer = Linear::new(784, 1);
        let spread = |x: &Tensor| x.detach().abs().max().item();
        println!("randn: up to {:.2}", spread(&by_hand));
        println!(
            "Linear: up to {:.4}, for 1 / sqrt(784) is {:.4}",
            spread(layer.weight.tensor()),
            1.0 / 28.0
        );
        // ANCHOR_END: q15
    });
    course.listing("q16", || {
        // ANCHOR: q16
        let (x, y, _) = line();
        let loss = |a: f64, b: f64| loss::mse_loss(&(a * &x + b), &y).item();
        println!(
            "far {:.3}, near {:.3}, there {:.3}",
            loss(0.0, 0.0),
            loss(2.5, -1.0),
            loss(3.0, -1.0)
        );
        // ANCHOR_END: q16
    });
    course.listing("q17", || {
        // ANCHOR: q17
        for lr in [0.01, 0.3, 1.2] {
            let (x, y, p) = line();
            for _ in 0..20 {
                loss::mse_loss(&predict(&p, &x), &y).backward();
                no_grad(|| p.sub_(p.grad().unwrap() * lr));
                p.zero_grad();
            }
            println!(
                "rate {lr}: loss {:.3}",
                loss::mse_loss(&predict(&p, &x), &y).item()
            );
        }
        // ANCHOR_END: q17
    });
    course.listing("q18", || {
        // ANCHOR: q18
        let f = |x: f64| x * x;
        let x = tensor(3.0).requires_grad_();
        x.pow(2).backward();
        println!(
            "rise over run {:.4}, gradient {}",
            (f(3.0001) - f(3.0)) / 0.0001,
            x.grad().unwrap().item()
        );
        // ANCHOR_END: q18
    });
    course.listing("q19", || {
        // ANCHOR: q19
        let x = tensor([0.5, 1.0]).requires_grad_();
        let y = (x.sin() * x.exp()).sigmoid().sum();
        y.backward(); // no formula of ours
        println!("{}", x.grad().unwrap());
        // ANCHOR_END: q19
    });
    Ok(())
}
