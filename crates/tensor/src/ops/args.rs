//! What methods take for shapes and dims: integers of any kind, alone or in arrays.

use smallvec::SmallVec;

use crate::layout::Dims;

/// A shape: `[2, 3]`, a slice, a `Vec`, or `[]` or `()` for a tensor of rank 0.
pub trait IntoShape {
    /// The extents.
    fn into_shape(self) -> Dims;
}

/// Sizes of which one may be -1, to be inferred: `[-1, 784]`.
pub trait IntoSizes {
    /// The sizes as given.
    fn into_sizes(self) -> SmallVec<[isize; 6]>;
}

/// One dim or several, counted from either end: `0`, `-1`, `[0, 2]`.
pub trait IntoDimList {
    /// The dims as given.
    fn into_dim_list(self) -> SmallVec<[isize; 6]>;
}

#[track_caller]
fn extent<T: TryInto<usize> + Copy + std::fmt::Display>(value: T) -> usize {
    value
        .try_into()
        .unwrap_or_else(|_| panic!("shape: an extent can't be negative, got {value}"))
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl<const N: usize> IntoShape for [$type; N] {
            #[track_caller]
            fn into_shape(self) -> Dims { self.iter().map(|&size| extent(size)).collect() }
        }
        impl<const N: usize> IntoSizes for [$type; N] {
            fn into_sizes(self) -> SmallVec<[isize; 6]> { self.iter().map(|&size| size as isize).collect() }
        }
        impl<const N: usize> IntoDimList for [$type; N] {
            fn into_dim_list(self) -> SmallVec<[isize; 6]> { self.iter().map(|&dim| dim as isize).collect() }
        }
        impl IntoDimList for $type {
            fn into_dim_list(self) -> SmallVec<[isize; 6]> { SmallVec::from_iter([self as isize]) }
        }
        impl IntoSizes for $type {
            fn into_sizes(self) -> SmallVec<[isize; 6]> { SmallVec::from_iter([self as isize]) }
        }
    )*};
}

integers!(i32, i64, isize, usize);

impl IntoShape for () {
    fn into_shape(self) -> Dims {
        Dims::new()
    }
}

impl IntoShape for &[usize] {
    fn into_shape(self) -> Dims {
        self.into()
    }
}

impl IntoShape for &Vec<usize> {
    fn into_shape(self) -> Dims {
        self.as_slice().into()
    }
}

impl IntoShape for Vec<usize> {
    fn into_shape(self) -> Dims {
        self.into()
    }
}

impl IntoShape for Dims {
    fn into_shape(self) -> Dims {
        self
    }
}

impl IntoShape for &Dims {
    fn into_shape(self) -> Dims {
        self.clone()
    }
}

impl IntoShape for usize {
    fn into_shape(self) -> Dims {
        SmallVec::from_iter([self])
    }
}

impl IntoShape for i32 {
    #[track_caller]
    fn into_shape(self) -> Dims {
        SmallVec::from_iter([extent(self)])
    }
}

macro_rules! lists {
    ($($type:ty),*) => {$(
        impl IntoSizes for &[$type] {
            fn into_sizes(self) -> SmallVec<[isize; 6]> { self.iter().map(|&size| size as isize).collect() }
        }
        impl IntoSizes for Vec<$type> {
            fn into_sizes(self) -> SmallVec<[isize; 6]> { self.as_slice().into_sizes() }
        }
        impl IntoDimList for &[$type] {
            fn into_dim_list(self) -> SmallVec<[isize; 6]> { self.iter().map(|&dim| dim as isize).collect() }
        }
        impl IntoDimList for Vec<$type> {
            fn into_dim_list(self) -> SmallVec<[isize; 6]> { self.as_slice().into_dim_list() }
        }
    )*};
}

lists!(isize, usize);
