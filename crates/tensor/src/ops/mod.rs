//! The methods of [`Tensor`](crate::Tensor), by family. Each one is an instruction, or a composition
//! of a few.

mod args;
mod arithmetic;
mod compare;
mod compose;
mod convert;
mod create;
mod gather;
mod in_place;
mod index;
mod interpolate;
mod join;
mod layers;
mod matmul;
mod order;
mod pointwise;
mod random;
mod reduce;
mod shape;
mod softmax;
mod statistics;

pub use args::{IntoDimList, IntoShape, IntoSizes};
pub use compare::{Choice, Comparand};
pub use create::{NestedData, one_hot, tensor};
pub use in_place::InPlaceOperand;
pub use index::{Index, IndexEntry, NewAxis};
pub use interpolate::Interpolation;
pub use join::{cat, stack};
