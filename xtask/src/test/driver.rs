//! A Vulkan driver for the GPU's tests: the one that is there, or one in software.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether the GPU's tests can run; if not, what to install.
pub fn ready() -> Result<(), String> {
    if found() {
        return Ok(());
    }
    if install() && found() {
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

/// On Debian and its like, the superuser gets the driver in software without being asked to.
fn install() -> bool {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout == b"0\n");
    if !root || !Path::new("/usr/bin/apt-get").exists() {
        return false;
    }
    println!("no Vulkan driver: installing libvulkan1 and mesa-vulkan-drivers with apt-get");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let packages = ["install", "-y", "-q", "libvulkan1", "mesa-vulkan-drivers"];
    apt(&packages) || (apt(&["update", "-q"]) && apt(&packages))
}
