//! What the superuser of a Debian machine may have installed without being asked.

use std::path::Path;
use std::process::{Command, Stdio};

/// Installs packages and says so; whether they are there now.
pub fn install(packages: &[&str]) -> bool {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout == b"0\n");
    if !root || !Path::new("/usr/bin/apt-get").exists() {
        return false;
    }
    println!("installing {} with apt-get", packages.join(" and "));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let install = [&["install", "-y", "-q"], packages].concat();
    apt(&install) || (apt(&["update", "-q"]) && apt(&install))
}
