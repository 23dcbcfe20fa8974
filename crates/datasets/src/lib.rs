//! Datasets: reading them from files, and feeding them to a training loop.
//!
//! | part | feature | what it is |
//! |---|---|---|
//! | [`Idx`] | | reader and writer of the IDX format, plain or gzip |
//! | `Table` | `csv` | typed columns of CSV files |
//! | `Remote` | `download` | checksummed, resumable downloads from several mirrors |
//! | `ImageFolder` | `image` | pictures in folders, one sub-folder a class |

mod atomic;
mod batches;
mod collate;
mod dataset;
#[cfg(feature = "download")]
mod download;
mod error;
mod idx;
#[cfg(feature = "image")]
mod image_folder;
mod image_set;
mod loader;
mod mnist;
mod mnist_sample;
mod open;
#[cfg(feature = "csv")]
mod table;
mod tensor_dataset;

pub use batches::Batches;
pub use collate::Collate;
pub use dataset::{Dataset, Map, Subset, Zip};
#[cfg(feature = "download")]
pub use download::{Packing, Remote, cache_folder};
pub use error::{Error, Result};
pub use idx::{Idx, IdxData};
#[cfg(feature = "image")]
pub use image_folder::{Colour, ImageFolder, Picture};
pub use image_set::ImageSet;
pub use loader::{DataLoader, LastBatch, Position, Shuffle};
pub use mnist::{FashionMnist, Mnist};
pub use mnist_sample::{MnistSample, ThreesAndSevens};
#[cfg(feature = "csv")]
pub use table::Table;
pub use tensor_dataset::TensorDataset;
