//! A digit of anybody's, brought into the form of MNIST's.

use std::ops::Range;

use hammerhead_tensor::{DType, Tensor};

/// Rows and columns of a picture.
const FIELD: usize = 28;
/// The longer side of the digit in it.
const BOX: usize = 20;
/// The middle of the field, in pixels whose middles are whole numbers.
const MIDDLE: f64 = 13.5;
/// Less than this is rounding.
const ROUNDING: f64 = 1e-9;

/// Centres and scales ink on a sheet of any size as MNIST's digits were, so that a network trained on those
/// sees what it knows.
///
/// The sheet is `[h, w]`, as bytes from 0 to 255 or as numbers from 0 to 1, where 0 is bare paper (a photograph of
/// dark ink on white paper is to be turned around and its paper set to 0 first). What comes out is `F32`
/// `[28, 28]` from 0 to 1, made as [the makers of MNIST](http://yann.lecun.com/exdb/mnist/) describe it: the
/// box around the ink is scaled to fit into 20 x 20 pixels, its sides in proportion, each new pixel the mean of the
/// area that it covers (anti-aliasing); then it is moved by whole pixels until its centre of mass is in the
/// middle. MNIST's own digits stay as they are, but for the few whose faintest edge is lost. A sheet without ink
/// gives a picture without ink.
///
/// ```
/// use hammerhead_datasets::mnist_digit;
/// use hammerhead_tensor::Tensor;
///
/// // A bar of 40 x 10 pixels in a corner of a large sheet.
/// let sheet = Tensor::zeros([300, 400]);
/// sheet.i((5..45, 3..13)).fill_(1.0);
/// let digit = mnist_digit(&sheet);
/// assert_eq!(digit.shape(), [28, 28]);
/// assert_eq!(digit.i((4..24, 12..17)).sum().item(), 100.0);
/// assert_eq!(digit.sum().item(), 100.0);
/// ```
///
/// # Panics
/// If the sheet is not a matrix.
#[track_caller]
pub fn mnist_digit(sheet: &Tensor) -> Tensor {
    let [height, width] = *sheet.shape() else {
        panic!(
            "mnist_digit: a tensor of shape {:?}; expected a sheet [h, w]; help: take one picture of a batch, one \
             channel of a picture",
            sheet.shape()
        );
    };
    let greatest = if sheet.dtype() == DType::U8 {
        255.0
    } else {
        1.0
    };
    let values: Vec<f32> = sheet.detach().to_dtype(DType::F32).to_vec();
    let ink: Vec<f64> = values
        .iter()
        .map(|value| (f64::from(*value) / greatest).clamp(0.0, 1.0))
        .map(|share| if share.is_nan() { 0.0 } else { share })
        .collect();
    let mut field = vec![0.0f32; FIELD * FIELD];
    if let Some((rows, columns)) = bounds(&ink, height, width) {
        let small = Small::of(&ink, width, rows, columns);
        let (top, left) = small.place();
        for (y, row) in small.pixels.chunks(small.width).enumerate() {
            for (x, value) in row.iter().enumerate() {
                field[(top + y) * FIELD + left + x] = *value as f32;
            }
        }
    }
    Tensor::from_vec(field, [FIELD, FIELD])
}

/// The rows and columns with ink in them.
fn bounds(ink: &[f64], height: usize, width: usize) -> Option<(Range<usize>, Range<usize>)> {
    let row = |y: &usize| ink[y * width..][..width].iter().any(|value| *value > 0.0);
    let column = |x: &usize| (0..height).any(|y| ink[y * width + x] > 0.0);
    let rows = (0..height).find(row)?..(0..height).rfind(row)? + 1;
    let columns = (0..width).find(column)?..(0..width).rfind(column)? + 1;
    Some((rows, columns))
}

/// The ink in its box.
struct Small {
    height: usize,
    width: usize,
    pixels: Vec<f64>,
}

impl Small {
    fn of(ink: &[f64], stride: usize, rows: Range<usize>, columns: Range<usize>) -> Self {
        let longer = rows.len().max(columns.len()) as f64;
        let scaled = |side: usize| {
            let pixels = (BOX as f64 * side as f64 / longer).round();
            (pixels as usize).max(1)
        };
        let (height, width) = (scaled(rows.len()), scaled(columns.len()));
        let across: Vec<_> = (0..width).map(|x| covered(&columns, x, width)).collect();
        let mut pixels = Vec::with_capacity(height * width);
        for y in 0..height {
            let down = covered(&rows, y, height);
            for part in &across {
                let mean = |row: usize| -> f64 {
                    let inner = part.iter().map(|(x, share)| share * ink[row * stride + x]);
                    inner.sum()
                };
                pixels.push(down.iter().map(|(row, share)| share * mean(*row)).sum());
            }
        }
        Self {
            height,
            width,
            pixels,
        }
    }

    /// Where its corner comes to lie, so that the centre of mass is in the middle and nothing outside.
    fn place(&self) -> (usize, usize) {
        let (mut mass, mut down, mut across) = (0.0, 0.0, 0.0);
        for (i, value) in self.pixels.iter().enumerate() {
            mass += value;
            down += value * (i / self.width) as f64;
            across += value * (i % self.width) as f64;
        }
        let corner = |moment: f64, side: usize| {
            let corner = (MIDDLE - moment / mass - ROUNDING).ceil();
            corner.clamp(0.0, (FIELD - side) as f64) as usize
        };
        (corner(down, self.height), corner(across, self.width))
    }
}

/// The old pixels below the new pixel `i` of `count`, each with its share of it.
fn covered(old: &Range<usize>, i: usize, count: usize) -> Vec<(usize, f64)> {
    let size = old.len() as f64 / count as f64;
    let (from, to) = (i as f64 * size, (i + 1) as f64 * size);
    let first = from.floor() as usize;
    let last = (to.ceil() as usize).min(old.len());
    (first..last)
        .map(|pixel| {
            let overlap = to.min(pixel as f64 + 1.0) - from.max(pixel as f64);
            (old.start + pixel, overlap / size)
        })
        .filter(|(_, share)| *share > 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "mnist")]
    use crate::Dataset;

    /// A sheet with a filled rectangle.
    fn rectangle(size: [usize; 2], rows: Range<usize>, columns: Range<usize>) -> Tensor {
        let sheet = Tensor::zeros(size);
        sheet.i((rows, columns)).fill_(1.0);
        sheet
    }

    #[test]
    #[cfg(feature = "mnist")]
    fn the_digits_of_mnist_stay_as_they_are() {
        let digits = crate::Mnist::load().unwrap().test;
        let changes = |i: &usize| {
            let picture = digits.picture(*i);
            let again: Vec<f32> = mnist_digit(&Tensor::from_slice(picture, [28, 28])).to_vec();
            let bytes = again.iter().map(|value| (value * 255.0).round() as u8);
            !bytes.eq(picture.iter().copied())
        };
        let changed: Vec<usize> = (0..digits.len()).filter(changes).collect();
        // These three are 19 pixels high.
        assert_eq!(changed, [4530, 9300, 9302]);
    }

    #[test]
    #[cfg(feature = "mnist")]
    fn where_and_how_large_it_is_written_does_not_matter() {
        let digits = crate::Mnist::load().unwrap().test;
        for i in 0..50 {
            let own = Tensor::from_slice(digits.picture(i), [28, 28]);
            let mut sheet = vec![0; 300 * 250];
            for (y, x) in (0..196).flat_map(|y| (0..196).map(move |x| (y, x))) {
                sheet[(90 + y) * 250 + 11 + x] = digits.picture(i)[y / 7 * 28 + x / 7];
            }
            let large = mnist_digit(&Tensor::from_vec(sheet, [300, 250]));
            let found: Vec<f32> = (large - mnist_digit(&own)).to_vec();
            assert!(found.iter().all(|x| x.abs() < 1e-6), "digit {i}");
        }
    }

    #[test]
    fn sides_stay_in_proportion_and_edges_are_grey() {
        // 33 x 11 becomes 20 x 7: every column is covered in full, as none of its neighbours is bare.
        let digit = mnist_digit(&rectangle([60, 60], 8..41, 30..41));
        let columns: Vec<f32> = digit.sum_dim(0).to_vec();
        assert_eq!(columns.iter().filter(|sum| **sum > 0.0).count(), 7);
        // Two bars with a gap of a third between: the pixels on their edges are partly covered.
        let two = rectangle([64, 64], 2..50, 3..16) + rectangle([64, 64], 2..50, 35..51);
        let grey: Vec<f32> = mnist_digit(&two).to_vec();
        assert!(grey.iter().any(|value| *value > 0.05 && *value < 0.95));
    }

    #[test]
    fn the_centre_of_mass_comes_to_the_middle_and_nothing_leaves_the_field() {
        // Most of the mass below: a foot under a stem. In the middle, the box would begin in row 4.
        let foot =
            rectangle([200, 200], 0..160, 80..100) + rectangle([200, 200], 160..200, 60..120);
        let rows: Vec<f32> = mnist_digit(&foot).sum_dim(1).to_vec();
        let mass: f32 = rows.iter().sum();
        let moment: f32 = (0..28).map(|y| y as f32 * rows[y]).sum();
        assert!((moment / mass - 14.0).abs() <= 0.5, "{}", moment / mass);
        assert_eq!(rows.iter().position(|sum| *sum > 0.0), Some(2));
        let heavy =
            rectangle([200, 200], 0..160, 79..82) + rectangle([200, 200], 160..200, 40..120);
        let rows: Vec<f32> = mnist_digit(&heavy).sum_dim(1).to_vec();
        assert_eq!(rows.iter().filter(|sum| **sum > 0.0).count(), 20);
    }

    #[test]
    fn bare_paper_thin_lines_and_numbers_that_are_none() {
        assert_eq!(mnist_digit(&Tensor::zeros([30, 20])).sum().item(), 0.0);
        assert_eq!(mnist_digit(&Tensor::zeros([0, 20])).sum().item(), 0.0);
        let line = mnist_digit(&rectangle([400, 400], 10..390, 200..201));
        assert_eq!(line.i((4..24, 14)).sum().item(), 20.0);
        let dot = mnist_digit(&rectangle([400, 400], 7..8, 9..10));
        assert_eq!(dot.sum().item(), 400.0);
        let odd = Tensor::from_vec(vec![f32::NAN, -3.0, 9.0, 0.0], [2, 2]);
        assert_eq!(mnist_digit(&odd).sum().item(), 400.0);
    }

    #[test]
    #[should_panic(expected = "mnist_digit: a tensor of shape [2, 3, 4]; expected a sheet [h, w]")]
    fn a_batch_is_no_sheet() {
        mnist_digit(&Tensor::zeros([2, 3, 4]));
    }
}
