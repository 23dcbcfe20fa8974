//! `resnet18_*`: names, printout, activations, gradients and losses of timm's `resnet18` with weights in
//! closed form.

mod network;
mod numbers;
mod structure;

pub(super) use numbers::check as check_numbers;
pub(super) use structure::{check_printout, check_state};
