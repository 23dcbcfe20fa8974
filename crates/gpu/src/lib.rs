//! Tensors on any GPU with a Vulkan driver: NVIDIA, AMD, Intel, Apple through MoltenVK, phones, or a
//! driver in software. No toolkit is needed, only the driver.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Vulkan`] | a device: give it to `Tensor::to`, `model.to`, `with_device` |
//! | [`devices`] | what there is to choose from |
//! | `vk` | everything that touches vulkano |
//! | `cache` | pipelines kept on disk |
//! | `memory` | device memory, recycled |
//! | `queue` | recording, batches, barriers |
//! | `kernels` | the compiled shaders and their pipelines |
//! | `ops` | one file per family of instructions: parameters, and how many workgroups |
//! | `planted` | faults for tests |
//! | `shaders/` | GLSL; `cargo xtask shaders` makes the SPIR-V in `shaders/spv` of it |
//!
//! The crate interprets `hammerhead-tensor`'s instructions and knows nothing of gradients or layers.
//! Nothing runs on the CPU instead: what a device can't do is refused by name.

mod cache;
mod device;
mod kernels;
mod memory;
mod ops;
mod planted;
mod queue;
mod select;
mod vk;

pub use device::{Stats, Vulkan};
pub use memory::MemoryStats;
#[doc(hidden)]
pub use planted::Planted;
pub use queue::QueueStats;
pub use select::{DeviceInfo, devices};
