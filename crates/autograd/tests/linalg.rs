//! Gradients of linear algebra against finite differences, once and twice differentiated.

use hammerhead_autograd::{Autograd, GradCheck, Probe, gradcheck, gradgradcheck};
use hammerhead_tensor::{DType, Oracle, Tensor, linalg, manual_seed, with_device};

const EVERY_ELEMENT: GradCheck = GradCheck {
    probe: Probe::Elements,
    step: 1e-5,
    relative: 1e-5,
    absolute: 1e-6,
    seed: 3,
};

fn random(shape: &[usize]) -> Tensor {
    Tensor::normal(shape, 0.0, 1.0, DType::F64)
}

/// Random matrices whose singular values are neither small nor close to each other.
fn regular(shape: &[usize]) -> Tensor {
    let (rows, columns) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    let diagonal: Vec<f64> = (0..rows * columns)
        .map(|at| {
            if at / columns == at % columns {
                3.0 + 2.0 * (at % columns) as f64
            } else {
                0.0
            }
        })
        .collect();
    random(shape) * 0.5 + Tensor::from_vec(diagonal, [rows, columns])
}

#[track_caller]
fn check(f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Tensor]) {
    gradcheck(&f, inputs, EVERY_ELEMENT).unwrap();
    gradgradcheck(&f, inputs, GradCheck::default()).unwrap();
}

fn on_the_oracle(test: impl FnOnce()) {
    with_device(&Oracle::device(), || {
        manual_seed(11);
        test();
    });
}

#[test]
fn solve_and_inverse() {
    on_the_oracle(|| {
        let (a, b) = (regular(&[2, 3, 3]), random(&[2, 3, 2]));
        check(|x| linalg::solve(&x[0], &x[1]).unwrap(), &[a.clone(), b]);
        check(
            |x| linalg::solve(&x[0], &x[1]).unwrap(),
            &[a.clone(), random(&[3])],
        );
        check(|x| linalg::inverse(&x[0]).unwrap(), &[a]);
    });
}

#[test]
fn determinants() {
    on_the_oracle(|| {
        let a = regular(&[2, 3, 3]);
        check(|x| linalg::det(&x[0]).unwrap(), std::slice::from_ref(&a));
        check(|x| linalg::slogdet(&x[0]).unwrap().log_magnitude, &[a]);
    });
}

#[test]
fn least_squares_of_either_shape() {
    on_the_oracle(|| {
        for shape in [[4, 3], [3, 3], [3, 4]] {
            let (a, b) = (regular(&shape), random(&[shape[0], 2]));
            check(|x| linalg::least_squares(&x[0], &x[1]).unwrap(), &[a, b]);
        }
    });
}

#[test]
fn qr_factors() {
    on_the_oracle(|| {
        for shape in [[4, 3], [3, 3]] {
            check(|x| linalg::qr(&x[0]).unwrap().q, &[regular(&shape)]);
            check(|x| linalg::qr(&x[0]).unwrap().r, &[regular(&shape)]);
        }
    });
}

#[test]
fn singular_vectors_and_values() {
    on_the_oracle(|| {
        for shape in [[4, 3], [3, 3], [3, 4]] {
            check(|x| linalg::svd(&x[0]).unwrap().s, &[regular(&shape)]);
            // Of the vectors only what does not change with their common sign is a function.
            let squares = |x: &[Tensor]| linalg::svd(&x[0]).map(|f| (f.u.square(), f.vh.square()));
            check(|x| squares(x).unwrap().0, &[regular(&shape)]);
            check(|x| squares(x).unwrap().1, &[regular(&shape)]);
            let rotation = |x: &[Tensor]| linalg::svd(&x[0]).map(|f| f.u.matmul(&f.vh));
            check(|x| rotation(x).unwrap(), &[regular(&shape)]);
        }
    });
}

#[test]
fn eigenvectors_and_values() {
    on_the_oracle(|| {
        let a = regular(&[2, 3, 3]);
        check(
            |x| linalg::eigh(&x[0]).unwrap().values,
            std::slice::from_ref(&a),
        );
        check(|x| linalg::eigh(&x[0]).unwrap().vectors.square(), &[a]);
    });
}

#[test]
#[should_panic(expected = "linalg.qr: matrices of 2 rows and 3 columns have no gradient here")]
fn wide_qr_is_refused_by_name() {
    on_the_oracle(|| {
        let a = random(&[2, 3]).requires_grad_();
        linalg::qr(&a).unwrap().r.sum().backward();
    });
}
