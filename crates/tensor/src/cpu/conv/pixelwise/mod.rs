//! Convolution of many tiny images as products over the batch.
//!
//! | module | what it holds |
//! |---|---|
//! | `correlate` | forward direction and source gradient |
//! | `weights` | the weight, packed for both |
//! | `weight_grad` | the weight's gradient |
//!
//! Between images of a few pixels only some pairs of pixels meet, each pair at one tap of the kernel: a 1 x 1 image meets
//! one tap of nine, a pixel of a 2 x 2 image four. So the images are taken apart into pixels, each a matrix of images by
//! channels, and a pair costs one product with the matrix of its tap. Padding costs nothing.

mod correlate;
mod weight_grad;
mod weights;

pub(super) use correlate::{forward, input_grad};
pub(super) use weight_grad::weight_grad;

use smallvec::SmallVec;

use super::shape::ConvShape;

/// Most pairs of pixels, so that their products are few enough to be listed, and images tiny.
const MAX_PAIRS: usize = 128;

/// Most pixels of the results: from more on, pixels side by side make products as well.
const MAX_PIXELS: usize = 16;

/// Fewest images: the rows of the products, or their depth.
const MIN_IMAGES: usize = 32;

/// Fewest channels on either side.
const MIN_CHANNELS: usize = 32;

/// A pixel of the results that reads a pixel of the source.
#[derive(Clone, Copy)]
struct Pair {
    dst: usize,
    src: usize,
    tap: usize,
}

type Pairs = SmallVec<[Pair; MAX_PAIRS]>;

/// All pairs that meet.
fn pairs(shape: &ConvShape) -> impl Iterator<Item = Pair> {
    let at = |axis: usize, out: usize, tap: usize, size: usize| {
        (out * shape.stride[axis] + tap * shape.dilation[axis])
            .checked_sub(shape.padding[axis])
            .filter(|&at| at < size)
    };
    let places = (0..shape.plane()).flat_map(|dst| (0..shape.taps()).map(move |tap| (dst, tap)));
    places.filter_map(move |(dst, tap)| {
        let y = at(0, dst / shape.ow, tap / shape.kw, shape.h)?;
        let x = at(1, dst % shape.ow, tap % shape.kw, shape.w)?;
        let src = y * shape.w + x;
        Some(Pair { dst, src, tap })
    })
}

/// How many pairs meet.
pub(super) fn count(shape: &ConvShape) -> usize {
    pairs(shape).count()
}

/// Whether images are so tiny and so many that pairs of their pixels are worth a product each.
pub(super) fn pays(shape: &ConvShape) -> bool {
    shape.groups == 1
        && shape.n >= MIN_IMAGES
        && shape.c.min(shape.oc) >= MIN_CHANNELS
        && shape.plane() <= MAX_PIXELS
        && shape.taps() <= MAX_PAIRS
        && pairs(shape).nth(MAX_PAIRS).is_none()
}

/// Pairs in the order of the sums that they belong to.
struct Sums {
    pairs: Pairs,
    /// Where each sum's pairs end.
    ends: SmallVec<[usize; 64]>,
}

impl Sums {
    fn new(shape: &ConvShape, count: usize, sum: fn(&Pair) -> usize) -> Self {
        let mut pairs: Pairs = pairs(shape).collect();
        pairs.sort_by_key(sum);
        let ends = (0..count).map(|index| pairs.partition_point(|pair| sum(pair) <= index));
        let ends = ends.collect();
        Self { pairs, ends }
    }

    /// The pairs of a sum.
    fn of(&self, index: usize) -> &[Pair] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.pairs[start..self.ends[index]]
    }
}

/// Values between matrices of so many each. A multiple of a cache's way would put all of them into one set of lines.
fn apart(values: usize) -> usize {
    values.next_multiple_of(16) + 16
}
