//! Embeddings.

use hammerhead_tensor::{DType, Tensor, no_grad};

use crate::{Mode, Module, Parameter, module};

/// The rows of a table at the given indices: `y[..] = weight[index[..]]` (PyTorch's `F.embedding`). The row
/// `padding_idx` gets no gradient.
///
/// Shape: `[..]` integers and a table `[rows, dim]` to `[.., dim]`.
///
/// ```
/// use hammerhead_nn::embedding;
/// use hammerhead_tensor::tensor;
/// let table = tensor([[0.0, 0.5], [1.0, 1.5]]);
/// assert_eq!(embedding(&tensor([1, 0, 1]), &table, None).shape(), [3, 2]);
/// ```
///
/// # Panics
/// If the indices are not integers or point out of the table.
#[track_caller]
pub fn embedding(index: &Tensor, weight: &Tensor, padding_idx: Option<usize>) -> Tensor {
    assert!(
        weight.rank() == 2 && index.dtype().category() == hammerhead_tensor::Category::Int,
        "embedding: takes integers and a table [rows, dim], got {} and {:?}",
        index.dtype(),
        weight.shape()
    );
    let flat = index.to_dtype(DType::I64).flat();
    let rows = weight.index_select(0, &flat);
    let rows = match padding_idx {
        Some(row) => flat
            .eq(row as i64)
            .unsqueeze(1)
            .select_from(rows.detach(), rows),
        None => rows,
    };
    let mut shape = index.shape().to_vec();
    shape.push(weight.size(1));
    rows.reshape(shape.as_slice())
}

/// A table of vectors, looked up by integers (PyTorch's `nn.Embedding`); it starts standard normal.
///
/// Shape: `[..]` integers to `[.., embedding_dim]`.
///
/// ```
/// use hammerhead_nn::{Embedding, Mode, Module};
/// use hammerhead_tensor::tensor;
/// let table = Embedding::with_padding(10, 3, 0);
/// let y = table.forward(tensor([[4, 0]]), Mode::Eval);
/// assert_eq!(y.shape(), [1, 2, 3]);
/// assert_eq!(y.i((0, 1)).to_vec::<f32>(), [0.0; 3]);
/// ```
pub struct Embedding {
    /// `[num_embeddings, embedding_dim]`.
    pub weight: Parameter,
    padding_idx: Option<usize>,
}

module!(Embedding { parameters: weight; settings: padding_idx });

impl Embedding {
    /// A table of this size.
    pub fn new(num_embeddings: usize, embedding_dim: usize) -> Self {
        Self {
            weight: Parameter::new(Tensor::randn([num_embeddings, embedding_dim])),
            padding_idx: None,
        }
    }

    /// A table whose row `padding_idx` is zero and is never learnt.
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn with_padding(num_embeddings: usize, embedding_dim: usize, padding_idx: usize) -> Self {
        let mut table = Self::new(num_embeddings, embedding_dim);
        no_grad(|| {
            table.weight.select(0, padding_idx as isize).zero_();
        });
        table.padding_idx = Some(padding_idx);
        table
    }
}

impl Module for Embedding {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        embedding(&x, &self.weight, self.padding_idx)
    }

    fn extra_repr(&self) -> String {
        let shape = self.weight.shape();
        let padding = self
            .padding_idx
            .map_or(String::new(), |row| format!(", padding_idx={row}"));
        format!("{}, {}{padding}", shape[0], shape[1])
    }
}
