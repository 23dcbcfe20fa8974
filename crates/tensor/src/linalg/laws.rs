//! Every factorisation multiplied back, on random matrices of many shapes.

use proptest::prelude::*;

use super::lu::Lu;
use super::matrix::Entry;
use super::qr::{least_squares, qr};
use super::spectral::{eigh, svd};
use super::subject::Subject;
use crate::Element;

const SUBJECT: Subject = Subject {
    operation: "law",
    matrix: None,
};

/// Row-major values for a matrix, at most 12 by 12.
fn matrices() -> impl Strategy<Value = (usize, usize, Vec<f64>)> {
    (1usize..12, 1usize..12).prop_flat_map(|(m, n)| {
        prop::collection::vec(-1.0f64..1.0, m * n).prop_map(move |values| (m, n, values))
    })
}

fn square(n: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.0f64..1.0, n * n)
}

fn narrow<T: Entry>(values: &[f64]) -> Vec<T> {
    values
        .iter()
        .map(|value| <T as Element>::from_f64(*value))
        .collect()
}

fn widen<T: Entry>(values: &[T]) -> Vec<f64> {
    values.iter().map(|value| (*value).into()).collect()
}

/// The `m` by `k` times `k` by `n` product.
fn times(a: &[f64], b: &[f64], [m, k, n]: [usize; 3]) -> Vec<f64> {
    let element =
        |row: usize, column: usize| (0..k).map(|at| a[row * k + at] * b[at * n + column]).sum();
    (0..m * n).map(|at| element(at / n, at % n)).collect()
}

fn transposed(a: &[f64], m: usize, n: usize) -> Vec<f64> {
    (0..m * n).map(|at| a[at % m * n + at / m]).collect()
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|at| f64::from(at / n == at % n)).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).powi(2))
        .sum::<f64>()
        .sqrt()
}

/// What rounding may add up to in a matrix of extent `n`.
fn tolerance<T: Entry>(n: usize) -> f64 {
    30.0 * n as f64 * T::EPSILON
}

fn size(a: &[f64]) -> f64 {
    distance(a, &vec![0.0; a.len()])
}

fn check_qr<T: Entry>(m: usize, n: usize, values: &[f64]) -> Result<(), TestCaseError> {
    let a: Vec<T> = narrow(values);
    let (factors, k) = (qr(SUBJECT, &a, m, n).unwrap(), m.min(n));
    let (q, r) = (widen(&factors.q), widen(&factors.r));
    let tolerance = tolerance::<T>(m.max(n));
    prop_assert!(distance(&times(&q, &r, [m, k, n]), &widen(&a)) <= tolerance * size(&widen(&a)));
    let gram = times(&transposed(&q, m, k), &q, [k, m, k]);
    prop_assert!(distance(&gram, &identity(k)) <= tolerance);
    prop_assert!((0..k).all(|row| (0..row.min(n)).all(|column| r[row * n + column] == 0.0)));
    Ok(())
}

fn check_svd<T: Entry>(m: usize, n: usize, values: &[f64]) -> Result<(), TestCaseError> {
    let a: Vec<T> = narrow(values);
    let (factors, k) = (svd(SUBJECT, &a, m, n).unwrap(), m.min(n));
    let (u, s, vh) = (widen(&factors.u), widen(&factors.s), widen(&factors.vh));
    let tolerance = tolerance::<T>(m.max(n));
    prop_assert!(s.is_sorted_by(|a, b| a >= b) && s.iter().all(|value| *value >= 0.0));
    let scaled: Vec<f64> = u.iter().enumerate().map(|(at, u)| u * s[at % k]).collect();
    prop_assert!(
        distance(&times(&scaled, &vh, [m, k, n]), &widen(&a)) <= tolerance * size(&widen(&a))
    );
    let left = times(&transposed(&u, m, k), &u, [k, m, k]);
    let right = times(&vh, &transposed(&vh, k, n), [k, n, k]);
    prop_assert!(distance(&left, &identity(k)) <= tolerance);
    prop_assert!(distance(&right, &identity(k)) <= tolerance);
    Ok(())
}

fn check_eigh<T: Entry>(n: usize, values: &[f64]) -> Result<(), TestCaseError> {
    let mirrored: Vec<f64> = (0..n * n)
        .map(|at| values[(at / n).max(at % n) * n + (at / n).min(at % n)])
        .collect();
    let a: Vec<T> = narrow(values);
    let symmetric = widen(&narrow::<T>(&mirrored));
    let result = eigh(SUBJECT, &a, n).unwrap();
    let (eigenvalues, vectors) = (widen(&result.values), widen(&result.vectors));
    let tolerance = tolerance::<T>(n);
    prop_assert!(eigenvalues.is_sorted());
    let scaled: Vec<f64> = (0..n * n)
        .map(|at| vectors[at] * eigenvalues[at % n])
        .collect();
    let product = times(&symmetric, &vectors, [n, n, n]);
    prop_assert!(distance(&product, &scaled) <= tolerance * (1.0 + size(&symmetric)));
    let gram = times(&transposed(&vectors, n, n), &vectors, [n, n, n]);
    prop_assert!(distance(&gram, &identity(n)) <= tolerance);
    Ok(())
}

fn check_lu<T: Entry>(n: usize, columns: usize, a: &[f64], b: &[f64]) -> Result<(), TestCaseError> {
    let (a, b): (Vec<T>, Vec<T>) = (narrow(a), narrow(b));
    let lu = Lu::new(SUBJECT, &a, n).unwrap();
    prop_assume!(lu.det().into() != 0.0);
    let (a, b) = (widen(&a), widen(&b));
    let x = widen(&lu.solve(&narrow(&b), columns).unwrap());
    let inverse = widen(&lu.inverse().unwrap());
    // Backward stability bounds the residual by the solution's size, whatever the condition.
    let tolerance = tolerance::<T>(n) * size(&a);
    prop_assert!(distance(&times(&a, &x, [n, n, columns]), &b) <= tolerance * (1.0 + size(&x)));
    let product = times(&a, &inverse, [n, n, n]);
    prop_assert!(distance(&product, &identity(n)) <= tolerance * (1.0 + size(&inverse)));
    let log = lu.slogdet();
    let det: f64 = lu.det().into();
    prop_assert!((log.sign * log.log_magnitude.exp() - det).abs() <= 1e-5 * det.abs());
    Ok(())
}

proptest! {
    #[test]
    fn qr_multiplies_back((m, n, values) in matrices()) {
        check_qr::<f64>(m, n, &values)?;
        check_qr::<f32>(m, n, &values)?;
    }

    #[test]
    fn svd_multiplies_back((m, n, values) in matrices()) {
        check_svd::<f64>(m, n, &values)?;
        check_svd::<f32>(m, n, &values)?;
    }

    #[test]
    fn eigenvectors_are_stretched((n, values) in (1usize..12).prop_flat_map(|n| (Just(n), square(n)))) {
        check_eigh::<f64>(n, &values)?;
        check_eigh::<f32>(n, &values)?;
    }

    #[test]
    fn solving_and_inverting_undo_multiplication(
        (n, columns, a, b) in (1usize..12, 1usize..5).prop_flat_map(|(n, columns)| {
            (Just(n), Just(columns), square(n), prop::collection::vec(-1.0f64..1.0, n * columns))
        })
    ) {
        check_lu::<f64>(n, columns, &a, &b)?;
        check_lu::<f32>(n, columns, &a, &b)?;
    }

    #[test]
    fn determinants_multiply(
        (n, a, b) in (1usize..7).prop_flat_map(|n| (Just(n), square(n), square(n)))
    ) {
        let det = |values: &[f64]| Lu::new(SUBJECT, values, n).unwrap().det();
        let product = det(&times(&a, &b, [n, n, n]));
        prop_assert!((product - det(&a) * det(&b)).abs() <= 1e-10);
    }

    #[test]
    fn the_residual_of_least_squares_is_orthogonal_and_the_answer_short(
        (m, n, a) in matrices(), b in prop::collection::vec(-1.0f64..1.0, 24),
    ) {
        let b = &b[..m.min(12) * 2];
        let Ok(x) = least_squares(SUBJECT, &a, b, [m, n, 2]) else { return Ok(()) };
        let residual: Vec<f64> =
            times(&a, &x, [m, n, 2]).iter().zip(b).map(|(ax, b)| ax - b).collect();
        let normal = times(&transposed(&a, m, n), &residual, [n, m, 2]);
        let scale = 1e-11 * (1.0 + size(&x)) * (1.0 + size(&a)).powi(2);
        prop_assert!(size(&normal) <= scale);
        // The shortest answer is made of the rows of A: nothing of it is orthogonal to all of them.
        let basis = svd(SUBJECT, &a, m, n).unwrap().vh;
        let k = m.min(n);
        let inside = times(&transposed(&basis, k, n), &times(&basis, &x, [k, n, 2]), [n, k, 2]);
        prop_assert!(distance(&inside, &x) <= 1e-11 * (1.0 + size(&x)));
    }
}

#[test]
fn what_has_no_answer_says_why() {
    let singular = [1.0, 2.0, 2.0, 4.0];
    let lu = Lu::new(SUBJECT, &singular, 2).unwrap();
    assert_eq!(lu.det(), 0.0);
    assert_eq!(
        (lu.slogdet().sign, lu.slogdet().log_magnitude),
        (0.0, f64::NEG_INFINITY)
    );
    let expected = "law: the matrix is singular, its pivot 1 is zero; \
                    linalg::svd tells how far a matrix is from singular";
    assert_eq!(lu.inverse().unwrap_err().to_string(), expected);
    assert_eq!(lu.solve(&[1.0, 1.0], 1).unwrap_err().to_string(), expected);
    assert_eq!(
        least_squares(SUBJECT, &singular, &[1.0, 1.0], [2, 2, 1])
            .unwrap_err()
            .to_string(),
        "law: the matrix has rank 1, but the answer needs 2; \
         drop or combine dependent columns, or build the answer from linalg::svd"
    );
    let third = Subject {
        matrix: Some(2),
        ..SUBJECT
    };
    assert_eq!(
        svd(third, &[1.0, 2.0, f64::NAN, 4.0], 2, 2)
            .err()
            .unwrap()
            .to_string(),
        "law: matrix 2 of the batch holds NaN in row 1, column 0"
    );
}

#[test]
fn empty_matrices_have_empty_answers() {
    let lu = Lu::<f64>::new(SUBJECT, &[], 0).unwrap();
    assert_eq!(lu.det(), 1.0);
    assert_eq!(lu.slogdet().log_magnitude, 0.0);
    assert!(lu.inverse().unwrap().is_empty());
    assert!(qr::<f32>(SUBJECT, &[], 0, 3).unwrap().r.is_empty());
    assert!(svd::<f32>(SUBJECT, &[], 3, 0).unwrap().s.is_empty());
    assert!(eigh::<f64>(SUBJECT, &[], 0).unwrap().values.is_empty());
}

#[test]
fn large_matrices_take_the_blocked_paths() {
    const N: usize = 200;
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    let a: Vec<f64> = (0..N * N).map(|_| next()).collect();
    check_qr::<f64>(N, N, &a).unwrap();
    check_svd::<f64>(N, N / 2, &a[..N * N / 2]).unwrap();
    check_eigh::<f64>(N, &a).unwrap();
    check_lu::<f64>(N, 3, &a, &a[..N * 3]).unwrap();
}
