//! What all element-by-element shaders share: one walk over the output, every operand by strides.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::{DType, Result};
use smallvec::{SmallVec, smallvec};

use super::{code, piece, wrapped};
use crate::device::{Call, State};
use crate::kernels::{Constants, Shader};
use crate::memory::Piece;

/// How an operand lies along the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lies {
    Side = 0,
    Same = 1,
    Strided = 2,
}

/// Elements that a workgroup computes.
const PER_GROUP: usize = 1024;

/// Runs a shader built on `elementwise.glsl`; inputs broadcast to the output's shape.
pub(super) fn run(
    state: &State,
    shader: Shader,
    operation: u32,
    params: [u32; 4],
    output: &Operand<'_>,
    inputs: &[Operand<'_>],
) -> Result<()> {
    let numel = output.layout.numel();
    if numel == 0 {
        return Ok(());
    }
    let shape = output.layout.shape();
    let layouts: SmallVec<[Layout; 4]> = std::iter::once(output.layout.clone())
        .chain(inputs.iter().map(|input| input.layout.expand(shape)))
        .collect();
    let (sizes, strides) = merged(&layouts);
    let operands: SmallVec<[&Operand<'_>; 4]> = std::iter::once(output).chain(inputs).collect();
    let mut constants: Constants = smallvec![operation, operands.len() as u32];
    constants.extend((0..4).map(|i| operands.get(i).map_or(0, |operand| code(operand.dtype))));
    for i in 0..4 {
        let lies = strides
            .get(i)
            .map_or(Lies::Side, |strides| lies(&sizes, strides));
        let aligned = i > 0
            || output
                .layout
                .offset()
                .is_multiple_of(words_apart(output.dtype));
        constants.push(if aligned { lies } else { Lies::Strided } as u32);
    }
    let mut words = vec![numel as u32, sizes.len() as u32];
    words.extend(params);
    push_address(&mut words, state.faults());
    for (operand, layout) in operands.iter().zip(&layouts) {
        push_address(&mut words, piece(operand).address());
        words.push(layout.offset() as u32);
    }
    words.extend(sizes.iter().map(|&size| size as u32));
    for strides in &strides {
        words.extend(strides.iter().map(|&stride| stride as i32 as u32));
    }
    let reads: SmallVec<[&Piece; 3]> = inputs.iter().map(piece).collect();
    state.call(Call {
        shader: shader.of(output.dtype),
        constants,
        params: words,
        groups: wrapped(numel.div_ceil(PER_GROUP)),
        reads: &reads,
        writes: &[piece(output)],
    })
}

pub(super) fn push_address(words: &mut Vec<u32>, address: u64) {
    words.extend([address as u32, (address >> 32) as u32]);
}

/// Elements between those of a narrow dtype that begin a word.
fn words_apart(dtype: DType) -> usize {
    4 / dtype.size().min(4)
}

fn lies(sizes: &[usize], strides: &[isize]) -> Lies {
    if strides.iter().all(|&stride| stride == 0) {
        return Lies::Same;
    }
    let mut expected = 1;
    for (&size, &stride) in sizes.iter().zip(strides).rev() {
        if stride != expected {
            return Lies::Strided;
        }
        expected *= size as isize;
    }
    Lies::Side
}

/// Sizes and strides without dims of one element, neighbours merged wherever every operand allows.
#[allow(clippy::type_complexity)]
fn merged(layouts: &[Layout]) -> (SmallVec<[usize; 6]>, SmallVec<[SmallVec<[isize; 6]>; 4]>) {
    let mut sizes: SmallVec<[usize; 6]> = SmallVec::new();
    let mut strides: SmallVec<[SmallVec<[isize; 6]>; 4]> =
        layouts.iter().map(|_| SmallVec::new()).collect();
    for dim in 0..layouts[0].rank() {
        let size = layouts[0].shape()[dim];
        if size == 1 {
            continue;
        }
        let joins = !sizes.is_empty()
            && layouts.iter().zip(&strides).all(|(layout, strides)| {
                strides.last() == Some(&(layout.strides()[dim] * size as isize))
            });
        for (layout, strides) in layouts.iter().zip(&mut strides) {
            if joins {
                strides.pop();
            }
            strides.push(layout.strides()[dim]);
        }
        match sizes.last_mut() {
            Some(last) if joins => *last *= size,
            _ => sizes.push(size),
        }
    }
    (sizes, strides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dims_merge_where_every_operand_allows() {
        let whole = Layout::contiguous(&[2, 3, 4]);
        let row = Layout::contiguous(&[4]).expand(&[2, 3, 4]);
        let (sizes, strides) = merged(&[whole.clone(), whole.clone()]);
        assert_eq!(
            (sizes.as_slice(), lies(&sizes, &strides[0])),
            (&[24][..], Lies::Side)
        );
        let (sizes, strides) = merged(&[whole.clone(), row]);
        assert_eq!(sizes.as_slice(), [6, 4]);
        assert_eq!(strides[1].as_slice(), [0, 1]);
        assert_eq!(lies(&sizes, &strides[0]), Lies::Side);
        let (sizes, strides) = merged(&[whole, Layout::contiguous(&[]).expand(&[2, 3, 4])]);
        assert_eq!(lies(&sizes, &strides[1]), Lies::Same);
    }
}
