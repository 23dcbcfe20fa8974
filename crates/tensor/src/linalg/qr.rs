//! Orthogonal triangularisation by Householder reflections, and least squares by it.

use faer::dyn_stack::MemStack;
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch as apply_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj as apply,
};
use faer::linalg::qr::{col_pivoting, no_pivoting};
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Conj, Mat};

use super::matrix::{Entry, PAR, product, read, rows, scratch};
use super::subject::Subject;
use crate::{Element, Result};

/// The reduced factors of A = Q R, with k the smaller extent of A.
pub(super) struct Qr<T> {
    /// rows by k, its columns orthonormal.
    pub(super) q: Vec<T>,
    /// k by columns, upper triangular.
    pub(super) r: Vec<T>,
}

/// The reduced QR factors of the `m` by `n` matrix of row-major `values`.
pub(super) fn qr<T: Entry>(subject: Subject, values: &[T], m: usize, n: usize) -> Result<Qr<T>> {
    let mut factors = read(subject, values, m, n)?;
    let k = m.min(n);
    let block = no_pivoting::factor::recommended_block_size::<T>(m, n);
    let mut coefficients = Mat::zeros(block, k);
    let size = no_pivoting::factor::qr_in_place_scratch::<T>(m, n, block, PAR, Default::default());
    no_pivoting::factor::qr_in_place(
        factors.as_mut(),
        coefficients.as_mut(),
        PAR,
        MemStack::new(&mut scratch(size)),
        Default::default(),
    );
    Ok(Qr {
        q: rows(thin_q(&factors, &coefficients).as_ref()),
        r: rows(thin_r(&factors).as_ref()),
    })
}

/// The first k columns of the product of the reflections below the diagonal of `factors`.
fn thin_q<T: Entry>(factors: &Mat<T>, coefficients: &Mat<T>) -> Mat<T> {
    let (m, k) = (factors.nrows(), coefficients.ncols());
    let mut q = Mat::identity(m, k);
    let size = apply_scratch::<T>(m, coefficients.nrows(), k);
    apply(
        factors.as_ref().subcols(0, k),
        coefficients.as_ref(),
        Conj::No,
        q.as_mut(),
        PAR,
        MemStack::new(&mut scratch(size)),
    );
    q
}

/// The upper triangle of `factors`, without rows that are all zero.
fn thin_r<T: Entry>(factors: &Mat<T>) -> Mat<T> {
    let k = factors.nrows().min(factors.ncols());
    Mat::from_fn(k, factors.ncols(), |row, column| {
        if row <= column {
            factors[(row, column)]
        } else {
            <T as Element>::from_f64(0.0)
        }
    })
}

/// The X of smallest norm among those that minimise the norm of A X - B.
///
/// A is `m` by `n`, of full rank; B is `m` by `columns`, and X `n` by `columns`, row-major.
pub(super) fn least_squares<T: Entry>(
    subject: Subject,
    a: &[T],
    b: &[T],
    [m, n, columns]: [usize; 3],
) -> Result<Vec<T>> {
    let a = read(subject, a, m, n)?;
    let b = read(subject, b, m, columns)?;
    if m >= n {
        // A P = Q R, so X = P R^-1 Q' B.
        let factors = Pivoted::new(subject, a)?;
        let mut y = product(factors.q.transpose(), b.as_ref());
        solve_upper_triangular_in_place(factors.r.as_ref(), y.as_mut(), PAR);
        let back = factors.unpivoted();
        return Ok(rows(
            Mat::from_fn(n, columns, |row, column| y[(back[row], column)]).as_ref(),
        ));
    }
    // A' P = Q R, so A = P R' Q' and the shortest X is Q R'^-1 P' B.
    let factors = Pivoted::new(subject, a.transpose().to_owned())?;
    let mut y = Mat::from_fn(m, columns, |row, column| b[(factors.order[row], column)]);
    solve_lower_triangular_in_place(factors.r.transpose(), y.as_mut(), PAR);
    Ok(rows(product(factors.q.as_ref(), y.as_ref()).as_ref()))
}

/// A tall matrix of full rank as A P = Q R.
struct Pivoted<T> {
    q: Mat<T>,
    r: Mat<T>,
    /// The column of A that each column of R belongs to.
    order: Vec<usize>,
}

impl<T: Entry> Pivoted<T> {
    fn new(subject: Subject, mut factors: Mat<T>) -> Result<Self> {
        let (m, n) = (factors.nrows(), factors.ncols());
        let block = no_pivoting::factor::recommended_block_size::<T>(m, n);
        let mut coefficients = Mat::zeros(block, n);
        let (mut order, mut inverse) = (vec![0; n], vec![0; n]);
        let size = col_pivoting::factor::qr_in_place_scratch::<usize, T>(
            m,
            n,
            block,
            PAR,
            Default::default(),
        );
        col_pivoting::factor::qr_in_place(
            factors.as_mut(),
            coefficients.as_mut(),
            &mut order,
            &mut inverse,
            PAR,
            MemStack::new(&mut scratch(size)),
            Default::default(),
        );
        let diagonal = |at: usize| -> f64 { factors[(at, at)].into().abs() };
        // Pivoting sorts the diagonal, so what rounding alone would leave is at its end.
        let negligible = if n == 0 {
            0.0
        } else {
            diagonal(0) * T::EPSILON * m as f64
        };
        let rank = (0..n).take_while(|at| diagonal(*at) > negligible).count();
        if rank < n {
            return Err(subject.rank_deficient(rank, n));
        }
        Ok(Self {
            q: thin_q(&factors, &coefficients),
            r: thin_r(&factors),
            order,
        })
    }

    /// The column of R that each column of A belongs to.
    fn unpivoted(&self) -> Vec<usize> {
        let mut back = vec![0; self.order.len()];
        for (column, original) in self.order.iter().enumerate() {
            back[*original] = column;
        }
        back
    }
}
