//! Indexing that reads as Python's: `x.i((.., 1))`, `x.i((1, 1..3))`, `x.i((.., NewAxis))`.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use crate::{DType, Tensor};

/// A new dim of size 1 in an index (Python's `None`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAxis;

/// One entry of an index.
#[derive(Clone, Debug)]
pub enum IndexEntry {
    /// One position: the dim disappears.
    At(isize),
    /// A range of positions, clamped to the dim.
    Range(isize, isize),
    /// A new dim of size 1.
    NewAxis,
    /// Positions from a tensor of rank 1: integers, or truth values that say which to keep.
    Tensor(Tensor),
}

const OPEN: isize = isize::MAX;

macro_rules! entries {
    ($($type:ty),*) => {$(
        impl From<$type> for IndexEntry {
            fn from(at: $type) -> Self { IndexEntry::At(place(at)) }
        }
        impl From<Range<$type>> for IndexEntry {
            fn from(range: Range<$type>) -> Self { IndexEntry::Range(place(range.start), place(range.end)) }
        }
        impl From<RangeFrom<$type>> for IndexEntry {
            fn from(range: RangeFrom<$type>) -> Self { IndexEntry::Range(place(range.start), OPEN) }
        }
        impl From<RangeTo<$type>> for IndexEntry {
            fn from(range: RangeTo<$type>) -> Self { IndexEntry::Range(0, place(range.end)) }
        }
        impl From<RangeInclusive<$type>> for IndexEntry {
            fn from(range: RangeInclusive<$type>) -> Self {
                IndexEntry::Range(place(*range.start()), after(place(*range.end())))
            }
        }
        impl From<RangeToInclusive<$type>> for IndexEntry {
            fn from(range: RangeToInclusive<$type>) -> Self { IndexEntry::Range(0, after(place(range.end))) }
        }
    )*};
}

entries!(i32, isize, usize);

/// A position; what no `isize` holds lies beyond every end.
fn place<T: TryInto<isize>>(at: T) -> isize {
    at.try_into().unwrap_or(OPEN)
}

/// The position after an included one; after -1, the last, comes the end.
fn after(last: isize) -> isize {
    if last == -1 {
        OPEN
    } else {
        last.saturating_add(1)
    }
}

impl From<RangeFull> for IndexEntry {
    fn from(_: RangeFull) -> Self {
        IndexEntry::Range(0, OPEN)
    }
}

impl From<NewAxis> for IndexEntry {
    fn from(_: NewAxis) -> Self {
        IndexEntry::NewAxis
    }
}

impl From<&Tensor> for IndexEntry {
    fn from(tensor: &Tensor) -> Self {
        IndexEntry::Tensor(tensor.clone())
    }
}

/// An index: one entry, or a tuple of up to six.
pub trait Index {
    /// The entries from the first dim on.
    fn entries(self) -> Vec<IndexEntry>;
}

impl<E: Into<IndexEntry>> Index for E {
    fn entries(self) -> Vec<IndexEntry> {
        vec![self.into()]
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)*) => {$(
        impl<$($name: Into<IndexEntry>),+> Index for ($($name,)+) {
            #[allow(non_snake_case)]
            fn entries(self) -> Vec<IndexEntry> {
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D F;
    A B C D F G;
}

impl Tensor {
    /// The part of the tensor that an index names: numbers drop their dim, ranges keep it, `NewAxis`
    /// makes one, a tensor of positions or truth values picks along its dim. Negative positions count
    /// from the end; ranges are clamped, as Python's. All but tensors give views.
    ///
    /// Each entry picks along its own dim: two tensors of positions give the block of all their
    /// combinations, where PyTorch would go through them in pairs.
    ///
    /// Shape: `[a, b]` to `[b]` for a number, to `[2, b]` for `1..3`, to `[a, 1, b]` for `(.., NewAxis)`, to
    /// `[k, b]` for `k` positions; dims without an entry stay.
    ///
    /// ```
    /// use hammerhead_tensor::{NewAxis, tensor};
    /// let x = tensor([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.i((1, 1..3)).to_vec::<i64>(), [5, 6]);
    /// assert_eq!(x.i((.., 1)).to_vec::<i64>(), [2, 5]);
    /// assert_eq!(x.i((.., NewAxis)).shape(), [2, 1, 3]);
    /// assert_eq!(x.i(-1).to_vec::<i64>(), [4, 5, 6]);
    /// ```
    ///
    /// # Panics
    /// If a position is out of range or there are more entries than dims.
    #[track_caller]
    pub fn i(&self, index: impl Index) -> Tensor {
        let entries = index.entries();
        let consuming = entries
            .iter()
            .filter(|entry| !matches!(entry, IndexEntry::NewAxis))
            .count();
        assert!(
            consuming <= self.rank(),
            "index: {consuming} entries for the {} dims of {:?}",
            self.rank(),
            self.shape()
        );
        let mut dim = 0;
        let mut x = self.clone();
        for entry in entries {
            x = match entry {
                IndexEntry::At(at) => {
                    x = x.select(dim, at);
                    continue;
                }
                IndexEntry::Range(0, OPEN) => x,
                IndexEntry::Range(start, end) => x.slice(dim, start, end, 1),
                IndexEntry::NewAxis => x.unsqueeze(dim),
                IndexEntry::Tensor(index) if index.dtype() == DType::Bool => {
                    x.masked_rows(dim, &index)
                }
                IndexEntry::Tensor(index) => {
                    let index = index.to_dtype(DType::I64);
                    let from_end = &index + x.size(dim) as i64;
                    x.index_select(dim, &index.lt(0).select_from(from_end, &index))
                }
            };
            dim += 1;
        }
        x
    }

    /// The positions of a dim where a mask of rank 1 holds.
    #[track_caller]
    fn masked_rows(&self, dim: isize, mask: &Tensor) -> Tensor {
        assert!(
            mask.shape() == [self.size(dim)],
            "index: a mask of shape {:?} does not fit dim {dim} of {:?}",
            mask.shape(),
            self.shape()
        );
        self.index_select(dim, &mask.nonzero().reshape([-1]))
    }
}
