//! `cargo xtask devices`: what there is to compute on.

use hammerhead::gpu::devices;

use crate::failure::Failure;
use crate::say::say;

/// List the devices that `--device vulkan:N` and HAMMERHEAD_DEVICE choose from.
#[derive(clap::Args)]
pub struct Args {}

/// Prints a block of lines per device.
pub fn run(_: &Args) -> Result<(), Failure> {
    for device in devices().map_err(Failure::input)? {
        say(format_args!(
            "vulkan:{}  {} ({})",
            device.index, device.name, device.kind
        ));
        say(format_args!("    driver    {}", device.driver));
        say(format_args!("    memory    {} MiB", device.memory >> 20));
        say(format_args!("    subgroups {} lanes", device.subgroup));
        say(format_args!("    features  {}", device.features.join(", ")));
        if let Some(missing) = device.missing {
            say(format_args!("    unusable  it lacks {missing}"));
        }
    }
    Ok(())
}
