//! Inputs and targets that lie in memory, side by side.

use std::cell::RefCell;

use hammerhead_tensor::{Cpu, DType, Element, Tensor};

use crate::dataset::Dataset;
use crate::error::Result;

/// Pairs of rows of two tensors, which share their first dim (PyTorch's `TensorDataset`).
///
/// The rows are copied once, out of reach of later in-place changes; a batch is gathered row by
/// row into a buffer that is used again for the next one.
///
/// ```
/// use hammerhead_datasets::{DataLoader, Dataset, TensorDataset};
/// use hammerhead_tensor::Tensor;
///
/// let x = Tensor::from_vec(vec![0.0f32, 0.1, 1.0, 1.1, 2.0, 2.1], [3, 2]);
/// let y = Tensor::from_vec(vec![0i64, 1, 2], [3, 1]);
/// let pairs = TensorDataset::new(x, y);
/// let (input, target) = pairs.get(1)?;
/// assert_eq!((input.shape(), target.shape()), (&[2][..], &[1][..]));
///
/// let loader = DataLoader::new(pairs).batch_size(2);
/// let (xb, yb) = loader.epoch(0).next().expect("a batch")?;
/// assert_eq!((xb.shape(), yb.shape()), (&[2, 2][..], &[2, 1][..]));
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TensorDataset {
    inputs: Rows,
    targets: Rows,
}

impl TensorDataset {
    /// Pairs up the rows of `inputs` `[n, ..]` and `targets` `[n, ..]`.
    ///
    /// # Panics
    /// If a tensor has rank 0, or the two have different numbers of rows.
    #[track_caller]
    pub fn new(inputs: Tensor, targets: Tensor) -> TensorDataset {
        let (inputs, targets) = (Rows::new(&inputs), Rows::new(&targets));
        assert!(
            inputs.count == targets.count,
            "TensorDataset::new: {} inputs beside {} targets; help: the first dims must be equal",
            inputs.count,
            targets.count
        );
        TensorDataset { inputs, targets }
    }
}

impl Dataset for TensorDataset {
    type Item = (Tensor, Tensor);

    fn len(&self) -> usize {
        self.inputs.count
    }

    fn get(&self, index: usize) -> Result<(Tensor, Tensor)> {
        Ok((self.inputs.row(index), self.targets.row(index)))
    }

    fn batch(&self, indices: &[usize]) -> Result<(Tensor, Tensor)> {
        Ok((self.inputs.gather(indices), self.targets.gather(indices)))
    }
}

/// The rows of a tensor as host bytes, so that any thread may read them without a lock.
#[derive(Clone, Debug)]
struct Rows {
    count: usize,
    shape: Vec<usize>,
    dtype: DType,
    bytes: Vec<u8>,
    row_bytes: usize,
}

impl Rows {
    #[track_caller]
    fn new(tensor: &Tensor) -> Rows {
        assert!(
            tensor.rank() > 0,
            "TensorDataset::new: a tensor of rank 0 has no rows; help: the first dim counts the items"
        );
        let (count, shape) = (tensor.size(0), tensor.shape()[1..].to_vec());
        let dtype = tensor.dtype();
        let row_bytes = shape.iter().product::<usize>() * dtype.size();
        Rows {
            count,
            shape,
            dtype,
            bytes: host_bytes(tensor),
            row_bytes,
        }
    }

    fn row_slice(&self, index: usize) -> &[u8] {
        assert!(
            index < self.count,
            "TensorDataset: index {index} in a dataset of {} items; help: indices count from 0",
            self.count
        );
        &self.bytes[index * self.row_bytes..][..self.row_bytes]
    }

    fn row(&self, index: usize) -> Tensor {
        upload(self.dtype, &self.shape, self.row_slice(index))
    }

    fn gather(&self, indices: &[usize]) -> Tensor {
        thread_local! {
            static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            for &index in indices {
                scratch.extend_from_slice(self.row_slice(index));
            }
            let mut shape = vec![indices.len()];
            shape.extend(&self.shape);
            upload(self.dtype, &shape, scratch)
        })
    }
}

fn upload(dtype: DType, shape: &[usize], bytes: &[u8]) -> Tensor {
    Tensor::from_bytes(dtype, shape, bytes, &Cpu::device())
        .unwrap_or_else(|error| panic!("TensorDataset: {error}"))
}

fn host_bytes(tensor: &Tensor) -> Vec<u8> {
    fn bytes<T: Element + bytemuck::NoUninit>(tensor: &Tensor) -> Vec<u8> {
        bytemuck::cast_slice(&tensor.to_vec::<T>()).to_vec()
    }
    match tensor.dtype() {
        DType::F32 => bytes::<f32>(tensor),
        DType::F64 => bytes::<f64>(tensor),
        DType::F16 => bytes::<hammerhead_tensor::f16>(tensor),
        DType::BF16 => bytes::<hammerhead_tensor::bf16>(tensor),
        DType::I64 => bytes::<i64>(tensor),
        DType::U8 => tensor.to_vec::<u8>(),
        DType::Bool => bytes::<bool>(tensor),
    }
}
