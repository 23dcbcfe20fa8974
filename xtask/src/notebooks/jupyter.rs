//! Jupyter without its pages: the kernel for Rust, and the client that executes a notebook's cells.
//!
//! Both are installed below `target/notebooks`, the kernel by cargo and the client by pip in an environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::step::cargo;

const KERNEL: &str = "evcxr_jupyter";
const KERNEL_VERSION: &str = "0.22.0";
/// The client, and the format that it reads.
const CLIENT: &str = "nbclient==0.11.0";
/// Seconds for a cell; the first one compiles the library, others train.
const PATIENCE: &str = "7200";

/// Kernel and client, installed.
pub struct Jupyter {
    workspace: PathBuf,
    folder: PathBuf,
}

impl Jupyter {
    /// Installs what is missing, and says so; or why that can't be done.
    pub fn ready(workspace: &Path) -> Result<Self, String> {
        let jupyter = Self {
            workspace: workspace.to_path_buf(),
            folder: workspace.join("target/notebooks"),
        };
        fs::create_dir_all(&jupyter.folder)
            .map_err(|e| format!("{}: {e}", jupyter.folder.display()))?;
        if !jupyter.kernel().is_file() {
            jupyter.install_kernel()?;
        }
        jupyter.describe_kernel()?;
        if !jupyter.client().is_file() {
            jupyter.install_client()?;
        }
        Ok(jupyter)
    }

    fn kernel(&self) -> PathBuf {
        let name = format!("{KERNEL}{}", std::env::consts::EXE_SUFFIX);
        self.folder.join("kernel/bin").join(name)
    }

    /// The folder of the environment's programs.
    fn programs(&self) -> PathBuf {
        let programs = if cfg!(windows) { "Scripts" } else { "bin" };
        self.folder.join("client").join(programs)
    }

    fn client(&self) -> PathBuf {
        let name = format!("jupyter-execute{}", std::env::consts::EXE_SUFFIX);
        self.programs().join(name)
    }

    fn install_kernel(&self) -> Result<(), String> {
        println!("compiling {KERNEL} {KERNEL_VERSION} into target/notebooks, which takes minutes");
        let mut install = cargo();
        install
            .args(["install", KERNEL, "--version", KERNEL_VERSION])
            .args(["--locked", "--quiet", "--root"])
            .arg(self.folder.join("kernel"))
            .arg("--target-dir")
            .arg(self.folder.join("kernel-build"));
        succeed(&mut install, "cargo install evcxr_jupyter")
    }

    /// Tells Jupyter of the kernel, in a folder of ours instead of the reader's.
    fn describe_kernel(&self) -> Result<(), String> {
        let mut describe = Command::new(self.kernel());
        describe
            .arg("--install")
            .env("JUPYTER_PATH", self.folder.join("share"))
            .stdout(Stdio::null());
        succeed(&mut describe, "evcxr_jupyter --install")
    }

    fn install_client(&self) -> Result<(), String> {
        println!("installing {CLIENT} with pip into target/notebooks");
        let python = if cfg!(windows) { "python" } else { "python3" };
        let mut environment = Command::new(python);
        environment
            .args(["-m", "venv"])
            .arg(self.folder.join("client"));
        succeed(&mut environment, "python3 -m venv (Debian: python3-venv)")?;
        let mut install = Command::new(self.programs().join("python"));
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            CLIENT,
        ]);
        succeed(&mut install, "pip install nbclient")
    }

    /// Executes all cells of a notebook, in its own folder, and writes it with its outputs into another. A cell that
    /// fails leaves its error as its output.
    pub fn execute(&self, notebook: &Path, into: &Path) -> Result<(), String> {
        // The kernel works in this folder: what it compiled for one notebook it has for the next.
        let crates = self.folder.join("crates");
        let lock = |e| format!("{}: Cargo.lock: {e}", crates.display());
        fs::create_dir_all(&crates).map_err(lock)?;
        // So that the library has the dependencies that it is tested with.
        fs::copy(self.workspace.join("Cargo.lock"), crates.join("Cargo.lock")).map_err(lock)?;
        let mut command = Command::new(self.client());
        command
            .args(["--allow-errors", "--kernel_name=rust"])
            .arg(format!("--timeout={PATIENCE}"))
            .arg(format!(
                "--output={}",
                into.join("{notebook_name}").display()
            ))
            .arg(notebook)
            .env("JUPYTER_PATH", self.folder.join("share"))
            .env("EVCXR_TMPDIR", &crates)
            // A folder without settings of the reader's.
            .env("EVCXR_CONFIG_DIR", self.folder.join("share"))
            .env("JUPYTER_CONFIG_DIR", self.folder.join("share"));
        succeed(&mut command, &format!("{}", notebook.display()))
    }
}

/// Runs a program to its end, which is to be a good one.
fn succeed(command: &mut Command, what: &str) -> Result<(), String> {
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what}: {status}")),
        Err(e) => Err(format!("{what}: cannot be started: {e}")),
    }
}
