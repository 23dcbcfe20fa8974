//! Everything that touches vulkano: its quirks and its `unsafe` stay behind this module.
//!
//! | file | holds |
//! |---|---|
//! | `instance` | the loader and the drivers it finds |
//! | `logical` | a device opened for compute, with its queue |
//! | `matrices` | what cooperative matrices a device has |
//! | `block` | memory with an address that shaders use |
//! | `pipeline` | a shader with its constants filled in |
//! | `special` | a shader told to keep NaN and infinities |
//! | `commands` | recording, submitting, waiting |
#![allow(unsafe_code)] // Vulkan is a C interface.

mod block;
mod commands;
mod instance;
mod logical;
mod matrices;
mod pipeline;
mod special;

pub(crate) use block::{Block, Place};
pub(crate) use commands::{Commands, Pushed, Submitted, Timeline};
pub(crate) use instance::{Adapter, adapters};
pub(crate) use logical::Logical;
pub(crate) use matrices::Matrices;
pub(crate) use pipeline::{Module, Pipeline};
#[cfg(test)]
pub(crate) use special::has_doubles;

use hammerhead_tensor::{Error, ErrorKind};

/// An error of the driver in this workspace's terms.
pub(crate) fn failure(what: &str, why: impl Into<Box<dyn std::error::Error>>) -> Error {
    Error::new(
        ErrorKind::Device,
        format!("vulkan: {what}: {}", reason(&*why.into())),
    )
}

/// What lies behind an error: vulkano wraps what the driver says in what says nothing.
fn reason(mut error: &dyn std::error::Error) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
