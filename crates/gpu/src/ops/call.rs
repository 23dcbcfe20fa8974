//! Writing down a dispatch: parameters in the order a shader reads them, and which pieces it touches.

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use smallvec::SmallVec;

use super::{copy_to, piece, wrapped};
use crate::device::{Call, State};
use crate::kernels::{Constants, Shader};
use crate::memory::Piece;

/// An operand whose elements lie side by side, by a copy if they did not.
pub(super) struct Dense<'a> {
    piece: Held<'a>,
    offset: usize,
}

enum Held<'a> {
    Operand(&'a Piece),
    Copy(Piece),
}

impl<'a> Dense<'a> {
    pub(super) fn of(state: &State, operand: &Operand<'a>) -> Result<Self> {
        if operand.layout.is_contiguous() {
            return Ok(Self {
                piece: Held::Operand(piece(operand)),
                offset: operand.layout.offset(),
            });
        }
        let layout = Layout::contiguous(operand.layout.shape());
        let copy = state.take((layout.numel() * operand.dtype.size()) as u64)?;
        copy_to(state, operand, &copy, &layout)?;
        Ok(Self {
            piece: Held::Copy(copy),
            offset: 0,
        })
    }

    /// Several operands, in their order.
    pub(super) fn all(state: &State, operands: &[Operand<'a>]) -> Result<SmallVec<[Self; 6]>> {
        operands
            .iter()
            .map(|operand| Self::of(state, operand))
            .collect()
    }

    /// Memory of its own, without a tensor around it.
    pub(super) fn scratch(state: &State, bytes: usize) -> Result<Dense<'static>> {
        Ok(Dense {
            piece: Held::Copy(state.take(bytes as u64)?),
            offset: 0,
        })
    }

    /// Where it begins, in elements.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn piece(&self) -> &Piece {
        match &self.piece {
            Held::Operand(piece) => piece,
            Held::Copy(piece) => piece,
        }
    }
}

/// A dispatch on its way.
pub(super) struct Dispatch<'a> {
    state: &'a State,
    shader: Shader,
    constants: Constants,
    words: Vec<u32>,
    reads: SmallVec<[&'a Piece; 6]>,
    writes: SmallVec<[&'a Piece; 4]>,
}

impl<'a> Dispatch<'a> {
    pub(super) fn new(state: &'a State, shader: Shader, constants: &[u32]) -> Self {
        Self {
            state,
            shader,
            constants: constants.into(),
            words: Vec::with_capacity(40),
            reads: SmallVec::new(),
            writes: SmallVec::new(),
        }
    }

    pub(super) fn word(mut self, word: usize) -> Self {
        self.words.push(word as u32);
        self
    }

    pub(super) fn words(mut self, words: impl IntoIterator<Item = usize>) -> Self {
        self.words.extend(words.into_iter().map(|word| word as u32));
        self
    }

    pub(super) fn wide(mut self, number: u64) -> Self {
        self.words.extend([number as u32, (number >> 32) as u32]);
        self
    }

    /// A number that the shader computes with, rounded as its own are.
    pub(super) fn number(self, number: f64) -> Self {
        let bits = number_bits(number, self.shader.is_double());
        self.wide(bits)
    }

    /// Numbers without gaps: a float takes one word.
    pub(super) fn numbers(mut self, numbers: &[f64]) -> Self {
        for &number in numbers {
            self = self.number(number);
            if !self.shader.is_double() {
                self.words.pop();
            }
        }
        self
    }

    /// Address and offset of a dense operand that is read.
    pub(super) fn input(mut self, operand: &'a Dense<'_>) -> Self {
        self.reads.push(operand.piece());
        self.place(operand.piece(), operand.offset)
    }

    /// Address and offset of a dense operand that is changed.
    pub(super) fn changed(mut self, operand: &'a Dense<'_>) -> Self {
        self.writes.push(operand.piece());
        self.place(operand.piece(), operand.offset)
    }

    /// Address and offset of an operand that is read, whatever its layout.
    pub(super) fn strided(mut self, operand: &Operand<'a>) -> Self {
        self.reads.push(piece(operand));
        self.place(piece(operand), operand.layout.offset())
    }

    /// Address and offset of an output.
    pub(super) fn output(mut self, operand: &Operand<'a>) -> Self {
        self.writes.push(piece(operand));
        self.place(piece(operand), operand.layout.offset())
    }

    /// Room for operands that this dispatch has not.
    pub(super) fn absent(mut self, operands: usize) -> Self {
        self.words.resize(self.words.len() + 3 * operands, 0);
        self
    }

    /// Address and offset of a dense operand that is read, if there is one.
    pub(super) fn optional(self, operand: Option<&'a Dense<'_>>) -> Self {
        match operand {
            Some(operand) => self.input(operand),
            None => self.absent(1),
        }
    }

    /// Address and offset of a dense operand that is changed, if there is one.
    pub(super) fn optional_changed(self, operand: Option<&'a Dense<'_>>) -> Self {
        match operand {
            Some(operand) => self.changed(operand),
            None => self.absent(1),
        }
    }

    /// Where shaders note faults.
    pub(super) fn faults(mut self) -> Self {
        let state = self.state;
        self.writes.push(state.faults());
        self.wide(state.faults().address())
    }

    fn place(self, piece: &Piece, offset: usize) -> Self {
        self.wide(piece.address()).word(offset)
    }

    /// Records it with at least `groups` workgroups.
    pub(super) fn run(self, groups: usize) -> Result<()> {
        if groups == 0 {
            return Ok(());
        }
        self.state.call(Call {
            shader: self.shader,
            constants: self.constants,
            params: &self.words,
            groups: wrapped(groups),
            reads: &self.reads,
            writes: &self.writes,
        })
    }
}

/// A number as two words: a float fills the first.
pub(super) fn number_bits(number: f64, double: bool) -> u64 {
    if double {
        number.to_bits()
    } else {
        u64::from((number as f32).to_bits())
    }
}
