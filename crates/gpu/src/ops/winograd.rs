//! Convolutions by filters of 3 x 3 with a quarter of the multiplications: squares of the planes are taken to
//! their values at 36 points (Winograd's F(4 x 4, 3 x 3)), where a convolution is a product of matrices per
//! point, and back.

use std::ops::Range;

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::{Layout, contiguous_strides};
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue};
use hammerhead_tensor::{DType, Result};

use super::call::{Dense, Dispatch};
use super::conv::{divisor, four, signed};
use super::product::word;
use super::{code, matmul};
use crate::device::State;
use crate::kernels::Shader;

/// Rows and columns of outputs in a square.
const SQUARE: usize = 4;
/// Values per square.
const POINTS: usize = 36;
/// Values that are held at a time, about: they should stay in a large cache.
const HELD: usize = 1 << 24;
/// Multiplications in the time that a value takes to be made, written and read again.
const VALUE: usize = 20;

/// Whether a convolution with these weights and outputs, or a gradient of its size, is faster by way of the
/// points. For the gradient of the input, that is the output.
pub(super) fn pays(conv: &Conv2d, weight: &Layout, output: &Layout) -> bool {
    if std::env::var("NOWINO").is_ok() { return false; } // TEMP
    let [out, deep, kh, kw] = four(weight.shape());
    let [n, _, h, w] = four(output.shape());
    let out = out / conv.groups;
    if [kh, kw] != [3, 3] || conv.stride != [1, 1] || conv.dilation != [1, 1] {
        return false;
    }
    let squares = n * h.div_ceil(SQUARE) * w.div_ceil(SQUARE);
    let values = squares * (out + deep) + out * deep;
    POINTS * (squares * out * deep + VALUE * values) < 9 * n * h * w * out * deep
}

/// Planes of an operand, by three outer places.
#[derive(Clone, Copy)]
struct Planes<'a> {
    operand: &'a Operand<'a>,
    /// Sizes and strides.
    outer: [(usize, isize); 3],
    /// Where the first plane begins, and the strides of rows and columns.
    start: isize,
    strides: [isize; 2],
    size: [usize; 2],
}

/// Squares of a plane: the first one's corner, and how many down and across.
#[derive(Clone, Copy)]
struct Squares {
    origin: [isize; 2],
    count: [usize; 2],
}

impl Squares {
    /// What is small enough for one square.
    const ONE: Self = Self {
        origin: [0, 0],
        count: [1, 1],
    };

    /// Those that cover outputs of a size; in what is multiplied with them the first one lies at `origin`.
    fn cover(size: [usize; 2], origin: [isize; 2]) -> Self {
        Self {
            origin,
            count: size.map(|size| size.div_ceil(SQUARE)),
        }
    }
}

/// What squares are of.
#[derive(Clone, Copy)]
enum Of {
    Image = 0,
    Filters = 1,
    Gradient = 2,
}

/// Some images, or rows of squares of one image.
#[derive(Clone)]
struct Band {
    images: Range<usize>,
    rows: Range<usize>,
}

impl Band {
    /// Bands of `rows` x `across` squares of `images` images with at most about `most` squares each.
    fn all(images: usize, [rows, across]: [usize; 2], most: usize) -> Vec<Self> {
        let per_image = rows * across;
        let (images_each, rows_each) = if per_image <= most {
            (even_part(images, (most / per_image).max(1)), rows)
        } else {
            (1, even_part(rows, (most / across).max(1)))
        };
        let parts = |whole: usize, part: usize| {
            (0..whole.div_ceil(part)).map(move |i| i * part..whole.min((i + 1) * part))
        };
        parts(images, images_each)
            .flat_map(|images| {
                parts(rows, rows_each).map(move |rows| Self {
                    images: images.clone(),
                    rows,
                })
            })
            .collect()
    }

    /// The band's part of all planes, whose images are the last outer place.
    fn planes<'a>(&self, of: Planes<'a>) -> Planes<'a> {
        let mut outer = of.outer;
        outer[2].0 = self.images.len();
        let start = of.start + self.images.start as isize * outer[2].1;
        Planes { outer, start, ..of }
    }

    fn squares(&self, of: Squares) -> Squares {
        let [y, x] = of.origin;
        Squares {
            origin: [y + (self.rows.start * SQUARE) as isize, x],
            count: [self.rows.len(), of.count[1]],
        }
    }

    fn len(&self, across: usize) -> usize {
        self.images.len() * self.rows.len() * across
    }
}

/// The size of the parts if a whole is cut evenly into parts of at most `most`.
fn even_part(whole: usize, most: usize) -> usize {
    whole.div_ceil(whole.div_ceil(most))
}

/// Workgroups over so many squares: a driver in software, which has few threads and reads parameters slowly,
/// is given few that do much.
fn workgroups(state: &State, squares: usize) -> usize {
    const PER_GROUP: usize = 64;
    let most = if state.lanes().is_some() { 32 } else { squares };
    squares.div_ceil(PER_GROUP).min(most)
}

impl<'a> Planes<'a> {
    /// The parameters that follow planes and points.
    fn words(&self, squares: &Squares) -> Vec<usize> {
        let [(_, a), (second, b), (third, c)] = self.outer;
        let mut words = vec![self.start, a, b, c];
        words.extend(self.strides);
        words.extend(signed(self.size));
        words.extend(squares.origin);
        words.push(SQUARE as isize);
        let divisors = [second, third, squares.count[0], squares.count[1]];
        words
            .into_iter()
            .map(|number| word(number) as usize)
            .chain(
                divisors
                    .into_iter()
                    .flat_map(divisor)
                    .map(|word| word as usize),
            )
            .collect()
    }

    fn count(&self, squares: &Squares) -> usize {
        let planes = self.outer.iter().map(|(size, _)| size);
        planes.chain(&squares.count).product()
    }

    /// The values of the squares at the points: `[point, outer.., down, across]`.
    fn values(&self, state: &State, of: Of, squares: &Squares) -> Result<Dense<'static>> {
        let count = self.count(squares);
        let points = Dense::scratch(state, count * POINTS * 4)?;
        let constants = [code(self.operand.dtype), of as u32];
        Dispatch::new(state, Shader::WinogradValues, &constants)
            .word(count)
            .strided(self.operand)
            .changed(&points)
            .words(self.words(squares))
            .run(workgroups(state, count))?;
        Ok(points)
    }
}

/// Sizes of the products: groups, then rows, depth and columns of each.
#[derive(Clone, Copy)]
struct Sizes {
    groups: usize,
    rows: usize,
    depth: usize,
    columns: usize,
}

/// One product of matrices per point and group, written from element `at` on. The right matrix may lie turned:
/// its columns one after another.
fn product(
    state: &State,
    sizes: Sizes,
    [left, right]: [&Dense<'_>; 2],
    turned: bool,
    (to, at): (&Dense<'_>, usize),
) -> Result<()> {
    let Sizes {
        groups,
        rows,
        depth,
        columns,
    } = sizes;
    let batch = POINTS * groups;
    let right_layout = if turned {
        Layout::contiguous(&[batch, columns, depth]).permute(&[0, 2, 1])
    } else {
        Layout::contiguous(&[batch, depth, columns])
    };
    let shape = [batch, rows, columns];
    let layouts = [
        Layout::contiguous(&[batch, rows, depth]),
        right_layout,
        Layout::new(shape.as_slice().into(), contiguous_strides(&shape), at),
    ];
    let [left, right, to] = [(left, 0), (right, 1), (to, 2)].map(|(dense, i)| Operand {
        memory: dense.piece(),
        layout: &layouts[i],
        dtype: DType::F32,
    });
    matmul::run(state, &Epilogue::default(), &[left, right], &to)
}

/// What follows a sum: a bias by channel, and whether negative numbers become zero.
#[derive(Clone, Copy, Default)]
struct Finish<'a> {
    bias: Option<&'a Operand<'a>>,
    relu: bool,
}

/// Takes values, or the sums of several parts of them, back to squares.
fn squares(
    state: &State,
    of: Of,
    (points, parts): (&Dense<'_>, usize),
    planes: &Planes<'_>,
    squares: &Squares,
    finish: Finish<'_>,
) -> Result<()> {
    let output = planes.operand;
    let pairs = matches!(of, Of::Image)
        && matches!(output.dtype, DType::F16 | DType::BF16)
        && output.layout.is_contiguous()
        && output.layout.offset().is_multiple_of(2)
        && planes.size[1].is_multiple_of(2);
    let constants = [
        code(output.dtype),
        u32::from(matches!(of, Of::Filters)),
        u32::from(finish.bias.is_some()),
        u32::from(finish.relu),
        code(finish.bias.map_or(DType::F32, |bias| bias.dtype)),
        u32::from(pairs),
    ];
    let count = planes.count(squares);
    let dispatch = Dispatch::new(state, Shader::WinogradSquares, &constants)
        .word(count)
        .output(output)
        .input(points)
        .words(planes.words(squares))
        .word(parts);
    let dispatch = match finish.bias {
        Some(bias) => {
            let stride = bias.layout.strides()[0];
            let group = planes.outer[1].0 as isize * stride;
            dispatch
                .strided(bias)
                .words([group, stride].map(|stride| word(stride) as usize))
        }
        None => dispatch,
    };
    dispatch.run(workgroups(state, count))
}

/// A convolution, or the gradient of its input, which is one with the filters turned around.
struct Correlation<'a> {
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
        let filters = self.filters.values(state, Of::Filters, &Squares::ONE)?;
        let across = Squares::cover(self.output.size, self.origin);
        let outputs = Squares::cover(self.output.size, [0, 0]);
        let images = self.image.outer[2].0;
        let most = HELD / (POINTS * groups * (rows + depth));
        for band in Band::all(images, across.count, most) {
            let columns = band.len(across.count[1]);
            let sizes = Sizes {
                groups,
                rows,
                depth,
                columns,
            };
            let image = band
                .planes(self.image)
                .values(state, Of::Image, &band.squares(across))?;
            let sums = Dense::scratch(state, POINTS * groups * rows * columns * 4)?;
            product(state, sizes, [&filters, &image], false, (&sums, 0))?;
            let output = band.planes(self.output);
            squares(
                state,
                Of::Image,
                (&sums, 1),
                &output,
                &band.squares(outputs),
                self.finish,
            )?;
        }
        Ok(())
    }
}

/// Images with their channels in groups.
fn images<'a>(operand: &'a Operand<'a>, groups: usize) -> Planes<'a> {
    let [n, channels, h, w] = four(operand.layout.shape());
    let strides = four(operand.layout.strides());
    let each = channels / groups;
    Planes {
        operand,
        outer: [
            (groups, each as isize * strides[1]),
            (each, strides[1]),
            (n, strides[0]),
        ],
        start: 0,
        strides: [strides[2], strides[3]],
        size: [h, w],
    }
}

/// Filters, by group, output and input.
fn filters<'a>(operand: &'a Operand<'a>, groups: usize) -> Planes<'a> {
    let [out, deep, h, w] = four(operand.layout.shape());
    let strides = four(operand.layout.strides());
    let each = out / groups;
    Planes {
        operand,
        outer: [
            (groups, each as isize * strides[0]),
            (each, strides[0]),
            (deep, strides[1]),
        ],
        start: 0,
        strides: [strides[2], strides[3]],
        size: [h, w],
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
        filters: filters(&inputs[1], conv.groups),
        image: images(&inputs[0], conv.groups),
        output: images(y, conv.groups),
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
    let mut turned = filters(&inputs[1], conv.groups);
    turned.outer.swap(1, 2);
    turned.start = 2 * (turned.strides[0] + turned.strides[1]);
    turned.strides = turned.strides.map(|stride| -stride);
    let correlation = Correlation {
        filters: turned,
        image: images(&inputs[0], conv.groups),
        output: images(dx, conv.groups),
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
    let filters = filters(dw, conv.groups);
    let (grad, x) = (
        images(&inputs[0], conv.groups),
        images(&inputs[1], conv.groups),
    );
    let [(groups, _), (rows, _), (columns, _)] = filters.outer;
    let outputs = Squares::cover(grad.size, [0, 0]);
    let across = Squares::cover(grad.size, signed(conv.padding).map(|padding| -padding));
    let most = HELD / (POINTS * groups * (rows + columns));
    let bands = Band::all(grad.outer[2].0, outputs.count, most);
    let part = POINTS * groups * rows * columns;
    let sums = Dense::scratch(state, bands.len() * part * 4)?;
    for (i, band) in bands.iter().enumerate() {
        let depth = band.len(outputs.count[1]);
        let sizes = Sizes {
            groups,
            rows,
            depth,
            columns,
        };
        let grad = band
            .planes(grad)
            .values(state, Of::Gradient, &band.squares(outputs))?;
        let image = band
            .planes(x)
            .values(state, Of::Image, &band.squares(across))?;
        product(state, sizes, [&grad, &image], true, (&sums, i * part))?;
    }
    squares(
        state,
        Of::Filters,
        (&sums, bands.len()),
        &filters,
        &Squares::ONE,
        Finish::default(),
    )
}

#[cfg(test)]
mod tests;
