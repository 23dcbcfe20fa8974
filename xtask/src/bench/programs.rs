//! Programs that are built to be measured: peers, ourselves with other flags, and the smallest ones of all.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::say::say;
use crate::step::cargo;

/// A package, and how it is built.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub package: &'static str,
    /// The workspace that has it, below ours.
    pub folder: &'static str,
    /// Where it is built, so that what is built otherwise stays.
    pub target: &'static str,
    /// What else the compiler is told.
    pub flags: &'static str,
    /// Whether names are taken out of the program.
    pub stripped: bool,
}

/// For the processor at hand, as those do who look for speed.
pub const NATIVE: &str = "-C target-cpu=native";

impl Program {
    /// A peer of `benches/peers`, for the processor at hand.
    pub const fn peer(package: &'static str) -> Self {
        Self {
            package,
            folder: "benches/peers",
            target: "target/peers",
            flags: NATIVE,
            stripped: false,
        }
    }

    /// Where it lies once it is built.
    pub fn path(&self, workspace: &Path) -> PathBuf {
        self.target(workspace).join("release").join(self.package)
    }

    /// Where all that is built for it lies.
    pub fn target(&self, workspace: &Path) -> PathBuf {
        workspace.join(self.target)
    }

    /// Builds what is not built yet, and says so if that is all of it.
    pub fn build_aloud(&self, workspace: &Path) -> Result<PathBuf, String> {
        if !self.path(workspace).exists() {
            say(format_args!(
                "building {} and what it needs, which takes minutes",
                self.package
            ));
        }
        self.build(workspace)
    }

    /// Builds what is not built yet.
    pub fn build(&self, workspace: &Path) -> Result<PathBuf, String> {
        let package = self.package;
        let mut command = cargo();
        command
            .args(["build", "--quiet", "--release", "--package", package])
            .arg("--target-dir")
            .arg(self.target(workspace))
            .env("RUSTFLAGS", self.flags)
            .current_dir(workspace.join(self.folder))
            .stdin(Stdio::null());
        if self.stripped {
            command.env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
        }
        let status = command
            .status()
            .map_err(|why| format!("{package}: cargo cannot be started: {why}"))?;
        match status.success() {
            true => Ok(self.path(workspace)),
            false => Err(format!("{package}: cargo build ended with {status}")),
        }
    }
}
