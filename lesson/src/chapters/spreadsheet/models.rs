//! A line of sums of products, then two of them cut off at zero.

use hammerhead::prelude::*;
use hammerhead::tensor::linalg;
use hammerhead::tensor::random::CounterGenerator;

use crate::chapters::prelude::*;

// ANCHOR: descend
/// Gradient descent with momentum on all passengers at once; the loss that it ends at.
fn descend(params: &Tensor, lr: f64, steps: usize, loss: impl Fn(&Tensor) -> Tensor) -> f64 {
    let mut opt = Optimizer::new([("params", params.clone())], Sgd::new(lr).momentum(0.9));
    for _ in 0..steps {
        opt.zero_grad();
        loss(params).backward();
        opt.step();
    }
    no_grad(|| loss(params).item())
}
// ANCHOR_END: descend

pub fn run(
    course: &mut Course<'_>,
    features: &Tensor,
    survived: &Tensor,
) -> Result<(), Box<dyn Error>> {
    products(course, features);
    linear(course, features, survived)?;
    two_relus(course, features, survived);
    Ok(())
}

fn products(course: &mut Course<'_>, features: &Tensor) {
    course.listing("products", || {
        // ANCHOR: products
        let a = tensor([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
        let b = tensor([[1.0, 3.0], [2.0, 4.0]]);
        println!("{}", a.matmul(&b));

        let params = Tensor::arange(20).float().reshape([10, 2]) / 10.0;
        let product = features.matmul(&params);
        let sums = [0, 1].map(|unit| (features * params.i((.., unit))).sum_dim(1));
        println!("{:.1e}", (product - stack(&sums, 1)).abs().max().item());
        // ANCHOR_END: products
    });
    let printed = "tensor([[ 9., 19.],\n        [12., 26.],\n        [15., 33.]])";
    course.row(
        "T5",
        holds("9, 19; 12, 26; 15, 33", course.text().starts_with(printed)),
    );
    let difference: f64 = course.line(3).parse().unwrap_or(f64::NAN);
    course.row("T5", holds("two sums of products", difference < 1e-5));
}

fn linear(
    course: &mut Course<'_>,
    features: &Tensor,
    survived: &Tensor,
) -> Result<(), Box<dyn Error>> {
    let (descended, exact) = course.listing("linear", || {
        // ANCHOR: linear
        let loss = |params: &Tensor| (features.matmul(params) - survived).pow(2).mean();
        let params = Tensor::zeros([10, 1]).requires_grad_();
        let descended = descend(&params, 0.1, 3000, loss);
        println!("by gradient descent {descended:.5}");

        let best = linalg::least_squares(&features.double(), &survived.double())?;
        let exact = loss(&best).item();
        println!("by least squares    {exact:.7}");
        // ANCHOR_END: linear
        Ok::<_, Box<dyn Error>>((descended, exact))
    })?;
    let short = |value: f64| (value * 1e7).round() / 1e7;
    course.row("T3", equal(short(exact), 0.1442271));
    course.row("T3", at_most(short(descended), 0.1443));
    course.row("T6", at_most(short(descended), 0.1443));
    Ok(())
}

fn two_relus(course: &mut Course<'_>, features: &Tensor, survived: &Tensor) {
    let losses = course.listing("two_relus", || {
        // ANCHOR: two_relus
        let predict = |params: &Tensor| features.matmul(params).relu().sum_dim(1).unsqueeze(1);
        let loss = |params: &Tensor| (predict(params) - survived).pow(2).mean();
        let losses: Vec<f64> = (0..10)
            .map(|seed| {
                let mut generator = CounterGenerator::new(seed);
                let start = with_generator(&mut generator, || Tensor::rand([10, 2]) - 0.5);
                let loss = descend(&start.requires_grad_(), 0.02, 5000, loss);
                println!("seed {seed}: {loss:.5}");
                loss
            })
            .collect();
        // ANCHOR_END: two_relus
        losses
    });
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let best = (best * 1e5).round() / 1e5;
    course.row("T4", at_most(best, 0.1432));
    course.row("T6", at_most(best, 0.1432));
    course.row("T6", equal(losses.len(), 10));
}
