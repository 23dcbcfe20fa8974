//! Planes cut into squares, and the two shaders over them: to values at the points, and back.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::{DType, Result};

use super::bands::Band;
use super::{CONVOLUTION, points};
use crate::device::State;
use crate::kernels::Shader;
use crate::ops::call::{Dense, Dispatch};
use crate::ops::code;
use crate::ops::conv::{divisor, four, signed};
use crate::ops::product::word;

/// Planes of an operand, by three outer places.
#[derive(Clone, Copy)]
pub(super) struct Planes<'a> {
    operand: &'a Operand<'a>,
    /// Sizes and strides: group, channel, image; or of filters group, output, input.
    pub(super) outer: [(usize, isize); 3],
    /// Where the first plane begins, and the strides of rows and columns.
    start: isize,
    strides: [isize; 2],
    pub(super) size: [usize; 2],
}

/// Squares of a plane: rows of outputs in each, the first one's corner, and how many down and across.
#[derive(Clone, Copy)]
pub(super) struct Squares {
    side: usize,
    origin: [isize; 2],
    pub(super) count: [usize; 2],
}

/// What values are of: patches of an image, or filters or gradients that these are multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Factors = 0,
    Patches = 1,
}

/// The values at the points: by point and by the planes' outer places; squares of planes with the same two first
/// ones are a line.
pub(super) struct Values {
    pub(super) memory: Dense<'static>,
    line: usize,
    /// From the start of a line to that of the next: whole vectors.
    pitch: usize,
}

impl Values {
    fn take(state: &State, lines: usize, line: usize) -> Result<Self> {
        let pitch = line.next_multiple_of(8);
        Ok(Self {
            memory: Dense::scratch(state, lines * pitch * 4)?,
            line,
            pitch,
        })
    }

    /// Seen as matrices of so many lines.
    pub(super) fn layout(&self, batch: usize, lines: usize) -> Layout {
        let strides = [lines * self.pitch, self.pitch, 1].map(|stride| stride as isize);
        let shape = [batch, lines, self.line];
        Layout::new(shape.as_slice().into(), strides.as_slice().into(), 0)
    }
}

/// What follows a sum: a bias by channel, and whether negative numbers become zero.
#[derive(Clone, Copy, Default)]
pub(super) struct Finish<'a> {
    pub(super) bias: Option<&'a Operand<'a>>,
    pub(super) relu: bool,
}

impl Squares {
    /// Those that cover outputs of a size; where they are patches of an image, the first one begins at `origin`.
    pub(super) fn cover(size: [usize; 2], side: usize, origin: [isize; 2]) -> Self {
        let count = size.map(|size| size.div_ceil(side));
        Self {
            side,
            origin,
            count,
        }
    }

    /// What lies in a single square.
    pub(super) fn one(side: usize) -> Self {
        Self::cover([1, 1], side, [0, 0])
    }

    pub(super) fn of_band(&self, band: &Band) -> Self {
        let [y, x] = self.origin;
        Self {
            side: self.side,
            origin: [y + (band.rows.start * self.side) as isize, x],
            count: [band.rows.len(), self.count[1]],
        }
    }
}

impl<'a> Planes<'a> {
    /// Images with their channels in groups.
    pub(super) fn images(operand: &'a Operand<'a>, groups: usize) -> Self {
        let [n, channels, h, w] = four(operand.layout.shape());
        let strides = four(operand.layout.strides());
        let each = channels / groups;
        Self {
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

    /// Filters with their outputs in groups.
    pub(super) fn filters(operand: &'a Operand<'a>, groups: usize) -> Self {
        let [out, deep, h, w] = four(operand.layout.shape());
        let strides = four(operand.layout.strides());
        let each = out / groups;
        Self {
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

    /// Filters from outputs to inputs, the last row and column first.
    pub(super) fn turned(self) -> Self {
        let [group, out, deep] = self.outer;
        let [down, across] = self.strides;
        let [h, w] = signed(self.size);
        Self {
            outer: [group, deep, out],
            start: (h - 1) * down + (w - 1) * across,
            strides: [-down, -across],
            ..self
        }
    }

    /// The band's images.
    pub(super) fn of_band(&self, band: &Band) -> Self {
        let mut planes = *self;
        planes.outer[2].0 = band.images.len();
        planes.start += band.images.start as isize * planes.outer[2].1;
        planes
    }

    /// The values of the squares at the points.
    pub(super) fn values(&self, state: &State, of: Of, squares: &Squares) -> Result<Values> {
        let lines = self.outer[0].0 * self.outer[1].0;
        let count = self.count(squares);
        let values = Values::take(state, points(squares.side) * lines, count / lines)?;
        let constants = [code(self.operand.dtype), squares.side as u32, of as u32];
        Dispatch::new(state, Shader::WinogradValues, &constants)
            .word(count)
            .strided(self.operand)
            .changed(&values.memory)
            .words(self.words(squares, values.pitch))
            .run(workgroups(state, count))?;
        Ok(values)
    }

    /// Writes the squares that have these values, which lie without gaps.
    pub(super) fn restore(
        &self,
        state: &State,
        values: &Dense<'_>,
        squares: &Squares,
        finish: &Finish<'_>,
    ) -> Result<()> {
        let output = self.operand;
        let even = self.size[1].is_multiple_of(2) && output.layout.offset().is_multiple_of(2);
        let narrow = matches!(output.dtype, DType::F16 | DType::BF16);
        let square = squares.side == CONVOLUTION;
        let pairs = square && narrow && even && output.layout.is_contiguous();
        let constants = [
            code(output.dtype),
            squares.side as u32,
            u32::from(finish.bias.is_some()),
            u32::from(finish.relu),
            code(finish.bias.map_or(output.dtype, |bias| bias.dtype)),
            u32::from(pairs),
        ];
        let count = self.count(squares);
        let dispatch = Dispatch::new(state, Shader::WinogradSquares, &constants)
            .word(count)
            .output(output)
            .input(values)
            .words(self.words(squares, count / (self.outer[0].0 * self.outer[1].0)));
        let dispatch = match finish.bias {
            Some(bias) => {
                let stride = bias.layout.strides()[0];
                let group = self.outer[1].0 as isize * stride;
                dispatch.strided(bias).words([group, stride].map(wrapping))
            }
            None => dispatch,
        };
        dispatch.run(workgroups(state, count))
    }

    fn count(&self, squares: &Squares) -> usize {
        let planes = self.outer.iter().map(|(size, _)| size);
        planes.chain(&squares.count).product()
    }

    /// The parameters that follow planes and values.
    fn words(&self, squares: &Squares, pitch: usize) -> impl Iterator<Item = usize> {
        let [(groups, first), (second_size, second), (third_size, third)] = self.outer;
        let [down, across] = squares.count;
        let line = third_size * down * across;
        let divisors = [second_size, third_size, down, across].map(divisor);
        [self.start, first, second, third]
            .into_iter()
            .chain(self.strides)
            .chain(signed(self.size))
            .chain(squares.origin)
            .map(wrapping)
            .chain([groups * second_size * pitch, pitch - line])
            .chain(divisors.into_iter().flatten().map(|word| word as usize))
    }
}

/// A signed number as a parameter.
fn wrapping(number: isize) -> usize {
    word(number) as usize
}

/// Workgroups over so many squares: a driver in software, which has few threads and reads parameters slowly,
/// is given few that do much.
fn workgroups(state: &State, squares: usize) -> usize {
    const PER_GROUP: usize = 64;
    let groups = squares.div_ceil(PER_GROUP);
    match state.lanes() {
        Some(_) => groups.min(32),
        None => groups,
    }
}
