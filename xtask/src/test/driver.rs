//! A Vulkan driver for the GPU's tests: the one that is there, or one in software.

use std::env;
use std::process::{Command, Stdio};

use crate::debian;

/// Whether the GPU's tests can run; if not, what to install.
pub fn ready() -> Result<(), String> {
    if found() {
        return Ok(());
    }
    let packages = ["libvulkan1", "mesa-vulkan-drivers"];
    if debian::install("Vulkan driver", &packages) && found() {
        return Ok(());
    }
    let program = env::current_exe().map_err(|e| e.to_string())?;
    let output = Command::new(program)
        .arg("devices")
        .output()
        .map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stderr);
    Err(text.trim().trim_start_matches("error: ").to_owned())
}

/// Asks a process of its own, because a loader looks for drivers only once.
fn found() -> bool {
    let Ok(program) = env::current_exe() else {
        return false;
    };
    let mut command = Command::new(program);
    command
        .arg("devices")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
