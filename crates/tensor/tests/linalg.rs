//! Linear algebra on tensors: batches, broadcasting, devices, and what is refused.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{
    Cpu, DType, ErrorKind, Meta, Oracle, Tensor, linalg, with_device, with_threads,
};
use proptest::prelude::*;

fn devices() -> [DeviceRef; 2] {
    [Cpu::device(), Oracle::device()]
}

/// A tensor of `shape` in both precisions on every device, with what rounding may do to it.
fn in_every_form(values: &[f64], shape: &[usize], check: impl Fn(&Tensor, f64)) {
    for device in devices() {
        with_device(&device, || {
            let double = Tensor::from_slice(values, shape);
            check(&double, 1e-11);
            let single: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            check(&Tensor::from_slice(&single, shape), 1e-3);
        });
    }
}

fn assert_close(actual: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(actual.shape(), expected.shape());
    assert_eq!(actual.dtype(), expected.dtype());
    let (a, e): (Vec<f64>, Vec<f64>) = (actual.to_vec(), expected.to_vec());
    for (at, (a, e)) in a.iter().zip(&e).enumerate() {
        assert!((a - e).abs() <= tolerance, "element {at} is {a}, not {e}");
    }
}

/// Three 4 by 4 matrices that are far from singular.
fn regular(values: &[f64]) -> Vec<f64> {
    let stronger = |(at, value): (usize, &f64)| value + if at % 16 % 5 == 0 { 4.0 } else { 0.0 };
    values[..48].iter().enumerate().map(stronger).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_are_factored_matrix_by_matrix(values in prop::collection::vec(-1.0f64..1.0, 48)) {
        in_every_form(&values, &[2, 2, 4, 3], |a, tolerance| {
            let qr = linalg::qr(a).unwrap();
            assert_close(&qr.q.matmul(&qr.r), a, tolerance);
            let svd = linalg::svd(a).unwrap();
            assert_eq!(svd.s.shape(), [2, 2, 3]);
            assert_close(&(&svd.u * svd.s.unsqueeze(-2)).matmul(&svd.vh), a, tolerance);
            let square = a.transpose(-1, -2).matmul(a);
            let eigh = linalg::eigh(&square).unwrap();
            let stretched = &eigh.vectors * eigh.values.unsqueeze(-2);
            assert_close(&square.matmul(&eigh.vectors), &stretched, tolerance);
        });
    }

    #[test]
    fn systems_are_solved_with_batches_spread_out(
        values in prop::collection::vec(-1.0f64..1.0, 48),
        right in prop::collection::vec(-1.0f64..1.0, 16),
    ) {
        in_every_form(&regular(&values), &[3, 1, 4, 4], |a, tolerance| {
            let b = Tensor::from_slice(&right, [2, 4, 2]).to_dtype(a.dtype());
            let x = linalg::solve(a, &b).unwrap();
            assert_eq!(x.shape(), [3, 2, 4, 2]);
            assert_close(&a.matmul(&x), &b.expand([3, 2, 4, 2]), tolerance);
            assert_close(&linalg::least_squares(a, &b).unwrap(), &x, tolerance);
            let inverse = linalg::inverse(a).unwrap();
            assert_close(&inverse.matmul(&b), &x, tolerance);
            let log = linalg::slogdet(a).unwrap();
            assert_eq!(log.sign.shape(), [3, 1]);
            let det = linalg::det(a).unwrap();
            let ratio = log.sign * log.log_magnitude.exp() / &det;
            assert_close(&ratio, &det.ones_like(), tolerance);
        });
    }
}

#[test]
fn a_vector_is_one_right_side() {
    in_every_form(&[2.0, 0.0, 0.0, 4.0], &[2, 2], |a, tolerance| {
        let b = Tensor::from_slice(&[1.0, 1.0], [2]).to_dtype(a.dtype());
        let expected = Tensor::from_slice(&[0.5, 0.25], [2]).to_dtype(a.dtype());
        assert_close(&linalg::solve(a, &b).unwrap(), &expected, tolerance);
    });
}

#[test]
fn transposed_views_are_read_as_they_are() {
    in_every_form(&[1.0, 2.0, 3.0, 4.0], &[2, 2], |a, tolerance| {
        let expected = linalg::inverse(a).unwrap().t();
        assert_close(&linalg::inverse(&a.t()).unwrap(), &expected, tolerance);
    });
}

#[test]
fn one_singular_matrix_is_named() {
    let values = [1.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 4.0, 0.0, 0.0, 0.0, 0.0];
    in_every_form(&values, &[3, 2, 2], |a, _| {
        let error = linalg::inverse(a).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Numeric);
        assert_eq!(
            error.to_string(),
            "linalg.inverse: matrix 1 of the batch is singular, its pivot 1 is zero; \
             linalg::svd tells how far a matrix is from singular"
        );
        assert_eq!(linalg::det(a).unwrap().to_vec::<f64>(), [1.0, 0.0, 0.0]);
    });
}

#[test]
fn shapes_and_dtypes_that_do_not_fit_panic_with_both_sides() {
    let message = |f: &dyn Fn()| {
        let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    with_device(&Oracle::device(), || {
        let wide = Tensor::zeros([2, 3]);
        assert_eq!(
            message(&|| drop(linalg::inverse(&wide))),
            "linalg.inverse: takes square matrices, got 2 by 3 in shape [2, 3]"
        );
        assert_eq!(
            message(&|| drop(linalg::det(&Tensor::zeros_with([2, 2], DType::I64)))),
            "linalg.det: takes float32 or float64, not int64; convert with float() or double()"
        );
        assert_eq!(
            message(&|| drop(linalg::qr(&Tensor::zeros([3])))),
            "linalg.qr: takes matrices, in the last two dims, got shape [3]"
        );
        assert_eq!(
            message(&|| drop(linalg::solve(&Tensor::eye(2), &Tensor::zeros([3, 1])))),
            "linalg.solve: the right side has shape [3, 1], the matrix [2, 2]; \
             their rows must be equally many"
        );
    });
}

#[test]
fn shapes_are_known_without_values() {
    with_device(&Meta::device(), || {
        let svd = linalg::svd(&Tensor::zeros([5, 4, 3])).unwrap();
        assert_eq!(svd.u.shape(), [5, 4, 3]);
        assert_eq!(
            (svd.s.shape(), svd.vh.shape()),
            (&[5, 3][..], &[5, 3, 3][..])
        );
    });
}

#[test]
fn one_and_two_threads_factor_the_same() {
    let values: Vec<f64> = (0..32 * 400)
        .map(|at| f64::from((at * 7919 % 1009) as u16))
        .collect();
    let factor = |threads| {
        with_threads(threads, || {
            with_device(&Oracle::device(), || {
                let svd = linalg::svd(&Tensor::from_slice(&values, [32, 20, 20])).unwrap();
                (svd.u.to_vec::<f64>(), svd.s.to_vec::<f64>())
            })
        })
    };
    assert_eq!(factor(1), factor(2));
}
