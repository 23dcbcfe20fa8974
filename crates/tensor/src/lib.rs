//! Tensors: n-dimensional arrays with broadcasting, views, seven dtypes and a closed instruction
//! set that devices interpret.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Tensor`] | the one user type; its methods are in `ops` |
//! | [`prim`] | the instruction set |
//! | [`infer`] | shape rules, and every shape error |
//! | `funnel` | the one way every operation goes: infer, place, run, link |
//! | `autocast` | mixed precision: which dtype an instruction takes its operands in |
//! | [`pointwise`] | pointwise formulas, written once for every device and derivative |
//! | [`device`], [`Cpu`], [`Oracle`], [`Meta`] | interpreters of instructions |
//! | [`history`] | the trait by which the `autograd` crate listens |
//! | [`random`] | generators: counter-based, PyTorch's, numpy's |
//! | `linalg` | solve, QR, SVD and friends, on `faer` (feature `linalg`, on by default) |
//! | [`display`] | printing as PyTorch's, or numpy's |
//! | [`limits`] | what the processor does at most, to judge kernels by |
//! | [`pool`] | recycled host memory and its counters |
//! | `threads` | the threads that kernels run on |
//!
//! The crate never computes a gradient, and knows nothing of layers, files or data sets.

mod autocast;
mod buffer;
mod context;
mod cpu;
pub mod custom;
pub mod device;
pub mod display;
mod dtype;
mod element_bytes;
mod error;
mod funnel;
pub mod history;
pub mod infer;
pub mod layout;
#[cfg(feature = "linalg")]
pub mod linalg;
mod meta;
mod ops;
mod oracle;
pub mod pointwise;
pub mod pool;
pub mod prim;
mod prim_facts;
pub mod random;
mod tensor;
mod threads;

pub use context::{
    autocast, device as default_device, grad_enabled, manual_seed, no_grad, scope, set_generator,
    with_autocast, with_current_generator, with_device, with_generator, with_grad, with_scope,
};
pub use cpu::{Cpu, limits};
pub use dtype::{Category, DType, Element, Scalar};
pub use error::{Error, ErrorKind, Result};
pub use funnel::Tensors;
pub use half::{bf16, f16};
pub use meta::Meta;
pub use ops::{
    Choice, Comparand, InPlaceOperand, Index, IndexEntry, Interpolation, IntoDimList, IntoShape,
    IntoSizes, NestedData, NewAxis, cat, one_hot, stack, tensor,
};
pub use oracle::Oracle;
pub use prim_facts::Saved;
pub use tensor::Tensor;
pub use threads::{num_threads, with_threads};
