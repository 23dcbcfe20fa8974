//! What all element-by-element shaders share: one walk over the output, every operand by strides.

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use smallvec::{SmallVec, smallvec};

use super::{code, piece, wrapped};
use crate::device::{Call, State};
use crate::kernels::{Constants, Shader};
use crate::memory::Piece;

/// Operands of one shader at most, the output among them.
const OPERANDS: usize = 4;
/// Elements that a workgroup computes.
const PER_GROUP: usize = 1024;
/// Elements that are moved as a whole where they lie side by side.
const FOUR: usize = 4;

/// What is moved by fours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByFours {
    Nothing = 0,
    Output = 1,
    Everything = 2,
}

/// One dim of the walk: its size, and a stride for each operand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dim {
    size: usize,
    strides: [isize; OPERANDS],
}

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
    let layouts: SmallVec<[Layout; OPERANDS]> = std::iter::once(output.layout.clone())
        .chain(inputs.iter().map(|input| input.layout.expand(shape)))
        .collect();
    let dims = merged(&layouts);
    let operands = || std::iter::once(output).chain(inputs);
    let mut constants: Constants = smallvec![operation, layouts.len() as u32];
    constants.extend(operands().map(|operand| code(operand.dtype)));
    let mut words: SmallVec<[u32; 32]> = smallvec![
        numel as u32,
        dims.len() as u32,
        by_fours(&layouts, &dims) as u32
    ];
    words.extend(params);
    words.extend(halves(state.faults()));
    for (operand, layout) in operands().zip(&layouts) {
        words.extend(halves(piece(operand).address()));
        words.push(layout.offset() as u32);
    }
    words.resize(words.len() + 3 * (OPERANDS - layouts.len()), 0);
    for dim in dims.iter().rev() {
        words.extend(dim.strides.map(|stride| stride as i32 as u32));
        words.push(dim.size as u32);
    }
    // Nothing is divided by the first dim's size.
    words.pop();
    let reads: SmallVec<[&Piece; OPERANDS]> = inputs.iter().map(piece).collect();
    state.call(Call {
        shader: shader.of(output.dtype),
        constants,
        params: &words,
        groups: wrapped(numel.div_ceil(PER_GROUP)),
        reads: &reads,
        writes: &[piece(output)],
    })
}

/// An address as a shader reads it.
pub(super) fn halves(address: u64) -> [u32; 2] {
    [address as u32, (address >> 32) as u32]
}

/// The dims of the walk, at least one: without those of one element, neighbours merged wherever every
/// operand allows.
fn merged(layouts: &[Layout]) -> SmallVec<[Dim; 4]> {
    let mut dims: SmallVec<[Dim; 4]> = SmallVec::new();
    for (dim, &size) in layouts[0].shape().iter().enumerate() {
        if size == 1 {
            continue;
        }
        let mut strides = [0; OPERANDS];
        for (stride, layout) in strides.iter_mut().zip(layouts) {
            *stride = layout.strides()[dim];
        }
        match dims.last_mut() {
            Some(last) if last.strides == strides.map(|stride| stride * size as isize) => {
                *last = Dim {
                    size: last.size * size,
                    strides,
                };
            }
            _ => dims.push(Dim { size, strides }),
        }
    }
    if dims.is_empty() {
        dims.push(Dim {
            size: 1,
            strides: [0; OPERANDS],
        });
    }
    dims
}

fn by_fours(layouts: &[Layout], dims: &[Dim]) -> ByFours {
    let (last, others) = dims.split_last().expect("there is a dim");
    let whole = |length: usize| length.is_multiple_of(FOUR);
    let rows = others.is_empty() || whole(last.size);
    let lies = |(operand, layout): (usize, &Layout)| match last.strides[operand] {
        0 => operand > 0,
        1 => {
            whole(layout.offset())
                && others
                    .iter()
                    .all(|dim| whole(dim.strides[operand].unsigned_abs()))
        }
        _ => false,
    };
    if rows && layouts.iter().enumerate().all(lies) {
        ByFours::Everything
    } else if layouts[0].is_contiguous() && whole(layouts[0].offset()) {
        ByFours::Output
    } else {
        ByFours::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(layouts: &[Layout]) -> (Vec<usize>, ByFours) {
        let dims = merged(layouts);
        let sizes = dims.iter().map(|dim| dim.size).collect();
        (sizes, by_fours(layouts, &dims))
    }

    #[test]
    fn dims_merge_where_every_operand_allows() {
        let whole = Layout::contiguous(&[2, 3, 4]);
        let row = Layout::contiguous(&[4]).expand(&[2, 3, 4]);
        let one = Layout::contiguous(&[]).expand(&[2, 3, 4]);
        assert_eq!(walk(&[whole.clone(), whole.clone()]).0, [24]);
        assert_eq!(walk(&[whole.clone(), row.clone()]).0, [6, 4]);
        assert_eq!(merged(&[whole.clone(), row])[1].strides, [1, 1, 0, 0]);
        assert_eq!(walk(&[whole, one]).0, [24]);
        assert_eq!(walk(&[Layout::contiguous(&[1, 1])]).0, [1]);
    }

    #[test]
    fn elements_move_by_fours_where_each_four_lies_in_one_row() {
        let whole = Layout::contiguous(&[6, 8]);
        let row = Layout::contiguous(&[8]).expand(&[6, 8]);
        let column = Layout::contiguous(&[6, 1]).expand(&[6, 8]);
        let all = [whole.clone(), row, column];
        assert_eq!(walk(&all), (vec![6, 8], ByFours::Everything));
        let transposed = Layout::contiguous(&[8, 6]).permute(&[1, 0]);
        assert_eq!(walk(&[whole, transposed]).1, ByFours::Output);
        let ragged = Layout::contiguous(&[6, 7]);
        assert_eq!(
            walk(&[ragged.clone(), ragged.clone()]).1,
            ByFours::Everything
        );
        let row = Layout::contiguous(&[7]).expand(&[6, 7]);
        assert_eq!(walk(&[ragged.clone(), row]).1, ByFours::Output);
        // A view that begins in the middle of a word.
        let shifted = ragged.slice(0, 1, 5, 1);
        assert_eq!(walk(&[shifted]).1, ByFours::Nothing);
    }
}
