//! The matrix product in PyTorch's rank combinations.

use super::arithmetic::common_dtype;
use super::compose::named;
use crate::Tensor;
use crate::funnel::apply_ref;
use crate::layout::{Dims, broadcast_shapes};
use crate::prim::{Activation, Epilogue, Prim, Transposed};

impl Tensor {
    /// The matrix product (Python's `@`, PyTorch's `matmul`): `y[i][j] = sum over k of a[i][k] * b[k][j]`.
    ///
    /// Shape: `[m, k]` and `[k, n]` to `[m, n]`; `[k]` and `[k]` to `[]`; `[m, k]` and `[k]` to `[m]`. Leading dims are
    /// batches that broadcast: `[b, m, k]` and `[k, n]` to `[b, m, n]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let (a, b) = (tensor([[1., 2.], [3., 4.]]), tensor([5., 6.]));
    /// assert_eq!(a.matmul(&b).to_vec::<f32>(), [17.0, 39.0]);
    /// ```
    ///
    /// # Panics
    /// If a side has rank 0, the inner dims differ or the batch dims do not broadcast.
    #[track_caller]
    pub fn matmul(&self, other: &Tensor) -> Tensor {
        assert!(
            self.rank() > 0 && other.rank() > 0,
            "matmul: takes at least 1 dim on both sides, got {:?} and {:?}; multiply numbers with *",
            self.shape(),
            other.shape()
        );
        let dtype = common_dtype(self, other);
        let (a, b) = (self.to_dtype(dtype), other.to_dtype(dtype));
        match (a.rank(), b.rank()) {
            (1, 1) => named("DotBackward0", || {
                a.unsqueeze(0).matrices(&b.unsqueeze(1)).squeeze_all()
            }),
            (1, _) => a.unsqueeze(0).matrices(&b).squeeze(-2),
            (_, 1) => named("MvBackward0", || a.matrices(&b.unsqueeze(1)).squeeze(-1)),
            _ => a.matrices(&b),
        }
    }

    /// The product where both sides have at least two dims.
    #[track_caller]
    fn matrices(&self, other: &Tensor) -> Tensor {
        let prim = || Prim::Matmul(Transposed::default(), Epilogue::default());
        let (rank, other_rank) = (self.rank(), other.rank());
        if rank == 2 && other_rank == 2 {
            return apply_ref(prim(), [self, other]);
        }
        if other_rank == 2 && self.size(-1) == other.size(0) {
            // All rows of all batches meet the same matrix: one large product.
            return self.rows().matmul(other).unrows(self, other.size(1));
        }
        let batch = match broadcast_shapes(
            "matmul",
            &self.shape()[..rank - 2],
            &other.shape()[..other_rank - 2],
        ) {
            Ok(batch) => batch,
            Err(error) => panic!("{error}"),
        };
        let full = |x: &Tensor| -> Tensor {
            let mut shape: Dims = batch.clone();
            shape.extend_from_slice(&x.shape()[x.rank() - 2..]);
            x.expand(shape.as_slice())
        };
        apply_ref(prim(), [&full(self), &full(other)])
    }

    /// All leading dims as one.
    fn rows(&self) -> Tensor {
        let (last, count) = (
            self.size(-1),
            self.shape()[..self.rank() - 1].iter().product::<usize>(),
        );
        self.reshape([count, last])
    }

    /// The leading dims of `like` again.
    fn unrows(&self, like: &Tensor, last: usize) -> Tensor {
        let mut shape: Dims = like.shape()[..like.rank() - 1].into();
        shape.push(last);
        self.reshape(shape.as_slice())
    }

    /// `x @ weight.t() + bias` (PyTorch's `F.linear`).
    ///
    /// Shape: `[.., in]` with a weight `[out, in]` and a bias `[out]` to `[.., out]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let (x, w, b) = (tensor([[1.0, 2.0]]), tensor([[3.0, 4.0]]), tensor([0.5]));
    /// assert_eq!(x.linear(&w, Some(&b)).item(), 11.5);
    /// ```
    ///
    /// # Panics
    /// If the last dim of x is not the weight's, or the bias is not `[out]`.
    #[track_caller]
    pub fn linear(&self, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
        self.linear_act(weight, bias, Activation::None)
    }

    /// [`Tensor::linear`] with an activation in the same pass.
    ///
    /// Shape: as [`Tensor::linear`].
    ///
    /// ```
    /// use hammerhead_tensor::{prim::Activation, tensor};
    /// let (x, w) = (tensor([[1.0, 2.0]]), tensor([[-3.0, -4.0], [3.0, 4.0]]));
    /// assert_eq!(x.linear_act(&w, None, Activation::Relu).to_vec::<f32>(), [0.0, 11.0]);
    /// ```
    ///
    /// # Panics
    /// If the last dim of x is not the weight's, or the bias is not `[out]`.
    #[track_caller]
    pub fn linear_act(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        activation: Activation,
    ) -> Tensor {
        if weight.rank() != 2 || self.rank() == 0 || self.size(-1) != weight.size(1) {
            panic!(
                "linear: the input {:?} must end in the weight's second dim, the weight is {:?} [out, in]",
                self.shape(),
                weight.shape()
            );
        }
        let transposed = Transposed {
            left: false,
            right: true,
        };
        let epilogue = Epilogue {
            bias: bias.is_some(),
            activation,
        };
        let product = |x: &Tensor| {
            let prim = Prim::Matmul(transposed, epilogue);
            match bias {
                Some(bias) => apply_ref(prim, [x, weight, bias]),
                None => apply_ref(prim, [x, weight]),
            }
        };
        if self.rank() == 2 {
            product(self)
        } else {
            product(&self.rows()).unrows(self, weight.size(0))
        }
    }
}
