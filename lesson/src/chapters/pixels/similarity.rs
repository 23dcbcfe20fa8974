//! Is a digit closer to the mean three or to the mean seven?

use std::time::Instant;

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: mnist_distance
pub fn mnist_distance(a: &Tensor, b: &Tensor) -> Tensor {
    (a - b).abs().mean_dim([-1, -2])
}
// ANCHOR_END: mnist_distance

/// The validation threes.
pub fn run(
    course: &mut Course<'_>,
    threes: &Tensor,
    sevens: &Tensor,
) -> Result<Tensor, Box<dyn Error>> {
    let (mean3, mean7) = (threes.mean_dim(0), sevens.mean_dim(0));
    let (valid_3, valid_7) = course.listing("validation", || {
        // ANCHOR: validation
        let valid = MnistSample::load()?.valid;
        let valid_3 = valid.threes().float() / 255.0;
        let valid_7 = valid.sevens().float() / 255.0;
        println!("{:?} {:?}", valid_3.shape(), valid_7.shape());
        // ANCHOR_END: validation
        Ok::<_, Box<dyn Error>>((valid_3, valid_7))
    })?;
    course.row(
        "P19",
        equal(course.line(0), "[1010, 28, 28] [1028, 28, 28]"),
    );

    course.listing("distance_of_all", || {
        let a_3 = threes.i(1);
        // ANCHOR: distance_of_all
        println!("{}", mnist_distance(&a_3, &mean3));
        let all = mnist_distance(&valid_3, &mean3);
        println!("{:?}", all.shape());
        println!("{}", all.i(..6));
        // ANCHOR_END: distance_of_all
    });
    course.row("P20", equal(course.line(0), "tensor(0.1114)"));
    course.row("P20", equal(course.line(1), "[1010]"));

    course.listing("is_3", || {
        let a_3 = threes.i(1);
        // ANCHOR: is_3
        let is_3 = |x: &Tensor| mnist_distance(x, &mean3).lt(mnist_distance(x, &mean7));
        println!("({}, {})", is_3(&a_3), is_3(&a_3).float());

        let accuracy_3s = is_3(&valid_3).float().mean();
        let accuracy_7s = (1.0 - is_3(&valid_7).float()).mean();
        println!("{accuracy_3s} {accuracy_7s}");
        println!("{}", (&accuracy_3s + &accuracy_7s) / 2);
        // ANCHOR_END: is_3
    });
    course.row("P24", equal(course.line(0), "(tensor(True), tensor(1.))"));
    course.row(
        "P25",
        equal(course.line(1), "tensor(0.9168) tensor(0.9854)"),
    );
    course.row("P25", equal(course.line(2), "tensor(0.9511)"));
    speed(course, &valid_3, &mean3);
    Ok(valid_3)
}

fn speed(course: &mut Course<'_>, valid_3: &Tensor, mean3: &Tensor) {
    let (ratio, worst) = course.measured("loop_or_call", || {
        // ANCHOR: loop_or_call
        let start = Instant::now();
        let mut by_loop = Vec::new();
        for picture in 0..50 {
            let mut sum = 0.0;
            for row in 0..28 {
                for column in 0..28 {
                    let pixel = valid_3.i((picture, row, column)).item();
                    sum += (pixel - mean3.i((row, column)).item()).abs();
                }
            }
            by_loop.push(sum / 784.0);
        }
        let looped = start.elapsed().as_secs_f64() / 50.0;

        let start = Instant::now();
        let by_call = mnist_distance(valid_3, mean3);
        let called = start.elapsed().as_secs_f64() / 1010.0;
        println!("element by element: {:8.2} us a picture", looped * 1e6);
        println!("all in one call:    {:8.2} us a picture", called * 1e6);
        // ANCHOR_END: loop_or_call
        let difference = by_call.i(..50) - Tensor::from_vec(by_loop, [50]).float();
        (looped / called, difference.abs().max().item())
    });
    course.row("P26", holds("the same distances", worst < 1e-6));
    course.row(
        "P26",
        holds("at least ten times as fast in one call", ratio >= 10.0),
    );
}
