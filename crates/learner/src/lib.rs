//! Training: a small loop, and callbacks for everything else.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Learner`] | model, data, loss and optimiser; `fit`, `fit_one_cycle`, `validate`, `predict` |
//! | [`Callback`] | what happens at the loop's events, in order |
//! | [`metrics`] | accuracy, error rate, top-k, precision, recall, F1, confusion matrix |
//! | [`Precision`] | 32 bits, or 16 where that pays |
//! | [`Recorder`] | the numbers of every epoch and step |
//! | [`ProgressBar`] | a bar per epoch and the table `epoch | train_loss | valid_loss | .. | time` |
//! | [`Checkpoints`] | a run killed at any moment goes on bit-equal |
//! | [`EarlyStopping`], [`ReduceOnPlateau`] | decisions by a metric |
//! | [`Learner::lr_find`] | the learning-rate finder |
//!
//! The crate computes nothing itself: it calls the model, the loss and the optimiser.

mod callback;
mod checkpoint;
mod data_loaders;
mod early_stopping;
mod error;
mod evaluate;
mod guard;
mod learner;
mod losses;
mod lr_find;
pub mod metrics;
mod not_finite;
mod number;
mod plateau;
mod policy;
mod precision;
mod progress;
mod recorder;
mod shares;
mod smooth;
mod step;
mod table;
mod unread;
mod weighted_mean;

pub use callback::{Callback, Flow};
pub use checkpoint::{Checkpoints, RunState};
pub use data_loaders::DataLoaders;
pub use early_stopping::EarlyStopping;
pub use error::{Error, Result};
pub use learner::Learner;
pub use lr_find::LrFind;
pub use plateau::ReduceOnPlateau;
pub use policy::Policy;
pub use precision::Precision;
pub use progress::ProgressBar;
pub use recorder::{EpochRow, Recorder};
pub use smooth::Smooth;
