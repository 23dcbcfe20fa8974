//! Resizing planes. The bilinear mode is a linear map along rows and columns, so it is matrix products
//! with small constant matrices and gets its gradient from them; the nearest mode picks pixels.

use super::compose::named;
use crate::{Cpu, Tensor, with_device};

/// How new pixels are made from old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The pixel at the scaled position, rounded down.
    Nearest,
    /// The two neighbours of each axis, weighted by distance; `align_corners` puts the corner pixels'
    /// centres on each other, otherwise their outer edges.
    Bilinear {
        /// Whether corner pixels' centres coincide.
        align_corners: bool,
    },
}

/// The old pixel that new pixel `index` shows, by PyTorch's formula in `f32`, whose rounding decides
/// between neighbours in some sizes.
fn nearest(index: usize, old: usize, new: usize) -> usize {
    let scale = old as f32 / new as f32;
    ((index as f32 * scale) as usize).min(old - 1)
}

/// One axis of `x` resized by picking.
fn picked(x: &Tensor, dim: isize, new: usize) -> Tensor {
    let old = x.size(dim);
    let places: Vec<i64> = (0..new).map(|at| nearest(at, old, new) as i64).collect();
    x.index_select(dim, &Tensor::from_vec(places, [new]).to(x.device()))
}

/// `(position, weight)` of the old pixels that make new pixel `index`.
fn sources(align_corners: bool, index: usize, old: usize, new: usize) -> [(usize, f64); 2] {
    let at = if align_corners {
        if new > 1 {
            index as f64 * (old - 1) as f64 / (new - 1) as f64
        } else {
            0.0
        }
    } else {
        ((index as f64 + 0.5) * old as f64 / new as f64 - 0.5).max(0.0)
    };
    let low = (at as usize).min(old - 1);
    let share = at - low as f64;
    [(low, 1.0 - share), ((low + 1).min(old - 1), share)]
}

/// The bilinear map of one axis, `[new, old]`.
fn matrix(align_corners: bool, old: usize, new: usize, like: &Tensor) -> Tensor {
    let mut weights = vec![0f64; new * old];
    for index in 0..new {
        for (position, weight) in sources(align_corners, index, old, new) {
            weights[index * old + position] += weight;
        }
    }
    let weights = with_device(&Cpu::device(), || Tensor::from_vec(weights, [new, old]));
    // A device that holds doubles rounds them itself, the oracle not at all.
    match weights.try_to(like.device()) {
        Ok(weights) => weights.to_dtype(like.dtype()),
        Err(_) => weights.to_dtype(like.dtype()).to(like.device()),
    }
}

impl Tensor {
    /// Planes resized (PyTorch's `F.interpolate` with `size`).
    ///
    /// Shape: `[n, c, h, w]` to `[n, c, oh, ow]`.
    ///
    /// ```
    /// use hammerhead_tensor::{Interpolation, tensor};
    /// let x = tensor([[[[1.0, 2.0]]]]);
    /// let y = x.interpolate([2, 4], Interpolation::Nearest);
    /// assert_eq!(y.shape(), [1, 1, 2, 4]);
    /// assert_eq!(y.select(2, 0).to_vec::<f32>(), [1.0, 1.0, 2.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If the rank is not 4, the dtype not floating or a plane empty.
    #[track_caller]
    pub fn interpolate(&self, size: [usize; 2], mode: Interpolation) -> Tensor {
        assert!(
            self.rank() == 4 && self.dtype().is_float() && self.numel() > 0,
            "interpolate: takes floating [batch, channels, height, width], got {:?} of {}",
            self.shape(),
            self.dtype()
        );
        let (h, w) = (self.shape()[2], self.shape()[3]);
        named("UpsampleBackward0", || match mode {
            Interpolation::Nearest => picked(&picked(self, 3, size[1]), 2, size[0]),
            Interpolation::Bilinear { align_corners } => {
                let rows = matrix(align_corners, h, size[0], self);
                let columns = matrix(align_corners, w, size[1], self);
                rows.matmul(&self.matmul(&columns.t()))
            }
        })
    }
}
