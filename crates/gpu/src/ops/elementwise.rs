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
/// Invocations of a workgroup.
const THREADS: usize = 256;
/// Elements that are moved as a whole where they lie side by side.
const FOUR: usize = 4;

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
    // Elements of the output in a word.
    let narrow = (4 / output.dtype.size()).max(1);
    let reads_by_place = matches!(shader, Shader::MatmulInteger | Shader::ProductSum);
    let by_fours = !reads_by_place && by_fours(&layouts, &dims);
    let by_words = layouts[0].is_contiguous() && layouts[0].offset().is_multiple_of(narrow);
    let mut constants: Constants = smallvec![operation, layouts.len() as u32];
    constants.extend(operands().map(|operand| code(operand.dtype)));
    constants.resize(2 + OPERANDS, 0);
    constants.push(u32::from(by_fours));
    let mut words: SmallVec<[u32; 32]> =
        smallvec![numel as u32, dims.len() as u32, u32::from(by_words)];
    words.extend(params);
    words.extend(halves(state.faults().address()));
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
    let mut writes: SmallVec<[&Piece; 2]> = smallvec![piece(output)];
    if shader == Shader::Integer {
        writes.push(state.faults());
    }
    state.call(Call {
        shader: shader.of(output.dtype),
        constants,
        params: &words,
        groups: wrapped(numel.div_ceil(THREADS * if by_fours { FOUR } else { narrow })),
        reads: &reads,
        writes: &writes,
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

/// Whether every four neighbours of the output are neighbours in each operand too, or one element, and begin
/// where four can be moved as a whole.
fn by_fours(layouts: &[Layout], dims: &[Dim]) -> bool {
    let (last, others) = dims.split_last().expect("there is a dim");
    let whole = |length: usize| length.is_multiple_of(FOUR);
    let rows = others.is_empty() || whole(last.size);
    rows && layouts
        .iter()
        .enumerate()
        .all(|(operand, layout)| match last.strides[operand] {
            0 => operand > 0,
            1 => {
                let mut steps = others.iter().map(|dim| dim.strides[operand].unsigned_abs());
                whole(layout.offset()) && steps.all(whole)
            }
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(layouts: &[Layout]) -> (Vec<usize>, bool) {
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
        assert_eq!(walk(&all), (vec![6, 8], true));
        let transposed = Layout::contiguous(&[8, 6]).permute(&[1, 0]);
        assert!(!walk(&[whole, transposed]).1);
        let ragged = Layout::contiguous(&[6, 7]);
        assert!(walk(&[ragged.clone(), ragged.clone()]).1);
        let row = Layout::contiguous(&[7]).expand(&[6, 7]);
        assert!(!walk(&[ragged.clone(), row]).1);
        // A view that begins in the middle of a word.
        let shifted = ragged.slice(0, 1, 5, 1);
        assert!(!walk(&[shifted]).1);
    }
}
