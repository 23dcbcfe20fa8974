//! Optimisers and schedules.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Optimizer`] | steps parameters in groups; saves and restores its state |
//! | [`Sgd`], [`Adam`], [`RmsProp`], [`Adagrad`] | the formulas' settings |
//! | [`GradScaler`] | loss scaling for 16-bit floats |
//! | [`clip_grad_norm`], [`clip_grad_value`] | limits on gradients |
//! | [`schedule`] | learning rates and momenta as functions of the step |
//!
//! ```
//! use hammerhead_autograd::Autograd;
//! use hammerhead_optim::{Optimizer, Sgd, Step};
//! use hammerhead_tensor::tensor;
//!
//! let w = tensor([1.0, 2.0]).requires_grad_();
//! let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
//! w.square().sum().backward();
//! optimizer.step();
//! optimizer.zero_grad();
//! assert_eq!(w.to_vec::<f32>(), [0.8, 1.6]);
//! ```
//!
//! The crate knows tensors and their gradients, and nothing of layers or data.

mod adagrad;
mod adam;
mod clip;
mod grad_scaler;
mod optimizer;
mod pattern;
mod rmsprop;
pub mod schedule;
mod sgd;
mod state;
mod step;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use clip::{clip_grad_norm, clip_grad_value};
pub use grad_scaler::GradScaler;
pub use optimizer::{Algorithm, Group, Optimizer};
pub use rmsprop::RmsProp;
pub use sgd::Sgd;
pub use state::StateError;
pub use step::Step;
