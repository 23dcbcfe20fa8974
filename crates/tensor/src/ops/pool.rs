//! Pooling.

use crate::Tensor;
use crate::funnel::apply_many;
use crate::prim::{PoolKind, Prim, Windows};

impl Tensor {
    /// The maximum of each window (PyTorch's `F.max_pool2d`).
    ///
    /// Shape: `[n, c, h, w]` to `[n, c, oh, ow]`, where `oh = (h + 2 padding - dilation (kh - 1) - 1) / stride
    /// + 1`, rounded down or, if asked, up, and `ow` likewise.
    ///
    /// ```
    /// use hammerhead_tensor::{prim::Windows, tensor};
    /// let windows = Windows::Fixed {
    ///     kernel: [2, 2],
    ///     stride: [2, 2],
    ///     padding: [0, 0],
    ///     dilation: [1, 1],
    ///     ceil: false,
    /// };
    /// let x = tensor([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]]]);
    /// assert_eq!(x.max_pool2d(windows).to_vec::<f32>(), [4.0, 8.0]);
    /// ```
    ///
    /// # Panics
    /// If the rank is not 4 or the windows don't fit.
    #[track_caller]
    pub fn max_pool2d(&self, windows: Windows) -> Tensor {
        let prim = Prim::Pool {
            kind: PoolKind::Max,
            windows,
            positions: false,
        };
        apply_many(prim, &[self]).swap_remove(0)
    }

    /// [`Tensor::max_pool2d`] with the positions of the maxima in the flattened plane, `I64` (PyTorch's
    /// `return_indices=True`).
    ///
    /// Shape: as [`Tensor::max_pool2d`], both.
    ///
    /// ```
    /// use hammerhead_tensor::{prim::Windows, tensor};
    /// let x = tensor([[[[1.0, 2.0], [4.0, 3.0]]]]);
    /// let (greatest, at) = x.max_pool2d_positions(Windows::Adaptive { out: [1, 1] });
    /// assert_eq!((greatest.item(), at.item()), (4.0, 2.0));
    /// ```
    ///
    /// # Panics
    /// As [`Tensor::max_pool2d`].
    #[track_caller]
    pub fn max_pool2d_positions(&self, windows: Windows) -> (Tensor, Tensor) {
        let prim = Prim::Pool {
            kind: PoolKind::Max,
            windows,
            positions: true,
        };
        let mut outputs = apply_many(prim, &[self]);
        let positions = outputs.pop().expect("pooling gives positions");
        (outputs.pop().expect("pooling gives values"), positions)
    }

    /// The mean of each window (PyTorch's `F.avg_pool2d`); `count_padding` says whether zeros of the padding count
    /// in it.
    ///
    /// Shape: as [`Tensor::max_pool2d`].
    ///
    /// ```
    /// use hammerhead_tensor::{prim::Windows, tensor};
    /// let windows = Windows::Fixed {
    ///     kernel: [1, 2],
    ///     stride: [1, 2],
    ///     padding: [0, 0],
    ///     dilation: [1, 1],
    ///     ceil: false,
    /// };
    /// let x = tensor([[[[1.0, 2.0, 5.0, 6.0]]]]);
    /// assert_eq!(x.avg_pool2d(windows, true).to_vec::<f32>(), [1.5, 5.5]);
    /// ```
    ///
    /// # Panics
    /// If the rank is not 4 or the windows don't fit.
    #[track_caller]
    pub fn avg_pool2d(&self, windows: Windows, count_padding: bool) -> Tensor {
        let prim = Prim::Pool {
            kind: PoolKind::Mean { count_padding },
            windows,
            positions: false,
        };
        apply_many(prim, &[self]).swap_remove(0)
    }

    /// Means that divide the plane into `out` windows (PyTorch's `F.adaptive_avg_pool2d`).
    ///
    /// Shape: `[n, c, h, w]` to `[n, c, oh, ow]` for `out = [oh, ow]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::ones([2, 3, 7, 5]).adaptive_avg_pool2d([1, 1]).shape(), [2, 3, 1, 1]);
    /// ```
    ///
    /// # Panics
    /// If the rank is not 4.
    #[track_caller]
    pub fn adaptive_avg_pool2d(&self, out: [usize; 2]) -> Tensor {
        self.avg_pool2d(Windows::Adaptive { out }, true)
    }

    /// Maxima that divide the plane into `out` windows (PyTorch's `F.adaptive_max_pool2d`).
    ///
    /// Shape: `[n, c, h, w]` to `[n, c, oh, ow]` for `out = [oh, ow]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[[[1.0, 2.0, 5.0, 6.0]]]]);
    /// assert_eq!(x.adaptive_max_pool2d([1, 2]).to_vec::<f32>(), [2.0, 6.0]);
    /// ```
    ///
    /// # Panics
    /// If the rank is not 4.
    #[track_caller]
    pub fn adaptive_max_pool2d(&self, out: [usize; 2]) -> Tensor {
        self.max_pool2d(Windows::Adaptive { out })
    }
}
