//! Datasets: reading them from files, and feeding them to a training loop in batches.
//!
//! | part | feature | what it is |
//! |---|---|---|
//! | [`Dataset`] | | a length and items by index; [`Subset`], [`Zip`], [`Map`], a `Vec` |
//! | [`TensorDataset`], [`ImageSet`] | | pairs of rows; labelled grey pictures |
//! | [`DataLoader`] | | batches, shuffled by seed, from worker threads, resumable |
//! | [`Collate`] | | how items become a batch |
//! | [`Mnist`], [`FashionMnist`], [`MnistSample`] | `mnist` | the digits; `Mnist::load()` is offline |
//! | [`mnist_digit`] | | anybody's digit, centred and scaled as MNIST's are |
//! | [`Idx`] | `gzip` | reader and writer of the IDX format, plain or gzip |
//! | `Table` | `csv` | typed columns of CSV files |
//! | `ImageFolder` | `image` | pictures in folders, one sub-folder a class |
//! | `Remote` | `download`, `https` | checksummed, resumable downloads from several mirrors |
//!
//! `csv` and `gzip` are on by default. Only `https` brings a dependency that needs a C compiler.
//!
//! ```
//! use hammerhead_datasets::{DataLoader, Shuffle};
//!
//! let letters: Vec<(usize, char)> = ('a'..='z').enumerate().collect();
//! let loader = DataLoader::new(letters).batch_size(6).shuffle(Shuffle::Seeded(42));
//! for batch in &loader {
//!     let (numbers, letters) = batch?; // a tensor and a Vec<char>
//!     assert_eq!(numbers.size(0), letters.len());
//! }
//! # Ok::<(), hammerhead_datasets::Error>(())
//! ```
//!
//! The crate knows tensors, and never gradients or layers. Everything from outside the program is
//! distrusted: a damaged file, a failing item or a lost connection is an [`Error`] that names it,
//! never a panic.

mod atomic;
mod batches;
#[cfg(feature = "download")]
mod cache;
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
mod mnist_digit;
#[cfg(feature = "download")]
mod mnist_download;
mod mnist_sample;
#[cfg(all(feature = "image", feature = "mnist"))]
mod mnist_sample_folder;
mod open;
#[cfg(feature = "csv")]
mod table;
mod tensor_dataset;

pub use batches::Batches;
#[cfg(feature = "download")]
pub use cache::cache_folder;
pub use collate::Collate;
pub use dataset::{Dataset, Map, Subset, Zip};
#[cfg(feature = "download")]
pub use download::{Packing, Remote};
pub use error::{Error, Result};
pub use idx::{Idx, IdxData};
#[cfg(feature = "image")]
pub use image_folder::{Colour, ImageFolder, Picture};
pub use image_set::ImageSet;
pub use loader::{DataLoader, LastBatch, Position, Shuffle};
pub use mnist::{FashionMnist, Mnist};
pub use mnist_digit::mnist_digit;
pub use mnist_sample::{MnistSample, ThreesAndSevens};
#[cfg(feature = "csv")]
pub use table::Table;
pub use tensor_dataset::TensorDataset;

#[cfg(all(doctest, feature = "mnist"))]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
