//! Linear algebra on the last two dims of `f32` and `f64` tensors, by `faer`.
//!
//! | file | holds |
//! |---|---|
//! | `systems` | [`solve`], [`least_squares`], [`inverse`], [`det`], [`slogdet`] |
//! | `factors` | [`qr`], [`svd`], [`eigh`] |
//! | `operation` | how they run: an instruction of its own, matrix by matrix over the batch |
//! | `gradient` | how gradients flow back through them |
//! | `lu`, `qr`, `spectral` | one matrix at a time, on row-major slices |
//! | `matrix`, `subject` | to and from `faer`, and what an error says |
//!
//! All leading dims are a batch. A factorisation runs on one thread, so that no result depends on
//! their number; the matrices of a batch run in parallel.
//! A matrix without an answer (singular, dependent, not finite) is an [`Err`](crate::Error) of kind
//! [`Numeric`](crate::ErrorKind::Numeric) that names its place in the batch; a wrong shape or dtype
//! panics, as everywhere. All of them carry gradients.

mod factors;
mod gradient;
#[cfg(test)]
mod laws;
mod lu;
mod matrix;
mod operation;
mod qr;
mod spectral;
mod subject;
mod systems;

pub use factors::{Eigh, Qr, Svd, eigh, qr, svd};
pub use systems::{SlogDet, det, inverse, least_squares, slogdet, solve};
