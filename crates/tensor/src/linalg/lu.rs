//! Gaussian elimination with partial pivoting, and what follows from it.

use faer::dyn_stack::MemStack;
use faer::linalg::lu::partial_pivoting::{factor, inverse, solve};
use faer::perm::PermRef;
use faer::{Conj, Mat};

use super::matrix::{Entry, PAR, read, rows, scratch};
use super::subject::Subject;
use crate::{Element, Result};

/// A square matrix as a permutation, a unit lower and an upper triangle.
pub(super) struct Lu<T> {
    subject: Subject,
    /// Both triangles in one matrix.
    factors: Mat<T>,
    forward: Vec<usize>,
    backward: Vec<usize>,
    swaps: usize,
}

/// Sign and logarithm of a determinant's magnitude, which itself may be out of range.
pub(super) struct SignedLog {
    pub(super) sign: f64,
    pub(super) log_magnitude: f64,
}

impl<T: Entry> Lu<T> {
    /// Factors the `n` by `n` matrix of row-major `values`; a singular one is factored too.
    pub(super) fn new(subject: Subject, values: &[T], n: usize) -> Result<Self> {
        let mut factors = read(subject, values, n, n)?;
        let (mut forward, mut backward) = (vec![0; n], vec![0; n]);
        let size = factor::lu_in_place_scratch::<usize, T>(n, n, PAR, Default::default());
        let (info, _) = factor::lu_in_place(
            factors.as_mut(),
            &mut forward,
            &mut backward,
            PAR,
            MemStack::new(&mut scratch(size)),
            Default::default(),
        );
        Ok(Self {
            subject,
            factors,
            forward,
            backward,
            swaps: info.transposition_count,
        })
    }

    fn n(&self) -> usize {
        self.factors.nrows()
    }

    fn pivots(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.n()).map(|at| self.factors[(at, at)].into())
    }

    /// The first pivot that is zero; what elimination did after it has no meaning.
    fn vanishing_pivot(&self) -> Option<usize> {
        self.pivots().position(|pivot| pivot == 0.0)
    }

    fn check_regular(&self) -> Result<()> {
        match self.vanishing_pivot() {
            None => Ok(()),
            Some(pivot) => Err(self.subject.singular(pivot)),
        }
    }

    /// The solution X of A X = B, for B of `columns` columns.
    pub(super) fn solve(&self, values: &[T], columns: usize) -> Result<Vec<T>> {
        self.check_regular()?;
        let mut solution = read(self.subject, values, self.n(), columns)?;
        let size = solve::solve_in_place_scratch::<usize, T>(self.n(), columns, PAR);
        solve::solve_in_place_with_conj(
            self.factors.as_ref(),
            self.factors.as_ref(),
            PermRef::new_checked(&self.forward, &self.backward, self.n()),
            Conj::No,
            solution.as_mut(),
            PAR,
            MemStack::new(&mut scratch(size)),
        );
        Ok(rows(solution.as_ref()))
    }

    pub(super) fn inverse(&self) -> Result<Vec<T>> {
        self.check_regular()?;
        let mut result = Mat::zeros(self.n(), self.n());
        let size = inverse::inverse_scratch::<usize, T>(self.n(), PAR);
        inverse::inverse(
            result.as_mut(),
            self.factors.as_ref(),
            self.factors.as_ref(),
            PermRef::new_checked(&self.forward, &self.backward, self.n()),
            PAR,
            MemStack::new(&mut scratch(size)),
        );
        Ok(rows(result.as_ref()))
    }

    fn swap_sign(&self) -> f64 {
        if self.swaps.is_multiple_of(2) {
            1.0
        } else {
            -1.0
        }
    }

    pub(super) fn det(&self) -> T {
        let det = match self.vanishing_pivot() {
            None => self.swap_sign() * self.pivots().product::<f64>(),
            Some(_) => 0.0,
        };
        <T as Element>::from_f64(det)
    }

    /// Sign and logarithm of the determinant; 0 and minus infinity when it vanishes.
    pub(super) fn slogdet(&self) -> SignedLog {
        if self.vanishing_pivot().is_some() {
            return SignedLog {
                sign: 0.0,
                log_magnitude: f64::NEG_INFINITY,
            };
        }
        SignedLog {
            sign: self.swap_sign() * self.pivots().map(f64::signum).product::<f64>(),
            log_magnitude: self.pivots().map(|pivot| pivot.abs().ln()).sum(),
        }
    }
}
