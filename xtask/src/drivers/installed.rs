//! The drivers that the loader finds, or one in software where it finds none.

use std::env;
use std::process::Command;

use super::debian;

/// Whether there is a device whose name contains `name`; if not, what to install.
pub fn ready(name: &str) -> Result<(), String> {
    let packages = ["libvulkan1", "mesa-vulkan-drivers"];
    find(name).or_else(|why| {
        if debian::install(&packages) {
            find(name)
        } else {
            Err(why)
        }
    })
}

/// Asks a process of its own, because a loader looks for drivers only once.
fn find(name: &str) -> Result<(), String> {
    let program = env::current_exe().map_err(|e| e.to_string())?;
    let output = Command::new(program)
        .arg("devices")
        .output()
        .map_err(|e| e.to_string())?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.trim().trim_start_matches("error: ").to_owned());
    }
    if String::from_utf8_lossy(&output.stdout).contains(name) {
        return Ok(());
    }
    Err(format!(
        "no device is called {name}; install Mesa's Vulkan drivers (Debian: `apt install mesa-vulkan-drivers`)"
    ))
}
