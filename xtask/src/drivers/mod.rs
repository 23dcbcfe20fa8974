//! Vulkan drivers for the tests: those of the machine, and others that are fetched to be compared with them.
//!
//! One file per source: [`installed`] is what the loader finds, with Debian's packages where it finds
//! nothing, [`swiftshader`] the second, independent driver, [`mesa`] a newer Mesa than most machines have;
//! [`validation`] is the layer above any of them.

pub mod debian;
pub mod installed;
pub mod mesa;
pub mod swiftshader;
pub mod validation;

use std::ffi::OsString;
use std::path::Path;

/// Variables for a child process, which make the loader offer one driver or change what it does.
pub type Environment = Vec<(&'static str, OsString)>;

/// The driver that a manifest describes, and no other. Loaders before 1.3.207 know the second name only.
fn only(manifest: &Path) -> Environment {
    ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]
        .map(|name| (name, manifest.as_os_str().to_owned()))
        .into()
}
