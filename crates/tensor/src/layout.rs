//! Shapes and strides: how a tensor's elements lie in its buffer.

use smallvec::SmallVec;

use crate::{Error, ErrorKind, Result};

/// A shape or a list of dims, inline up to 4.
pub type Dims = SmallVec<[usize; 4]>;

/// Strides in elements; negative ones run backwards (`flip` as a view).
pub type Strides = SmallVec<[isize; 4]>;

/// Shape, strides and offset of a view into a buffer, all counted in elements.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    shape: Dims,
    strides: Strides,
    offset: usize,
}

impl Clone for Layout {
    // The derived one takes longer, as it clones by way of an iterator.
    fn clone(&self) -> Self {
        Self {
            shape: short(&self.shape),
            strides: short(&self.strides),
            offset: self.offset,
        }
    }
}

impl Layout {
    /// Row-major, without gaps, from the start of the buffer.
    pub fn contiguous(shape: &[usize]) -> Self {
        Self {
            shape: short(shape),
            strides: contiguous_strides(shape),
            offset: 0,
        }
    }

    /// A layout from its parts; the caller answers for its staying within the buffer.
    pub fn new(shape: Dims, strides: Strides, offset: usize) -> Self {
        debug_assert_eq!(shape.len(), strides.len());
        Self {
            shape,
            strides,
            offset,
        }
    }

    /// Extent of each dim.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Step of each dim.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Position of the first element.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Number of dims.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// True if the elements lie row-major without gaps (dims of size 1 may have any stride).
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1isize;
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if size == 0 {
                return true;
            }
            if size != 1 && stride != expected {
                return false;
            }
            expected *= size as isize;
        }
        true
    }

    /// True if two indices share an element, as after `expand`: such a view can't be written.
    pub fn overlaps(&self) -> bool {
        self.shape
            .iter()
            .zip(&self.strides)
            .any(|(&size, &stride)| size > 1 && stride == 0)
    }

    /// Position of the element at `index`.
    pub fn position(&self, index: &[usize]) -> usize {
        debug_assert_eq!(index.len(), self.rank());
        let shift: isize = index
            .iter()
            .zip(&self.strides)
            .map(|(&i, &s)| i as isize * s)
            .sum();
        (self.offset as isize + shift) as usize
    }

    /// Positions of all elements in row-major order.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        let mut index: Dims = SmallVec::from_elem(0, self.rank());
        let mut position = self.offset as isize;
        (0..self.numel()).map(move |_| {
            let here = position as usize;
            for dim in (0..self.shape.len()).rev() {
                index[dim] += 1;
                position += self.strides[dim];
                if index[dim] < self.shape[dim] {
                    break;
                }
                position -= self.strides[dim] * self.shape[dim] as isize;
                index[dim] = 0;
            }
            here
        })
    }

    /// The same elements under another order of the dims.
    pub fn permute(&self, dims: &[usize]) -> Self {
        debug_assert_eq!(dims.len(), self.rank());
        let mut permuted = self.clone();
        for (to, &from) in dims.iter().enumerate() {
            permuted.shape[to] = self.shape[from];
            permuted.strides[to] = self.strides[from];
        }
        permuted
    }

    /// The last two dims in the other order.
    pub fn transposed(&self) -> Self {
        let mut transposed = self.clone();
        let rank = self.rank();
        transposed.shape.swap(rank - 2, rank - 1);
        transposed.strides.swap(rank - 2, rank - 1);
        transposed
    }

    /// The broadcast view: new leading dims and dims of size 1 get stride 0.
    pub fn expand(&self, shape: &[usize]) -> Self {
        let lead = shape.len() - self.rank();
        let strides = (0..shape.len())
            .map(|d| {
                if d < lead || self.shape[d - lead] != shape[d] {
                    0
                } else {
                    self.strides[d - lead]
                }
            })
            .collect();
        Self {
            shape: short(shape),
            strides,
            offset: self.offset,
        }
    }

    /// `length` elements of `dim` from `start` in steps of `step` (which may be negative).
    pub fn slice(&self, dim: usize, start: usize, step: isize, length: usize) -> Self {
        let mut layout = self.clone();
        layout.shape[dim] = length;
        if length > 0 {
            layout.offset = (self.offset as isize + start as isize * self.strides[dim]) as usize;
        }
        // The step of a single element means nothing, and may be of any size.
        if length > 1 {
            layout.strides[dim] *= step;
        }
        layout
    }

    /// The same elements in row-major order under another shape, if strides can say it.
    pub fn reshape(&self, shape: &[usize]) -> Option<Self> {
        if self.numel() == 0 || self.is_contiguous() {
            let strides = contiguous_strides(shape);
            return Some(Self {
                shape: short(shape),
                strides,
                offset: self.offset,
            });
        }
        let mut strides: Strides = SmallVec::from_elem(0, shape.len());
        let (olds, mut new) = (self.collapse(), shape.len());
        for &(size, stride) in olds.iter().rev() {
            let mut covered = 1;
            while covered < size || (new > 0 && shape[new - 1] == 1) {
                if new == 0 {
                    return None;
                }
                new -= 1;
                strides[new] = stride * covered as isize;
                covered *= shape[new];
                if covered > size {
                    return None;
                }
            }
        }
        // What is left are leading dims of size 1, whose stride does not matter.
        Some(Self {
            shape: short(shape),
            strides,
            offset: self.offset,
        })
    }

    /// `(size, stride)` with neighbouring dims merged wherever one run of memory covers both.
    pub fn collapse(&self) -> SmallVec<[(usize, isize); 6]> {
        let mut runs: SmallVec<[(usize, isize); 6]> = SmallVec::new();
        for (&size, &stride) in self.shape.iter().zip(&self.strides) {
            if size == 1 {
                continue;
            }
            match runs.last_mut() {
                Some(last) if last.1 == stride * size as isize => *last = (last.0 * size, stride),
                _ => runs.push((size, stride)),
            }
        }
        runs
    }
}

/// A list of few items, copied one by one: a call that copies any number of bytes takes longer, and an operation copies
/// dozens of such lists.
#[inline]
pub(crate) fn short<T: Copy + Default>(items: &[T]) -> SmallVec<[T; 4]> {
    let mut few = [T::default(); 4];
    if items.len() > few.len() {
        return SmallVec::from_slice(items);
    }
    for (at, place) in few.iter_mut().enumerate() {
        if at < items.len() {
            *place = items[at];
        }
    }
    SmallVec::from_buf_and_len(few, items.len())
}

/// So many times one item, made as [`short`] does.
#[inline]
fn repeated<T: Copy>(item: T, len: usize) -> SmallVec<[T; 4]> {
    match len {
        0..=4 => SmallVec::from_buf_and_len([item; 4], len),
        _ => SmallVec::from_elem(item, len),
    }
}

/// The number of elements of a shape whose sizes are anybody's, if memory could hold so many in any
/// dtype. A dim of size 0 does not excuse the others, because strides multiply them.
pub fn checked_numel(shape: &[usize]) -> Option<usize> {
    const MOST: usize = isize::MAX as usize / size_of::<f64>();
    shape
        .iter()
        .try_fold(1usize, |product, &size| product.checked_mul(size.max(1)))
        .filter(|&product| product <= MOST)
        .map(|product| if shape.contains(&0) { 0 } else { product })
}

/// Row-major strides of a shape.
pub fn contiguous_strides(shape: &[usize]) -> Strides {
    let mut strides: Strides = repeated(1, shape.len());
    for dim in (1..shape.len()).rev() {
        strides[dim - 1] = strides[dim] * shape[dim].max(1) as isize;
    }
    strides
}

/// The shape that two shapes broadcast to: aligned at the last dim, 1 stretches.
pub fn broadcast_shapes(operation: &str, a: &[usize], b: &[usize]) -> Result<Dims> {
    let rank = a.len().max(b.len());
    let mut out: Dims = repeated(1, rank);
    for back in 1..=rank {
        let size = |s: &[usize]| {
            if back <= s.len() {
                s[s.len() - back]
            } else {
                1
            }
        };
        out[rank - back] = match (size(a), size(b)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            (x, y) => {
                return Err(Error::new(
                    ErrorKind::Shape,
                    format!(
                        "{operation}: shapes {a:?} and {b:?} do not broadcast: counted from the last dim, \
                         dim -{back} has {x} on the left and {y} on the right; sizes must be equal or one of them 1"
                    ),
                ));
            }
        };
    }
    Ok(out)
}
