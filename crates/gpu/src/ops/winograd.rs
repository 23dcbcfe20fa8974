//! Convolutions by filters of 3 x 3 with fewer multiplications: squares of the planes are taken to their values
//! at some points, where a convolution is a product of matrices per point, and back (Winograd's F(2 x 2, 3 x 3)
//! and F(4 x 4, 3 x 3)).

mod bands;
mod choice;
mod squares;

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::pointwise::Binary;
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue};
use hammerhead_tensor::{DType, Result};

use self::bands::bands;
pub(super) use self::choice::{Direction, pays};
use self::squares::{Finish, Of, Planes, Squares, Values};
use super::call::Dense;
use super::conv::signed;
use super::{matmul, pointwise};
use crate::device::State;

/// Values that are held at a time, about: they should stay in a large cache.
const HELD: usize = 1 << 24;

/// Rows of outputs in a square. A larger one saves half of the work again and loses three times as many digits.
/// The gradient of the weight, which nothing else is computed from, can spare them. Outputs that are off by so
/// much would more often be on the other side of a zero, where a ReLU lets another gradient through, and
/// gradients of inputs are off by more with every layer that they pass.
const CONVOLUTION: usize = 2;
const WEIGHT_GRAD: usize = 4;

/// Values per square.
const fn points(side: usize) -> usize {
    (side + 2) * (side + 2)
}

/// Single-precision numbers in memory without a tensor around it.
fn floats<'a>(memory: &'a Dense<'_>, layout: &'a Layout) -> Operand<'a> {
    Operand {
        memory: memory.piece(),
        layout,
        dtype: DType::F32,
    }
}

/// One product of matrices per point and group.
fn product(
    state: &State,
    left: (&Values, Layout),
    right: (&Values, Layout),
    to: (&Dense<'_>, &Layout),
) -> Result<()> {
    let inputs = [
        floats(&left.0.memory, &left.1),
        floats(&right.0.memory, &right.1),
    ];
    matmul::run(state, &Epilogue::default(), &inputs, &floats(to.0, to.1))
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
        let batch = points(CONVOLUTION) * groups;
        let one = Squares::one(CONVOLUTION);
        let filters = self.filters.values(state, Of::Factors, &one)?;
        let outputs = Squares::cover(self.output.size, CONVOLUTION, [0, 0]);
        let patches = Squares::cover(self.output.size, CONVOLUTION, self.origin);
        let most = HELD / (batch * (rows + depth));
        for band in bands(self.image.outer[2].0, outputs.count, most) {
            let image = self.image.of_band(&band);
            let image = image.values(state, Of::Patches, &patches.of_band(&band))?;
            let shape = Layout::contiguous(&[batch, rows, band.squares()]);
            let sums = Dense::scratch(state, shape.numel() * 4)?;
            product(
                state,
                (&filters, filters.layout(batch, rows)),
                (&image, image.layout(batch, depth)),
                (&sums, &shape),
            )?;
            let output = self.output.of_band(&band);
            let outputs = outputs.of_band(&band);
            output.restore(state, &sums, &outputs, &self.finish)?;
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
        filters: Planes::filters(&inputs[1], conv.groups).turned(),
        image: Planes::images(&inputs[0], conv.groups),
        output: Planes::images(dx, conv.groups),
        origin: signed(conv.padding).map(|padding| padding - 2),
        finish: Finish::default(),
    };
    correlation.run(state)
}

/// The sum goes over squares instead of pixels, band by band.
pub(super) fn weight_grad(
    state: &State,
    conv: &Conv2d,
    inputs: &[Operand<'_>],
    dw: &Operand<'_>,
) -> Result<()> {
    let filters = Planes::filters(dw, conv.groups);
    let [grad, image] = [0, 1].map(|i| Planes::images(&inputs[i], conv.groups));
    let [(groups, _), (rows, _), (columns, _)] = filters.outer;
    let batch = points(WEIGHT_GRAD) * groups;
    let origin = signed(conv.padding).map(|padding| -padding);
    let outputs = Squares::cover(grad.size, WEIGHT_GRAD, [0, 0]);
    let patches = Squares::cover(grad.size, WEIGHT_GRAD, origin);
    let most = HELD / (batch * (rows + columns));
    let shape = Layout::contiguous(&[batch, rows, columns]);
    let total = Dense::scratch(state, shape.numel() * 4)?;
    for (i, band) in bands(grad.outer[2].0, outputs.count, most)
        .iter()
        .enumerate()
    {
        let grad = grad.of_band(band);
        let grad = grad.values(state, Of::Factors, &outputs.of_band(band))?;
        let image = image.of_band(band);
        let image = image.values(state, Of::Patches, &patches.of_band(band))?;
        let sum = |to: &Dense<'_>| {
            product(
                state,
                (&grad, grad.layout(batch, rows)),
                (&image, image.layout(batch, columns).permute(&[0, 2, 1])),
                (to, &shape),
            )
        };
        if i == 0 {
            sum(&total)?;
        } else {
            let part = Dense::scratch(state, shape.numel() * 4)?;
            sum(&part)?;
            let [total, part] = [&total, &part].map(|memory| floats(memory, &shape));
            pointwise::binary(state, Binary::Add, &[total, part], &total)?;
        }
    }
    let one = Squares::one(WEIGHT_GRAD);
    filters.restore(state, &total, &one, &Finish::default())
}
