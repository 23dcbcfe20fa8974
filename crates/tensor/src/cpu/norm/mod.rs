//! Batch norm, forward and backward, for inputs `[n, c]`, `[n, c, l]`, `[n, c, h, w]`, ...
//!
//! A channel (or a few small ones) is handled as a whole: the second pass finds its elements in the
//! cache, so that each direction reads and writes memory once. All arithmetic is in f64, which costs
//! nothing beside the reads and leaves one rounding per element; only evaluation forward computes in the
//! dtype, as what follows a convolution in the same pass does.

mod backward;
mod coefficients;
mod forward;
mod lines;
mod moments;

pub(super) use lines::lines;

use std::ops::Range;

use super::float::{Float, for_float};
use super::host::Dst;
use super::prefetch;
use super::workspace::Contiguous;
use crate::Result;
use crate::device::Operand;
use crate::prim::{Activation, BatchNorm, NormMode};

/// Half of the independent sums over a channel; shorter channels are summed in columns.
const BLOCK: usize = 16;

/// Most columns of a tile.
const WIDTH: usize = 256;

/// Bytes of the next items that are asked for: an item's elements of a channel lie too far from the last one's for the
/// processor to guess.
const ASKED: usize = 2048;

/// Runs `Prim::BatchNorm`.
pub(super) fn run(norm: &BatchNorm, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
    for_float!("batch_norm", inputs[0].dtype, T => normalise::<T>(norm, inputs, outputs))
}

/// Runs `Prim::BatchNormGrad`.
pub(super) fn grad(
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    for_float!("batch_norm backward", inputs[0].dtype, T => gradients::<T>(norm, inputs, outputs))
}

#[allow(unsafe_code)]
fn normalise<T: Float>(
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let extent = Extent::new(inputs[0].layout.shape());
    let x = Contiguous::<T>::new(&inputs[0])?;
    let mut rest = inputs[1..].iter();
    let mut next = || rest.next().map(Contiguous::<T>::new).transpose();
    let eval = norm.mode == NormMode::Eval;
    let statistics = if eval { next()?.zip(next()?) } else { None };
    let affine = if norm.affine {
        next()?.zip(next()?)
    } else {
        None
    };
    let residual = if norm.residual { next()? } else { None };
    // SAFETY: outputs are contiguous and apart from each other and the inputs.
    let mut outputs = outputs
        .iter()
        .map(|output| unsafe { Dst::<T>::new(output).slice_mut() });
    let y = outputs.next().unwrap_or_default();
    let (mean, variance) = (
        outputs.next().unwrap_or_default(),
        outputs.next().unwrap_or_default(),
    );
    let operands = forward::Operands {
        extent,
        epsilon: norm.epsilon,
        relu: norm.activation == Activation::Relu,
        x: &x,
        residual: residual.as_deref(),
        affine: affine.as_ref().map(|(weight, bias)| (&**weight, &**bias)),
    };
    match &statistics {
        Some((mean, variance)) => forward::eval(operands, mean, variance, y),
        None => forward::train(operands, y, mean, variance),
    }
    Ok(())
}

#[allow(unsafe_code)]
fn gradients<T: Float>(
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let [grad, x, mean, variance, rest @ ..] = inputs else {
        unreachable!("the shape rules count the inputs")
    };
    let (grad, x) = (Contiguous::<T>::new(grad)?, Contiguous::<T>::new(x)?);
    let (mean, variance) = (Contiguous::<T>::new(mean)?, Contiguous::<T>::new(variance)?);
    let weight = rest
        .first()
        .filter(|_| norm.affine)
        .map(Contiguous::<T>::new)
        .transpose()?;
    let relu = norm.activation == Activation::Relu;
    let y = rest
        .last()
        .filter(|_| relu)
        .map(Contiguous::<T>::new)
        .transpose()?;
    // SAFETY: outputs are contiguous and apart from each other and the inputs.
    let mut outputs = outputs
        .iter()
        .map(|output| unsafe { Dst::<T>::new(output).slice_mut() });
    let gx = outputs.next().unwrap_or_default();
    let affine = if norm.affine {
        outputs.next().zip(outputs.next())
    } else {
        None
    };
    let residual = if norm.residual { outputs.next() } else { None };
    let operands = backward::Operands {
        extent: Extent::new(inputs[1].layout.shape()),
        epsilon: norm.epsilon,
        mode: norm.mode,
        grad: &grad,
        x: &x,
        y: y.as_deref(),
        mean: &mean,
        variance: &variance,
        weight: weight.as_deref(),
    };
    backward::run(operands, gx, affine, residual);
    Ok(())
}

/// Items, channels, and places per channel of an item.
#[derive(Clone, Copy, Debug)]
struct Extent {
    n: usize,
    c: usize,
    s: usize,
}

impl Extent {
    fn new(shape: &[usize]) -> Self {
        Self {
            n: shape[0],
            c: shape[1],
            s: shape[2..].iter().product(),
        }
    }

    /// Values per channel.
    fn count(&self) -> f64 {
        (self.n * self.s) as f64
    }

    /// True if a tile is many short channels side by side, with a sum per column.
    fn in_columns(&self) -> bool {
        self.s < 4 * BLOCK
    }

    fn channels_per_tile(&self) -> usize {
        if self.in_columns() {
            (WIDTH / self.s.max(1)).max(1)
        } else {
            1
        }
    }

    fn tiles(&self) -> usize {
        self.c.div_ceil(self.channels_per_tile())
    }

    fn channels(&self, tile: usize) -> Range<usize> {
        let per_tile = self.channels_per_tile();
        tile * per_tile..self.c.min((tile + 1) * per_tile)
    }

    /// Elements per tile.
    fn cost(&self) -> usize {
        self.n * self.s * self.channels_per_tile()
    }

    /// Asks for the elements of some channels in an item that comes after, so many that they are there in time.
    #[inline(always)]
    fn ask<T>(&self, values: &[T], item: usize, channels: &Range<usize>) {
        let most = ASKED / size_of::<T>();
        let ahead = 1 + most / (channels.len() * self.s).max(1);
        if item + ahead < self.n {
            let segment = self.segment(item + ahead, channels);
            let end = segment.end.min(segment.start + most);
            prefetch::slice(&values[segment.start..end]);
        }
    }

    /// Where an item's elements of some channels lie.
    fn segment(&self, item: usize, channels: &Range<usize>) -> Range<usize> {
        let start = (item * self.c + channels.start) * self.s;
        start..start + channels.len() * self.s
    }
}

#[cfg(test)]
mod tests;
