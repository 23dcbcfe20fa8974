//! Gradients of the operations, made of tensor operations so that they have gradients themselves.
//!
//! Derived by the rules of Giles, "An extended collection of matrix derivative results for forward
//! and reverse mode algorithmic differentiation" (2008); `g` is the gradient of a result.

use super::operation::Kind;
use super::{inverse, solve};
use crate::{Error, ErrorKind, Result, Tensor};

/// The gradients of all inputs.
pub(super) fn backward(
    kind: Kind,
    inputs: &[Tensor],
    outputs: &[Tensor],
    grads: &[Tensor],
) -> Result<Vec<Tensor>> {
    let (a, g) = (&inputs[0], &grads[0]);
    Ok(match kind {
        Kind::Solve => {
            let grad_b = solve(&t(a), g)?;
            vec![-grad_b.matmul(&t(&outputs[0])), grad_b]
        }
        Kind::LeastSquares => least_squares(a, &inputs[1], &outputs[0], g)?.into(),
        Kind::Inverse => {
            let y = t(&outputs[0]);
            vec![-y.matmul(g).matmul(&y)]
        }
        Kind::Det => vec![t(&inverse(a)?) * as_matrix(&(g * &outputs[0]))],
        Kind::SlogDet => vec![t(&inverse(a)?) * as_matrix(&grads[1])],
        Kind::Qr => vec![qr(&outputs[0], &outputs[1], g, &grads[1])?],
        Kind::Svd => vec![svd([&outputs[0], &outputs[1], &outputs[2]], grads)],
        Kind::Eigh => vec![eigh(&outputs[0], &outputs[1], g, &grads[1])],
    })
}

/// The matrices transposed.
fn t(x: &Tensor) -> Tensor {
    x.transpose(-2, -1)
}

/// A number for every matrix, to be multiplied with all of it.
fn as_matrix(x: &Tensor) -> Tensor {
    x.unsqueeze(-1).unsqueeze(-1)
}

/// A number for every column.
fn as_row(x: &Tensor) -> Tensor {
    x.unsqueeze(-2)
}

/// Of A and B, for X the answer: with M = A'A or AA', whichever is regular.
fn least_squares(a: &Tensor, b: &Tensor, x: &Tensor, g: &Tensor) -> Result<[Tensor; 2]> {
    let (m, n) = (a.size(-2), a.size(-1));
    if m >= n {
        // A'A X = A'B, so with Z = (A'A)^-1 g and the residual r: r Z' - (A Z) X'.
        let z = solve(&t(a).matmul(a), g)?;
        let grad_b = a.matmul(&z);
        let residual = b - a.matmul(x);
        return Ok([residual.matmul(&t(&z)) - grad_b.matmul(&t(x)), grad_b]);
    }
    // X = A'Y with AA'Y = B, so with H = (AA')^-1 A g: Y (g - A'H)' - H X'.
    let square = a.matmul(&t(a));
    let y = solve(&square, b)?;
    let grad_b = solve(&square, &a.matmul(g))?;
    let inside = g - t(a).matmul(&grad_b);
    Ok([y.matmul(&t(&inside)) - grad_b.matmul(&t(x)), grad_b])
}

fn qr(q: &Tensor, r: &Tensor, grad_q: &Tensor, grad_r: &Tensor) -> Result<Tensor> {
    let (k, n) = (r.size(-2), r.size(-1));
    if k < n {
        return Err(Error::new(
            ErrorKind::Numeric,
            format!(
                "linalg.qr: matrices of {k} rows and {n} columns have no gradient here; \
                 take the factors of the first {k} columns, or of the transpose"
            ),
        ));
    }
    let upper = (grad_r.matmul(&t(r)) - t(q).matmul(grad_q)).triu(0);
    let symmetric = &upper + t(&upper.triu(1));
    let inside = grad_q + q.matmul(&symmetric);
    // inside R'^-1 is the transpose of R^-1 inside'.
    Ok(t(&solve(r, &t(&inside))?))
}

/// The identity, as large as `x`'s last dim.
fn eye_like(x: &Tensor) -> Tensor {
    Tensor::eye(x.size(-1)).to(x.device()).to_dtype(x.dtype())
}

/// 1 / (x_j - x_i) at row i and column j, 0 on the diagonal.
fn inverse_gaps(x: &Tensor) -> Tensor {
    let gaps = as_row(x) - x.unsqueeze(-1);
    let diagonal = eye_like(x);
    // One on the diagonal before the division, nothing after it.
    (&gaps + &diagonal).reciprocal() * (1.0 - diagonal)
}

fn svd([u, s, vh]: [&Tensor; 3], grads: &[Tensor]) -> Tensor {
    let v = t(vh);
    let (grad_u, grad_s, grad_v) = (&grads[0], &grads[1], t(&grads[2]));
    let gaps = inverse_gaps(&(s * s));
    let skew = |x: Tensor| (&x - t(&x)) * &gaps;
    let left = skew(t(u).matmul(grad_u)) * as_row(s);
    let right = skew(t(&v).matmul(&grad_v)) * s.unsqueeze(-1);
    let diagonal = eye_like(s) * as_row(grad_s);
    let mut terms = vec![u.matmul(&(left + right + diagonal)).matmul(vh)];
    // What the thin factors' gradients say outside of the spaces that the factors span.
    if u.size(-2) > u.size(-1) {
        let outside = grad_u - u.matmul(&t(u).matmul(grad_u));
        terms.push((outside / as_row(s)).matmul(vh));
    }
    if v.size(-2) > v.size(-1) {
        let outside = &grad_v - v.matmul(&vh.matmul(&grad_v));
        terms.push(u.matmul(&t(&(outside / as_row(s)))));
    }
    let sum = terms.into_iter().reduce(|sum, term| sum + term);
    sum.expect("at least one term")
}

/// Of the lower triangle, which alone is read: what the upper one would get is added to it.
fn eigh(values: &Tensor, vectors: &Tensor, grad_values: &Tensor, grad_vectors: &Tensor) -> Tensor {
    let eye = eye_like(values);
    let rotation = t(vectors).matmul(grad_vectors) * inverse_gaps(values);
    let inside = rotation + eye * as_row(grad_values);
    let whole = vectors.matmul(&inside).matmul(&t(vectors));
    whole.tril(0) + t(&whole.triu(1))
}
