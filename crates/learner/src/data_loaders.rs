//! The two loaders of a fit.

use hammerhead_datasets::DataLoader;
use hammerhead_tensor::Tensor;

/// Batches to train on, and batches to validate on (fastai's `DataLoaders`).
///
/// ```
/// use hammerhead_datasets::{DataLoader, TensorDataset};
/// use hammerhead_learner::DataLoaders;
/// use hammerhead_tensor::Tensor;
/// let data = || DataLoader::new(TensorDataset::new(Tensor::zeros([6, 2]), Tensor::zeros([6]))).batch_size(4);
/// let loaders = DataLoaders::new(data(), data());
/// assert_eq!((loaders.train.len(), loaders.valid.unwrap().items()), (2, 6));
/// ```
pub struct DataLoaders {
    /// To train on.
    pub train: DataLoader<(Tensor, Tensor)>,
    /// To validate on.
    pub valid: Option<DataLoader<(Tensor, Tensor)>>,
}

impl DataLoaders {
    /// Both.
    pub fn new(train: DataLoader<(Tensor, Tensor)>, valid: DataLoader<(Tensor, Tensor)>) -> Self {
        Self {
            train,
            valid: Some(valid),
        }
    }
}
