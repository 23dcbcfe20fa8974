//! Gradients: reverse-mode automatic differentiation with PyTorch's contract.
//!
//! ```
//! use hammerhead_autograd::Autograd;
//! use hammerhead_tensor::{no_grad, tensor};
//!
//! let x = tensor([3.0, 4.0, 10.0]).requires_grad_();
//! let loss = x.pow(2).sum();
//! loss.backward();
//! let step = x.grad().unwrap() * 0.1;
//! no_grad(|| x.sub_(&step));
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`Autograd`] | `requires_grad_`, `backward`, `grad`, hooks, ... on tensors |
//! | [`grad`] | the functional form |
//! | [`custom_function`] | functions with a gradient of their author's own |
//! | [`gradcheck`](mod@gradcheck) | gradients against finite differences |
//! | `variable`, `node`, `saved` | the graph: what is recorded as operations run |
//! | `walk` | the way back through it |
//! | `rules` | the gradient of every instruction |
//! | `formula`, `composed` | gradients that are to be differentiated again |
//! | `names` | what `grad_fn` prints |
//!
//! The crate listens to the tensor crate through its [`History`](hammerhead_tensor::history::History)
//! trait. It never touches a buffer, and knows nothing of layers or optimisers.

mod backward;
mod composed;
mod formula;
mod function;
pub mod gradcheck;
mod hooks;
mod instructions;
mod methods;
mod names;
mod node;
mod rules;
mod saved;
mod variable;
mod walk;

pub use backward::{BackwardOptions, GradOptions, grad, grad_options};
pub use function::custom_function;
pub use gradcheck::{GradCheck, GradCheckError, Probe, gradcheck, gradgradcheck};
pub use hooks::HookHandle;
pub use methods::Autograd;
