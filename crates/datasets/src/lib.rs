//! Datasets: reading them from files, and feeding them to a training loop.
//!
//! | part | feature | what it is |
//! |---|---|---|
//! | [`Idx`] | | reader and writer of the IDX format, plain or gzip |

mod atomic;
mod error;
mod idx;
mod open;

pub use error::{Error, Result};
pub use idx::{Idx, IdxData};
