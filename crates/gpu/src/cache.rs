//! What drivers made of shaders, kept on disk: compiling them takes longer than a short training.
//!
//! `HAMMERHEAD_CACHE` names another folder than the user's own for such files, or is `off`. A file is for one
//! device and one version of its driver. What is damaged, foreign or out of reach is as if it were not there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// The first bytes of a file: what it is, in which form.
const MAGIC: &[u8; 8] = b"hhpipe01";
/// Files written so far: two devices of one process must not write one at the same time.
static WRITTEN: AtomicU64 = AtomicU64::new(0);
/// Length of what drivers put first: its length, its form, vendor, device and the UUID.
const HEADER: usize = 32;

/// Whose pipelines they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) vendor: u32,
    pub(crate) device: u32,
    pub(crate) driver: u32,
    pub(crate) uuid: [u8; 16],
}

/// The file of one owner.
pub(crate) struct Store {
    folder: PathBuf,
    owner: Owner,
    /// Checksum of what the file holds.
    held: Option<u64>,
}

impl Store {
    /// In the user's folder for caches, unless it is switched off or there is none.
    pub(crate) fn of(owner: Owner) -> Option<Self> {
        folder(|name| env::var(name).ok()).map(|folder| Self::within(folder, owner))
    }

    fn within(folder: PathBuf, owner: Owner) -> Self {
        Self {
            folder,
            owner,
            held: None,
        }
    }

    /// What the driver is given when the device is opened: nothing, or what it gave itself.
    pub(crate) fn read(&mut self) -> Vec<u8> {
        let data = fs::read(self.path()).ok().and_then(|file| {
            let (sum, data) = file.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
            let whole = u64::from_le_bytes(*sum) == checksum(data);
            (whole && self.owner.wrote(data)).then(|| data.to_vec())
        });
        self.held = data.as_deref().map(checksum);
        data.unwrap_or_default()
    }

    /// Replaces the file if it holds something else.
    pub(crate) fn write(&mut self, data: &[u8]) {
        let sum = checksum(data);
        if self.held == Some(sum) || !self.owner.wrote(data) {
            return;
        }
        let file = [MAGIC, &sum.to_le_bytes()[..], data].concat();
        // Readers see the old file or the new one, never a part.
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let new = format!("{}.{}-{number}", self.name(), process::id());
        let new = self.folder.join(new);
        let written = fs::create_dir_all(&self.folder)
            .and_then(|()| fs::write(&new, file))
            .and_then(|()| fs::rename(&new, self.path()));
        match written {
            Ok(()) => self.held = Some(sum),
            Err(_) => drop(fs::remove_file(&new)),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(self.name())
    }

    fn name(&self) -> String {
        let Owner {
            vendor,
            device,
            driver,
            uuid,
        } = self.owner;
        let uuid: String = uuid.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{vendor:08x}-{device:08x}-{driver:08x}-{uuid}.pipelines")
    }
}

impl Owner {
    /// Whether a driver's data begins as this one's does. Not every driver looks before it believes it.
    fn wrote(&self, data: &[u8]) -> bool {
        let first = [HEADER as u32, 1, self.vendor, self.device];
        let first: Vec<u8> = first.iter().flat_map(|word| word.to_le_bytes()).collect();
        data.len() >= HEADER && data[..16] == first && data[16..HEADER] == self.uuid
    }
}

/// Where a user's caches lie on this system.
fn folder(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let absolute = |name: &str| {
        set(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    match set("HAMMERHEAD_CACHE").as_deref() {
        Some("off" | "0") => return None,
        Some(folder) => return Some(PathBuf::from(folder)),
        None => {}
    }
    let caches = if cfg!(windows) {
        absolute("LOCALAPPDATA")?
    } else if cfg!(target_os = "macos") {
        absolute("HOME")?.join("Library/Caches")
    } else {
        absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?
    };
    Some(caches.join(Path::new("hammerhead")))
}

/// FNV-1a: it need only notice accidents, but be the same in every version.
fn checksum(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner = Owner {
        vendor: 0x10de,
        device: 0x2684,
        driver: 7,
        uuid: *b"0123456789abcdef",
    };

    /// What a driver of this owner would give.
    fn data(owner: Owner, content: &[u8]) -> Vec<u8> {
        let words = [HEADER as u32, 1, owner.vendor, owner.device];
        let mut data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        data.extend(owner.uuid);
        data.extend(content);
        data
    }

    fn store(folder: &Path) -> Store {
        Store::within(folder.join("hammerhead"), OWNER)
    }

    #[test]
    fn what_one_device_writes_the_next_one_reads() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = store(folder.path());
        assert!(first.read().is_empty());
        for content in [&b"one"[..], b"one and another", b""] {
            let data = data(OWNER, content);
            first.write(&data);
            assert_eq!(store(folder.path()).read(), data);
        }
        // One file, and nothing half-written beside it.
        assert_eq!(fs::read_dir(&first.folder).unwrap().count(), 1);
    }

    #[test]
    fn what_the_file_holds_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let data = data(OWNER, b"pipelines");
        store(folder.path()).write(&data);
        let mut next = store(folder.path());
        assert_eq!(next.read(), data);
        fs::remove_file(next.path()).unwrap();
        next.write(&data);
        assert!(!next.path().exists());
    }

    #[test]
    fn damaged_files_are_as_none_and_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let data = data(OWNER, b"pipelines");
        store(folder.path()).write(&data);
        let path = store(folder.path()).path();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(store(folder.path()).read().is_empty(), "{length} bytes");
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).unwrap();
            let mut store = store(folder.path());
            assert!(store.read().is_empty(), "byte {at}");
            store.write(&data);
            assert!(fs::read(&path).unwrap() == whole, "byte {at}");
        }
    }

    #[test]
    fn other_devices_drivers_and_forms_are_not_believed() {
        let others = [
            Owner { vendor: 1, ..OWNER },
            Owner { device: 1, ..OWNER },
            Owner {
                uuid: [7; 16],
                ..OWNER
            },
        ];
        let folder = tempfile::tempdir().unwrap();
        for other in others {
            let foreign = data(other, b"pipelines");
            // Neither under their own name nor under this one.
            Store::within(folder.path().join("hammerhead"), other).write(&foreign);
            assert!(store(folder.path()).read().is_empty());
            let file = [MAGIC, &checksum(&foreign).to_le_bytes()[..], &foreign].concat();
            fs::write(store(folder.path()).path(), file).unwrap();
            assert!(store(folder.path()).read().is_empty());
        }
        assert!(!OWNER.wrote(b"short"));
        // Another version of the driver has another file.
        store(folder.path()).write(&data(OWNER, b"pipelines"));
        let next = Owner { driver: 8, ..OWNER };
        let mut next = Store::within(folder.path().join("hammerhead"), next);
        assert!(next.read().is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("hammerhead"), "a file in the way").unwrap();
        let mut store = store(folder.path());
        store.write(&data(OWNER, b"pipelines"));
        assert!(store.read().is_empty());
    }

    #[test]
    fn the_folder_is_the_users_unless_a_variable_says_otherwise() {
        let with = |pairs: &[(&str, &str)]| {
            folder(|name| {
                let pair = pairs.iter().find(|(known, _)| *known == name);
                pair.map(|(_, value)| (*value).to_owned())
            })
        };
        let here = with(&[("HAMMERHEAD_CACHE", "here"), ("HOME", "/me")]);
        assert_eq!(here, Some(PathBuf::from("here")));
        for off in ["off", "0"] {
            assert_eq!(with(&[("HAMMERHEAD_CACHE", off), ("HOME", "/me")]), None);
        }
        assert_eq!(with(&[]), None);
        if cfg!(all(unix, not(target_os = "macos"))) {
            let home = with(&[("HAMMERHEAD_CACHE", ""), ("HOME", "/me")]);
            assert_eq!(home, Some(PathBuf::from("/me/.cache/hammerhead")));
            let moved = with(&[("XDG_CACHE_HOME", "/cache"), ("HOME", "/me")]);
            assert_eq!(moved, Some(PathBuf::from("/cache/hammerhead")));
            let relative = with(&[("XDG_CACHE_HOME", "cache"), ("HOME", "/me")]);
            assert_eq!(relative, Some(PathBuf::from("/me/.cache/hammerhead")));
        }
    }
}
