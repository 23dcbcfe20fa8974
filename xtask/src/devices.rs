//! `cargo xtask devices`: what there is to compute on.

use hammerhead::gpu::devices;

use crate::failure::Failure;

/// List the devices that `--device vulkan:N` and HAMMERHEAD_DEVICE choose from.
#[derive(clap::Args)]
pub struct Args {}

/// Prints a block of lines per device.
pub fn run(_: &Args) -> Result<(), Failure> {
    for device in devices().map_err(Failure::input)? {
        println!("vulkan:{}  {} ({})", device.index, device.name, device.kind);
        println!("    driver    {}", device.driver);
        println!("    memory    {} MiB", device.memory >> 20);
        println!("    features  {}", device.features.join(", "));
        if let Some(missing) = device.missing {
            println!("    unusable  it lacks {missing}");
        }
    }
    Ok(())
}
