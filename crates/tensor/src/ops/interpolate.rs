//! Resizing planes. Both modes are linear maps along rows and columns, so they are matrix products
//! with small constant matrices and get their gradients from them.

use super::compose::named;
use crate::Tensor;

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

impl Interpolation {
    /// `(position, weight)` of the old pixels that make new pixel `index`.
    fn sources(self, index: usize, old: usize, new: usize) -> [(usize, f64); 2] {
        match self {
            Interpolation::Nearest => [((index * old / new).min(old - 1), 1.0), (0, 0.0)],
            Interpolation::Bilinear { align_corners } => {
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
        }
    }

    /// The map of one axis, `[new, old]`.
    fn matrix(self, old: usize, new: usize, like: &Tensor) -> Tensor {
        let mut weights = vec![0f64; new * old];
        for index in 0..new {
            for (position, weight) in self.sources(index, old, new) {
                weights[index * old + position] += weight;
            }
        }
        Tensor::from_vec(weights, [new, old])
            .to_dtype(like.dtype())
            .to(like.device())
    }
}

impl Tensor {
    /// `[n, c, h, w]` resized to `[n, c, oh, ow]` (PyTorch's `F.interpolate` with `size`).
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
        named("UpsampleBackward0", || {
            let rows = mode.matrix(h, size[0], self);
            let columns = mode.matrix(w, size[1], self);
            rows.matmul(&self.matmul(&columns.t()))
        })
    }
}
