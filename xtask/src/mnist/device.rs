//! Where a run computes.

use hammerhead::gpu::Vulkan;
use hammerhead::tensor::Cpu;
use hammerhead::tensor::device::DeviceRef;

use crate::failure::Failure;
use crate::say::say;

/// Opens the device that `cpu`, `vulkan`, `vulkan:N` or `vulkan:NAME` stands for.
pub fn open(wish: &str) -> Result<DeviceRef, Failure> {
    let refuse = |why: String| Failure::input(format!("--device {wish}: {why}"));
    let vulkan = match wish.split_once(':') {
        None if wish == "cpu" => return Ok(Cpu::device()),
        None if wish == "vulkan" => Vulkan::new(),
        Some(("vulkan", which)) => Vulkan::named(which),
        _ => {
            let known = "it must be cpu, vulkan, vulkan:N or vulkan:NAME";
            return Err(refuse(known.to_owned()));
        }
    };
    let vulkan = vulkan.map_err(|why| refuse(why.to_string()))?;
    say(format_args!(
        "computing on {} ({})",
        vulkan.info().name,
        vulkan.info().driver
    ));
    Ok((*vulkan).clone())
}
