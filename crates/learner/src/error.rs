//! What can go wrong while training.

use std::path::PathBuf;

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A batch could not be had.
    #[error(transparent)]
    Data(#[from] hammerhead_datasets::Error),
    /// The loss became NaN or infinite.
    #[error(
        "the loss is {loss} at epoch {epoch}, batch {batch}: {}; a lower learning rate or clip_grad_norm may help",
        match .layer {
            Some(layer) => format!("`{layer}` is the first layer whose output is not finite"),
            None => "every layer's output is finite, so the loss itself produced it".to_owned(),
        }
    )]
    NotFinite {
        /// Counted from 0.
        epoch: usize,
        /// Counted from 0.
        batch: usize,
        /// The loss.
        loss: f64,
        /// The dotted name of the first layer that produced it.
        layer: Option<String>,
    },
    /// The validation loss became NaN or infinite.
    #[error(
        "the validation loss is {loss} after epoch {epoch}, though every training loss was finite; a lower \
         learning rate or clip_grad_norm may help"
    )]
    ValidNotFinite {
        /// Counted from 0.
        epoch: usize,
        /// The loss.
        loss: f64,
    },
    /// A checkpoint could not be written or read.
    #[error("{}: {reason}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A state dict did not fit or its file is damaged.
    #[error(transparent)]
    State(#[from] hammerhead_nn::StateDictError),
    /// The device has no room for a batch, can't hold it, or is lost.
    #[error(transparent)]
    Device(hammerhead_tensor::Error),
    /// A callback gave up.
    #[error("{0}")]
    Callback(String),
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
