//! SwiftShader, a driver in software that shares no code with Mesa: subgroups of 4, workgroups of 256 at
//! most, no narrow or wide numbers. A package for headless browsers carries it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use brotli_decompressor::Decompressor;
use flate2::read::GzDecoder;
use sha2::{Digest, Sha512};
use tar::Archive;

use super::{Environment, only};

const PACKAGE: &str = "@sparticuz/chromium";
const VERSION: &str = "153.0.0";
/// SHA-512 of the package as published.
const CHECKSUM: &str = "8e2196a92bcf31dbb8f8ff538a562a011ef21063c41c8371fa50af13f36a34ef\
                        c41d8cc5ff1d615222394fa8a8548b7b744cbb9fcf1bcb24f4be4f9d9ec810c0";
/// The driver inside the package, and what of it is needed.
const MEMBER: &str = "package/bin/swiftshader.tar.br";
const LIBRARY: &str = "libvk_swiftshader.so";
const MANIFEST: &str = "vk_swiftshader_icd.json";

/// The variables that choose the driver, which is fetched into the workspace's target folder first if it
/// is not there; or why it can't be had.
pub fn environment(workspace: &Path) -> Result<Environment, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("SwiftShader is packaged for x86-64 Linux only".to_owned());
    }
    let folder = workspace
        .join("target/drivers")
        .join(format!("swiftshader-{VERSION}"));
    if !folder.join(MANIFEST).is_file() {
        fetch(&folder).map_err(|why| format!("SwiftShader can't be fetched: {why}"))?;
    }
    Ok(only(&folder.join(MANIFEST)))
}

fn fetch(folder: &Path) -> Result<(), String> {
    let above = folder.parent().expect("a folder in the target folder");
    fs::create_dir_all(above).map_err(|e| format!("{}: {e}", above.display()))?;
    // Beside its final place, so that it can be moved there whole.
    let temporary = tempfile::tempdir_in(above).map_err(|e| format!("{}: {e}", above.display()))?;
    println!("fetching SwiftShader from the npm package {PACKAGE} {VERSION}");
    let package = download(temporary.path())?;
    let found = checksum(&package)?;
    if found != CHECKSUM {
        return Err(format!(
            "{PACKAGE} {VERSION} has the SHA-512 {found}, not {CHECKSUM}"
        ));
    }
    let unpacked = temporary.path().join("driver");
    unpack(&package, &unpacked)?;
    match fs::rename(&unpacked, folder) {
        // Another process was faster.
        Err(_) if folder.join(MANIFEST).is_file() => Ok(()),
        done => done.map_err(|e| format!("{}: {e}", folder.display())),
    }
}

/// Asks npm, which knows the machine's mirror and certificates.
fn download(folder: &Path) -> Result<PathBuf, String> {
    let output = Command::new("npm")
        .args(["pack", "--silent"])
        .arg(format!("{PACKAGE}@{VERSION}"))
        .current_dir(folder)
        .output()
        .map_err(|e| {
            format!("npm can't be started ({e}); install npm (Debian: `apt install npm`)")
        })?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("npm pack {PACKAGE}@{VERSION}: {}", why.trim()));
    }
    let name = String::from_utf8_lossy(&output.stdout);
    Ok(folder.join(name.trim()))
}

fn checksum(path: &Path) -> Result<String, String> {
    let mut file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (mut digest, mut part) = (Sha512::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut part).map_err(|e| e.to_string())? {
            0 => {
                let digest = digest.finalize();
                return Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect());
            }
            read => digest.update(&part[..read]),
        }
    }
}

/// Takes the driver's library and its manifest out of the archive in the archive.
fn unpack(package: &Path, folder: &Path) -> Result<(), String> {
    let broken = |e: std::io::Error| format!("{PACKAGE} {VERSION}: {e}");
    fs::create_dir_all(folder).map_err(broken)?;
    let mut outer = Archive::new(GzDecoder::new(File::open(package).map_err(broken)?));
    for member in outer.entries().map_err(broken)? {
        let member = member.map_err(broken)?;
        if member.path().map_err(broken)? != Path::new(MEMBER) {
            continue;
        }
        let mut inner = Archive::new(Decompressor::new(member, 1 << 16));
        for file in inner.entries().map_err(broken)? {
            let mut file = file.map_err(broken)?;
            let name = file.path().map_err(broken)?.into_owned();
            if [LIBRARY, MANIFEST]
                .iter()
                .any(|wanted| name == Path::new(wanted))
            {
                file.unpack(folder.join(name)).map_err(broken)?;
            }
        }
    }
    let there = |name: &&str| folder.join(name).is_file();
    match [LIBRARY, MANIFEST].iter().find(|name| !there(name)) {
        Some(missing) => Err(format!("{PACKAGE} {VERSION} holds no {missing}")),
        None => Ok(()),
    }
}
