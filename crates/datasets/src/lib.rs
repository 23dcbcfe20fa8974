//! Datasets: reading them from files, and feeding them to a training loop.
//!
//! | part | feature | what it is |
//! |---|---|---|
//! | [`Idx`] | | reader and writer of the IDX format, plain or gzip |
//! | `Table` | `csv` | typed columns of CSV files |
//! | `Remote` | `download` | checksummed, resumable downloads from several mirrors |
//! | `ImageFolder` | `image` | pictures in folders, one sub-folder a class |

mod atomic;
#[cfg(feature = "download")]
mod download;
mod error;
mod idx;
#[cfg(feature = "image")]
mod image_folder;
mod open;
#[cfg(feature = "csv")]
mod table;

#[cfg(feature = "download")]
pub use download::{Packing, Remote, cache_folder};
pub use error::{Error, Result};
pub use idx::{Idx, IdxData};
#[cfg(feature = "image")]
pub use image_folder::{Colour, ImageFolder, Picture};
#[cfg(feature = "csv")]
pub use table::Table;
