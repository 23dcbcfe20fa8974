//! The choice of an algorithm: a pure function of the shape.

use super::shape::ConvShape;
use super::winograd::Height;
use super::{pixelwise, winograd};

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    InputGrad,
    WeightGrad,
}

/// How an f32 convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// Tiles of so many rows and two columns of results at once, with fewer multiplications (`winograd`).
    Winograd(Height),
    /// Pixels of a batch of tiny images multiplied pair by pair (`pixelwise`).
    Pixelwise,
    /// Panels of patches packed straight from the image (`implicit`, `weight_grad`).
    Implicit,
    /// Patches written out as a matrix (`unfold`).
    Unfold,
}

/// Most images any task of the implicit algorithm treats at once.
const MAX_IMAGES: usize = 512;

/// Fewest tiles of two rows for which transforming the filters pays.
const MIN_TILES: usize = 48;

/// The same where they may have been transformed before.
const MIN_FORWARD_TILES: usize = 16;

/// Fewest channels, on either side, over which the products are worth transforming their operands for.
const MIN_CHANNELS: usize = 16;

/// The same for the weight's gradient, both of whose operands are transformed.
const MIN_GRAD_CHANNELS: usize = 24;

/// So many products of pairs of pixels cost about as much as a tile of 2 x 2 results with its transforms.
const PAIRS_PER_TILE: usize = 20;

/// Fewest tiles of four rows: of fewer, the larger transformed filters take longer to read than their products save.
const MIN_TALL_TILES: usize = 24;

/// Fewest rows of images for tiles of four: a tile that lies beyond the edge rounds by its largest result, and of small
/// images most do.
const MIN_TALL_ROWS: usize = 12;

/// The height of Winograd's tiles where they are fast: 3 x 3 filters moved by single pixels, over enough channels and
/// results.
fn tiles_pay(shape: &ConvShape, direction: Direction) -> Option<Height> {
    let ([height, width], channels, least) = match direction {
        Direction::Forward => ([shape.oh, shape.ow], MIN_CHANNELS, MIN_FORWARD_TILES),
        Direction::InputGrad => ([shape.h, shape.w], MIN_CHANNELS, MIN_TILES),
        Direction::WeightGrad => ([shape.oh, shape.ow], MIN_GRAD_CHANNELS, MIN_TILES),
    };
    let count = |tile: Height| shape.n * height.div_ceil(tile.results()) * width.div_ceil(2);
    let tiles = count(Height::Two);
    // Tiles that are mostly beyond the edge cost as much as others.
    let used = 4 * tiles <= 2 * shape.n * height * width;
    if !winograd::fits(shape) || !used || tiles < least || shape.c.min(shape.oc) < channels {
        return None;
    }
    let points = |tile: Height| count(tile) * tile.points();
    let tall = height >= MIN_TALL_ROWS
        && count(Height::Four) >= MIN_TALL_TILES
        && points(Height::Four) < points(Height::Two);
    Some(if tall { Height::Four } else { Height::Two })
}

/// Tiles of 2 x 2 of an image's results.
fn tiles_of(shape: &ConvShape) -> usize {
    shape.oh.div_ceil(2) * shape.ow.div_ceil(2)
}

/// Chooses: pixel by pixel or Winograd's where it pays, else implicit, unless the places within a task's images exceed the 32 bits
/// in which its tables list them.
pub(super) fn plan(shape: &ConvShape, direction: Direction) -> Algorithm {
    let tiles = tiles_pay(shape, direction);
    if pixelwise::pays(shape)
        && !(tiles.is_some() && pixelwise::count(shape) > PAIRS_PER_TILE * tiles_of(shape))
    {
        return Algorithm::Pixelwise;
    }
    if let Some(height) = tiles {
        return Algorithm::Winograd(height);
    }
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
        let out = (size + 1).saturating_sub(kernel);
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
        use Direction::{Forward, InputGrad, WeightGrad};
        let padded = |n, c, size| ConvShape {
            padding: [1, 1],
            oh: size,
            ow: size,
            ..square(n, c, size, c, 3)
        };
        let [low, tall] = Height::ALL.map(Algorithm::Winograd);
        let table = [
            (square(64, 32, 26, 64, 3), Forward, tall),
            (square(64, 32, 26, 64, 3), WeightGrad, tall),
            (square(64, 16, 26, 64, 3), WeightGrad, Algorithm::Implicit),
            (padded(16, 256, 14), WeightGrad, tall),
            (square(64, 1, 28, 32, 3), Forward, Algorithm::Implicit),
            (padded(16, 64, 56), Forward, tall),
            (padded(16, 64, 56), InputGrad, tall),
            (padded(64, 512, 1), Forward, Algorithm::Pixelwise),
            (padded(64, 256, 2), WeightGrad, Algorithm::Pixelwise),
            (padded(64, 128, 4), InputGrad, low),
            (padded(64, 256, 2), InputGrad, Algorithm::Pixelwise),
            (padded(64, 64, 7), Forward, low),
            (padded(8, 128, 4), Forward, low),
            (padded(8, 128, 4), InputGrad, Algorithm::Implicit),
            (padded(1, 128, 28), Forward, tall),
            (padded(1, 256, 14), Forward, tall),
            (padded(16, 256, 6), Forward, low),
            (padded(1, 512, 7), Forward, low),
            (padded(1, 512, 6), Forward, Algorithm::Implicit),
            (padded(1, 512, 7), InputGrad, Algorithm::Implicit),
            (square(1000, 512, 7, 512, 1), Forward, Algorithm::Implicit),
            (square(32, 3, 224, 64, 7), Forward, Algorithm::Implicit),
            (square(1, 3, 20_000, 8, 3), Forward, Algorithm::Unfold),
            (square(1, 40_000, 3, 60_000, 1), Forward, Algorithm::Unfold),
            (square(0, 3, 8, 4, 3), Forward, Algorithm::Implicit),
        ];
        for (shape, direction, expected) in table {
            assert_eq!(plan(&shape, direction), expected, "{direction:?} {shape:?}");
        }
    }
}
