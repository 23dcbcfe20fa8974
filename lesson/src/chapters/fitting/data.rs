//! The data: a quadratic under noise.

use hammerhead::prelude::*;
use hammerhead::tensor::display::torch_size;
use hammerhead::tensor::random::NumpyGenerator;

use super::functions::f;
use crate::chapters::prelude::*;

// ANCHOR: noise
fn noise(numpy: &mut NumpyGenerator, x: &Tensor, scale: f64) -> Tensor {
    Tensor::from_vec(numpy.normal(0.0, scale, x.numel()), x.shape())
}

fn add_noise(numpy: &mut NumpyGenerator, x: &Tensor, mult: f64, add: f64) -> Tensor {
    let scaled = x * (1 + noise(numpy, x, mult));
    scaled + noise(numpy, x, add)
}
// ANCHOR_END: noise

/// The data in a column: where, and how high.
pub fn run(course: &mut Course<'_>) -> (Tensor, Tensor) {
    course.listing("normal", || {
        // ANCHOR: normal
        let mut numpy = NumpyGenerator::new(42);
        let draws = numpy.normal(0.0, 0.3, 10);
        println!("{}", Tensor::from_vec(draws, [10]).numpy_repr());
        // ANCHOR_END: normal
    });
    let expected = "array([ 0.14901425, -0.04147929,  0.19430656,  0.45690896, -0.07024601,";
    course.row("F6", equal(course.line(0), expected));

    let x = course.listing("linspace", || {
        // ANCHOR: linspace
        let x = Tensor::linspace(-2.0, 2.0, 20);
        println!("{x}");
        println!("{}", torch_size(x.shape()));
        // ANCHOR_END: linspace
        x
    });
    course.row(
        "F8",
        equal(
            course.text(),
            "tensor([-2.0000, -1.7895, -1.5789, -1.3684, -1.1579, -0.9474, -0.7368, -0.5263,\n        \
             -0.3158, -0.1053,  0.1053,  0.3158,  0.5263,  0.7368,  0.9474,  1.1579,\n         \
             1.3684,  1.5789,  1.7895,  2.0000])\ntorch.Size([20])",
        ),
    );

    new_axis(course, &x);

    let (x, y) = course.listing("data", || {
        // ANCHOR: data
        let x = x.i((.., NewAxis));
        let mut numpy = NumpyGenerator::new(42);
        let y = add_noise(&mut numpy, &f(&x), 0.15, 1.5);
        println!("{}", y.i((..5, 0)));
        // ANCHOR_END: data
        (x, y)
    });
    let first = "tensor([11.8690,  6.5433,  5.9396,  2.6304,  1.7947], dtype=torch.float64)";
    course.row("F10", equal(course.line(0), first));
    course.row("F7", factors_first(&x));

    course.listing("scatter", || {
        // ANCHOR: scatter
        Figure::new().scatter(&x, &y).show();
        // ANCHOR_END: scatter
    });
    let column_svg = course.picture().svg();
    let row_svg = Figure::new().scatter(x.flat(), y.flat()).svg();
    course.row("F11", holds("the same picture", column_svg == row_svg));
    (x, y)
}

fn new_axis(course: &mut Course<'_>, x: &Tensor) {
    course.listing("new_axis", || {
        // ANCHOR: new_axis
        let column = x.i((.., NewAxis));
        println!("{:?} {:?}", x.shape(), column.shape());
        println!("shares memory: {}", column.shares_memory(x));
        println!("x - column: {:?}", (x - &column).shape());
        // ANCHOR_END: new_axis
    });
    course.row("F9", equal(course.line(0), "[20] [20, 1]"));
    course.row("F9", equal(course.line(1), "shares memory: true"));
    course.row("F9", equal(course.line(2), "x - column: [20, 20]"));

    course.listing("refused_shapes", || {
        // ANCHOR: refused_shapes
        let column = x.i((.., NewAxis));
        println!("{}", refused(|| loss::mse_loss(x, &column)));
        // ANCHOR_END: refused_shapes
    });
    course.row(
        "F9",
        names(&course.text(), &["[20]", "[20, 1]", "unsqueeze(1)"]),
    );
}

/// The same data by two calls of the generator: all factors, then all addends.
fn factors_first(x: &Tensor) -> crate::check::Outcome {
    let clean = f(x).double().to_vec::<f64>();
    let noisy = add_noise(&mut NumpyGenerator::new(42), &f(x), 0.15, 1.5);
    let mut numpy = NumpyGenerator::new(42);
    let (factors, addends) = (numpy.normal(0.0, 0.15, 20), numpy.normal(0.0, 1.5, 20));
    let expected: Vec<f64> = (0..20)
        .map(|i| clean[i] * (1.0 + factors[i]) + addends[i])
        .collect();
    holds(
        "20 factors, then 20 addends",
        noisy.to_vec::<f64>() == expected,
    )
}
