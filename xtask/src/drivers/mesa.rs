//! A Mesa newer than most machines have, for what only its driver in software has: cooperative matrices. It
//! comes as packages of Debian's backports, unpacked into a folder, with the C library they were built for.
//!
//! Debian's `apt` finds what belongs together, fetches it and proves it: the archive's signature against
//! Debian's own keyring, the lists against the signature, every package's SHA-256 against the lists. What is
//! trusted is that keyring, which came with the machine, and whom its keys belong to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Environment, only};

const SUITE: &str = "trixie";
const ARCHIVE: &str = "http://deb.debian.org/debian";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// The driver and the loader; apt adds what they need.
const PACKAGES: [&str; 2] = ["mesa-vulkan-drivers", "libvulkan1"];

/// Where the packages put what is needed of them.
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
const PROGRAM_LOADER: &str = "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2";
const MANIFEST: &str = "usr/share/vulkan/icd.d/lvp_icd.json";

/// The variables that make cargo run tests with the driver, and products in them take cooperative matrices.
/// What is not in the workspace's target folder is fetched first; or why it can't be had.
pub fn environment(workspace: &Path) -> Result<Environment, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("a newer Mesa is fetched for x86-64 Linux only".to_owned());
    }
    let folder = workspace
        .join("target/drivers")
        .join(format!("mesa-{SUITE}-backports"));
    if !folder.join(MANIFEST).is_file() {
        fetch(&folder).map_err(|why| format!("a newer Mesa can't be fetched: {why}"))?;
    }
    // Programs must start with the C library that the driver needs.
    let runner = format!(
        "{} --library-path {}",
        folder.join(PROGRAM_LOADER).display(),
        folder.join(LIBRARIES).display()
    );
    if runner.split_whitespace().count() != 3 {
        return Err(format!(
            "cargo can't start programs through {}: the path has spaces",
            folder.display()
        ));
    }
    let mut environment = only(&folder.join(MANIFEST));
    environment.push((
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
        runner.into(),
    ));
    environment.push(("HAMMERHEAD_COOPERATIVE", "1".into()));
    // Its matrices need subgroups of 8; machines without AVX2 have smaller ones unless told so.
    environment.push(("LP_NATIVE_VECTOR_WIDTH", "256".into()));
    Ok(environment)
}

fn fetch(folder: &Path) -> Result<(), String> {
    if !Path::new(KEYRING).is_file() {
        return Err(format!(
            "there is no {KEYRING}; install it (Debian, Ubuntu: `apt install debian-archive-keyring`)"
        ));
    }
    let above = folder.parent().expect("a folder in the target folder");
    let problem = |e: std::io::Error| format!("{}: {e}", above.display());
    fs::create_dir_all(above).map_err(problem)?;
    // Beside its final place, so that it can be moved there whole.
    let temporary = tempfile::tempdir_in(above).map_err(problem)?;
    println!("fetching Mesa from Debian's {SUITE}-backports, about 80 MB");
    let packages = download(temporary.path())?;
    let unpacked = temporary.path().join("root");
    for package in packages {
        done(
            Command::new("dpkg-deb")
                .arg("-x")
                .args([&package, &unpacked]),
        )?;
    }
    let needed = [MANIFEST, PROGRAM_LOADER];
    if let Some(missing) = needed.iter().find(|file| !unpacked.join(file).exists()) {
        return Err(format!("the packages hold no {missing}"));
    }
    match fs::rename(&unpacked, folder) {
        // Another process was faster.
        Err(_) if folder.join(MANIFEST).is_file() => Ok(()),
        moved => moved.map_err(problem),
    }
}

/// Lets apt fetch into a folder as if for an empty machine, and returns the packages.
fn download(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let lay_out = || {
        fs::create_dir_all(folder.join("state/lists/partial"))?;
        fs::create_dir_all(folder.join("cache/archives/partial"))?;
        fs::write(folder.join("installed"), "")?;
        let origin = format!("deb [arch=amd64 signed-by={KEYRING}] {ARCHIVE}");
        let lines = ["", "-backports"].map(|part| format!("{origin} {SUITE}{part} main\n"));
        fs::write(folder.join("sources.list"), lines.concat())
    };
    lay_out().map_err(|e| format!("{}: {e}", folder.display()))?;
    let place = |option: &str, file: &str| format!("{option}={}", folder.join(file).display());
    let options = [
        place("Dir::State", "state"),
        place("Dir::State::status", "installed"),
        place("Dir::Cache", "cache"),
        place("Dir::Etc::sourcelist", "sources.list"),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
        "Dir::Etc::preferences=/dev/null".to_owned(),
        "Dir::Etc::preferencesparts=/dev/null".to_owned(),
        "Acquire::Languages=none".to_owned(),
        "APT::Architecture=amd64".to_owned(),
        "APT::Install-Recommends=false".to_owned(),
        // Its own user may not write here.
        "APT::Sandbox::User=".to_owned(),
    ];
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        for option in &options {
            command.arg("-o").arg(option);
        }
        done(command.arg("--quiet").args(arguments))
    };
    apt(&["update"])?;
    let target = format!("{SUITE}-backports");
    let install = ["install", "--yes", "--download-only", "--target-release"];
    apt(&[&install[..], &[&target], &PACKAGES].concat())?;
    let archives = folder.join("cache/archives");
    let problem = |e: std::io::Error| format!("{}: {e}", archives.display());
    let mut packages = Vec::new();
    for entry in fs::read_dir(&archives).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            packages.push(path);
        }
    }
    Ok(packages)
}

/// Runs a program to its end; what it complained of, if it failed.
fn done(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{program} can't be started: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let complaints: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    Err(format!("{program}: {}", complaints.join("; ")))
}
