//! Convolutions by filters of 3 x 3 with fewer multiplications: squares of the planes are taken to their values
//! at some points, where a convolution is a product of matrices per point, and back (Winograd's F(2 x 2, 3 x 3)
//! and F(4 x 4, 3 x 3)).

mod bands;
mod squares;

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::{Layout, contiguous_strides};
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue};
use hammerhead_tensor::{DType, Result};

use self::bands::bands;
use self::squares::{Finish, Of, Planes, Squares};
use super::call::Dense;
use super::conv::signed;
use super::matmul;
use crate::device::State;

/// Rows of outputs in a square. A larger one saves half of the work again and loses three times as many digits.
/// Gradients can spare them; but outputs that are off by so much would more often be on the other side of a
/// zero, where a ReLU lets another gradient through.
pub(super) const OUTPUTS: usize = 2;
pub(super) const GRADIENTS: usize = 4;

/// Values per square.
const fn points(side: usize) -> usize {
    (side + 2) * (side + 2)
}

/// Values that are held at a time, about: they should stay in a large cache.
const HELD: usize = 1 << 24;
/// Multiplications in the time that a value takes to be made, written and read again.
const VALUE: usize = 20;

/// Whether a convolution with these weights and outputs, or a gradient of its size, is faster by way of points.
/// For the gradient of the input, that is the output.
pub(super) fn pays(conv: &Conv2d, side: usize, weight: &Layout, output: &Layout) -> bool {
    if std::env::var("NOWINO").is_ok() {
        return false;
    } // TEMP
    let (&[out, deep, kh, kw], &[n, _, h, w]) = (weight.shape(), output.shape()) else {
        return false;
    };
    if [kh, kw] != [3, 3] || conv.stride != [1, 1] || conv.dilation != [1, 1] {
        return false;
    }
    let out = out / conv.groups;
    let squares = n * h.div_ceil(side) * w.div_ceil(side);
    let values = squares * (out + deep) + out * deep;
    points(side) * (squares * out * deep + VALUE * values) < 9 * n * h * w * out * deep
}

/// How many products there are, and rows, depth and columns of each.
#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    rows: usize,
    depth: usize,
    columns: usize,
}

/// The products of matrices, written from element `at` on. The right ones may lie turned, their columns one
/// after another.
fn product(
    state: &State,
    sizes: Sizes,
    [left, right]: [&Dense<'_>; 2],
    turned: bool,
    (to, at): (&Dense<'_>, usize),
) -> Result<()> {
    let Sizes {
        batch,
        rows,
        depth,
        columns,
    } = sizes;
    let shape = [batch, rows, columns];
    let layouts = [
        Layout::contiguous(&[batch, rows, depth]),
        if turned {
            Layout::contiguous(&[batch, columns, depth]).permute(&[0, 2, 1])
        } else {
            Layout::contiguous(&[batch, depth, columns])
        },
        Layout::new(shape.as_slice().into(), contiguous_strides(&shape), at),
    ];
    let inputs = [floats(left, &layouts[0]), floats(right, &layouts[1])];
    matmul::run(
        state,
        &Epilogue::default(),
        &inputs,
        &floats(to, &layouts[2]),
    )
}

fn floats<'a>(values: &'a Dense<'_>, layout: &'a Layout) -> Operand<'a> {
    Operand {
        memory: values.piece(),
        layout,
        dtype: DType::F32,
    }
}

/// A convolution, or the gradient of its input, which is one with the filters turned around.
struct Correlation<'a> {
    side: usize,
    filters: Planes<'a>,
    image: Planes<'a>,
    output: Planes<'a>,
    /// Where in the image the first output's filter begins.
    origin: [isize; 2],
    finish: Finish<'a>,
}

impl Correlation<'_> {
    fn run(&self, state: &State) -> Result<()> {
        let [(groups, _), (rows, _), (depth, _)] = self.filters.outer;
        let batch = points(self.side) * groups;
        let filters = self
            .filters
            .values(state, Of::Filters, &Squares::one(self.side))?;
        let outputs = Squares::cover(self.output.size, self.side, [0, 0]);
        let patches = Squares::cover(self.output.size, self.side, self.origin);
        let most = HELD / (batch * (rows + depth));
        for band in bands(self.image.outer[2].0, outputs.count, most) {
            let columns = band.squares();
            let sizes = Sizes {
                batch,
                rows,
                depth,
                columns,
            };
            let image = self.image.of_band(&band);
            let image = image.values(state, Of::Image, &patches.of_band(&band))?;
            let sums = Dense::scratch(state, batch * rows * columns * 4)?;
            product(state, sizes, [&filters, &image], false, (&sums, 0))?;
            let output = self.output.of_band(&band);
            let outputs = outputs.of_band(&band);
            output.restore(state, Of::Image, (&sums, 1), &outputs, &self.finish)?;
        }
        Ok(())
    }
}

pub(super) fn forward(
    state: &State,
    conv: &Conv2d,
    epilogue: &Epilogue,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    let correlation = Correlation {
        side: OUTPUTS,
        filters: Planes::filters(&inputs[1], conv.groups),
        image: Planes::images(&inputs[0], conv.groups),
        output: Planes::images(y, conv.groups),
        origin: signed(conv.padding).map(|padding| -padding),
        finish: Finish {
            bias: epilogue.bias.then(|| &inputs[2]),
            relu: epilogue.activation == Activation::Relu,
        },
    };
    correlation.run(state)
}

pub(super) fn input_grad(
    state: &State,
    conv: &Conv2d,
    inputs: &[Operand<'_>],
    dx: &Operand<'_>,
) -> Result<()> {
    let correlation = Correlation {
        side: GRADIENTS,
        filters: Planes::filters(&inputs[1], conv.groups).turned(),
        image: Planes::images(&inputs[0], conv.groups),
        output: Planes::images(dx, conv.groups),
        origin: signed(conv.padding).map(|padding| padding - 2),
        finish: Finish::default(),
    };
    correlation.run(state)
}

/// The sum goes over squares instead of pixels; bands of them are parts of it.
pub(super) fn weight_grad(
    state: &State,
    conv: &Conv2d,
    inputs: &[Operand<'_>],
    dw: &Operand<'_>,
) -> Result<()> {
    let filters = Planes::filters(dw, conv.groups);
    let [grad, image] = [0, 1].map(|i| Planes::images(&inputs[i], conv.groups));
    let [(groups, _), (rows, _), (columns, _)] = filters.outer;
    let batch = points(GRADIENTS) * groups;
    let origin = signed(conv.padding).map(|padding| -padding);
    let outputs = Squares::cover(grad.size, GRADIENTS, [0, 0]);
    let patches = Squares::cover(grad.size, GRADIENTS, origin);
    let most = HELD / (batch * (rows + columns));
    let bands = bands(grad.outer[2].0, outputs.count, most);
    let part = batch * rows * columns;
    let sums = Dense::scratch(state, bands.len() * part * 4)?;
    for (i, band) in bands.iter().enumerate() {
        let sizes = Sizes {
            batch,
            rows,
            depth: band.squares(),
            columns,
        };
        let grad = grad.of_band(band);
        let grad = grad.values(state, Of::Gradient, &outputs.of_band(band))?;
        let image = image.of_band(band);
        let image = image.values(state, Of::Image, &patches.of_band(band))?;
        product(state, sizes, [&grad, &image], true, (&sums, i * part))?;
    }
    let (one, parts) = (Squares::one(GRADIENTS), (&sums, bands.len()));
    filters.restore(state, Of::Filters, parts, &one, &Finish::default())
}

#[cfg(test)]
mod tests;
