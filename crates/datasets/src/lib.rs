//! Datasets: reading them from files, and feeding them to a training loop.
//!
//! | part | feature | what it is |
//! |---|---|---|
//! | [`Idx`] | | reader and writer of the IDX format, plain or gzip |
//! | `Table` | `csv` | typed columns of CSV files |

mod atomic;
mod error;
mod idx;
mod open;
#[cfg(feature = "csv")]
mod table;

pub use error::{Error, Result};
pub use idx::{Idx, IdxData};
#[cfg(feature = "csv")]
pub use table::Table;
