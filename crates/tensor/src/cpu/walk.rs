//! Walking over dims in row-major order with a position in the source and one in the target.

use smallvec::SmallVec;

/// One dim: its extent and its steps in two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dim {
    pub(crate) size: usize,
    pub(crate) src: isize,
    pub(crate) dst: isize,
}

/// A list of dims, the outermost first.
pub(crate) type DimList = SmallVec<[Dim; 6]>;

/// Number of index tuples.
pub(crate) fn count(dims: &[Dim]) -> usize {
    dims.iter().map(|dim| dim.size).product()
}

/// A place in the walk.
pub(crate) struct Walk<'a> {
    dims: &'a [Dim],
    index: SmallVec<[usize; 6]>,
    /// Position in the source.
    pub(crate) src: isize,
    /// Position in the target.
    pub(crate) dst: isize,
}

impl<'a> Walk<'a> {
    /// The place that `flat` steps from the beginning reach.
    pub(crate) fn at(dims: &'a [Dim], flat: usize) -> Self {
        let mut walk = Self {
            dims,
            index: SmallVec::from_elem(0, dims.len()),
            src: 0,
            dst: 0,
        };
        let mut rest = flat;
        for (dim, index) in dims.iter().zip(&mut walk.index).rev() {
            *index = rest % dim.size.max(1);
            rest /= dim.size.max(1);
            walk.src += *index as isize * dim.src;
            walk.dst += *index as isize * dim.dst;
        }
        walk
    }

    /// One step on; after the last place comes the first again.
    #[inline(always)]
    pub(crate) fn advance(&mut self) {
        for (dim, index) in self.dims.iter().zip(&mut self.index).rev() {
            *index += 1;
            self.src += dim.src;
            self.dst += dim.dst;
            if *index < dim.size {
                return;
            }
            self.src -= dim.src * dim.size as isize;
            self.dst -= dim.dst * dim.size as isize;
            *index = 0;
        }
    }
}
