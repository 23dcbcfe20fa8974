//! Programs that the tests need and a bare machine lacks.

use std::path::Path;
use std::process::{Command, Stdio};

/// On Debian and its like, the superuser gets packages without being asked to; `missing` says what for.
pub fn install(missing: &str, packages: &[&str]) -> bool {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout == b"0\n");
    if !root || !Path::new("/usr/bin/apt-get").exists() {
        return false;
    }
    println!(
        "no {missing}: installing {} with apt-get",
        packages.join(" and ")
    );
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let wanted = [&["install", "-y", "-q"], packages].concat();
    apt(&wanted) || (apt(&["update", "-q"]) && apt(&wanted))
}
