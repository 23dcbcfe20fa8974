//! Attention, the sum of values weighted by how well their keys answer a query.

use hammerhead_tensor::{Tensor, no_grad};

/// Which keys a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Visibility {
    /// All of them.
    #[default]
    All,
    /// Those up to its own position.
    Causal,
}

/// `softmax(q k^T scale) v` (PyTorch's `F.scaled_dot_product_attention`); without a scale it is `1 / sqrt(d)`.
///
/// Vaswani and others, [Attention Is All You Need](https://arxiv.org/abs/1706.03762).
///
/// Shape: queries `[.., l, d]`, keys `[.., s, d]` and values `[.., s, e]` to `[.., l, e]`.
///
/// ```
/// use hammerhead_nn::{Visibility, scaled_dot_product_attention};
/// use hammerhead_tensor::tensor;
/// let (q, k) = (tensor([[0.0], [0.0]]), tensor([[1.0], [2.0]]));
/// let v = tensor([[10.0], [20.0]]);
/// let y = scaled_dot_product_attention(&q, &k, &v, Visibility::Causal, None);
/// assert_eq!(y.to_vec::<f32>(), [10.0, 15.0]); // the first query sees the first key alone
/// ```
///
/// # Panics
/// If the shapes don't fit.
#[track_caller]
pub fn scaled_dot_product_attention(
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    visibility: Visibility,
    scale: Option<f64>,
) -> Tensor {
    assert!(
        queries.rank() >= 2 && keys.rank() >= 2 && queries.size(-1) == keys.size(-1),
        "scaled_dot_product_attention: queries {:?} and keys {:?} must have one last dim",
        queries.shape(),
        keys.shape()
    );
    let scale = scale.unwrap_or_else(|| 1.0 / (queries.size(-1) as f64).sqrt());
    let scores = queries.matmul(&keys.transpose(-2, -1)) * scale;
    let scores = match visibility {
        Visibility::All => scores,
        Visibility::Causal => {
            let later = no_grad(|| scores.ones_like().tril(0).eq(0.0));
            scores.masked_fill(&later, f64::NEG_INFINITY)
        }
    };
    scores.softmax(-1).matmul(values)
}
