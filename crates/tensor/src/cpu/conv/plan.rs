//! The choice of an algorithm: a pure function of the shape.

use super::shape::ConvShape;

/// How an f32 convolution is computed, in all three directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// Panels of patches packed straight from the image (`implicit`, `weight_grad`).
    Implicit,
    /// Patches written out as a matrix (`unfold`).
    Unfold,
}

/// Most images any task of the implicit algorithm treats at once.
const MAX_IMAGES: usize = 512;

/// Chooses: implicit, unless the places within a task's images exceed the 32 bits in which its
/// tables list them.
pub(super) fn plan(shape: &ConvShape) -> Algorithm {
    let images = (MAX_IMAGES / shape.plane().clamp(1, MAX_IMAGES)).min(shape.n.max(1));
    let side = |axis: usize, size: usize, kernel: usize| {
        size + 2 * shape.padding[axis] + kernel.saturating_mul(shape.dilation[axis])
    };
    let pixels = side(0, shape.h.max(shape.oh), shape.kh).saturating_mul(side(
        1,
        shape.w.max(shape.ow),
        shape.kw,
    ));
    let places = pixels
        .saturating_mul(shape.c.max(shape.oc))
        .saturating_mul(images)
        .max(shape.weight_len());
    if places <= i32::MAX as usize {
        Algorithm::Implicit
    } else {
        Algorithm::Unfold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(n: usize, c: usize, size: usize, oc: usize, kernel: usize) -> ConvShape {
        let out = size - kernel + 1;
        ConvShape {
            n,
            c,
            h: size,
            w: size,
            oc,
            kh: kernel,
            kw: kernel,
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            groups: 1,
            oh: out,
            ow: out,
        }
    }

    #[test]
    fn shapes_have_their_algorithm() {
        let table = [
            (square(64, 1, 28, 32, 3), Algorithm::Implicit),
            (square(64, 32, 26, 64, 3), Algorithm::Implicit),
            (square(1000, 512, 7, 512, 1), Algorithm::Implicit),
            (square(32, 3, 224, 64, 7), Algorithm::Implicit),
            (square(1, 3, 20_000, 8, 3), Algorithm::Unfold),
            (square(1, 40_000, 3, 60_000, 1), Algorithm::Unfold),
            (square(0, 3, 8, 4, 3), Algorithm::Implicit),
        ];
        for (shape, expected) in table {
            assert_eq!(plan(&shape), expected, "{shape:?}");
        }
    }
}
