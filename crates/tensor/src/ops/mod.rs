//! The methods of [`Tensor`](crate::Tensor), by family. Each one is an instruction, or a composition
//! of a few.

mod args;
mod arithmetic;
mod broadcast;
mod compare;
mod compose;
mod convert;
mod create;
mod extreme;
mod gather;
mod in_place;
mod index;
mod interpolate;
mod join;
mod layers;
mod matmul;
mod nested;
mod order;
mod part;
mod pointwise;
mod pool;
mod random;
mod reduce;
mod shape;
mod softmax;
mod statistics;
mod update;

pub use args::{IntoDimList, IntoShape, IntoSizes};
pub use compare::{Choice, Comparand};
pub use create::{one_hot, tensor};
pub use in_place::InPlaceOperand;
pub use index::{Index, IndexEntry, NewAxis};
pub use interpolate::Interpolation;
pub use join::{cat, stack};
pub use nested::NestedData;
