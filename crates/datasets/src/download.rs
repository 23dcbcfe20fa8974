//! Fetching a file once: from several mirrors, resumable, checked by SHA-256, placed whole.
//!
//! Trust comes from the fingerprint alone, so a mirror over plain HTTP is as good as any. Addresses
//! that begin with `https:` need the feature `https`.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::atomic::write_atomically;
use crate::error::{Error, Result};

/// Tries at one address, each of which must bring the file further to earn the next.
const ATTEMPTS: usize = 5;
/// Silence after which a mirror counts as gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a file travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    #[default]
    Plain,
    /// As a gzip file, kept unpacked; mirrors may have packed it differently.
    Gzip,
}

/// A file to be had from the network, named by the SHA-256 of its unpacked bytes.
///
/// ```
/// use hammerhead_datasets::Remote;
///
/// # let folder = std::env::temp_dir().join(format!("hammerhead-remote-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// std::fs::write(folder.join("abc.txt"), "abc").unwrap();
/// let letters = Remote::new("abc.txt", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
///     .mirror("http://example.org/abc.txt");
/// // The file is there, and right: nothing is asked of the network.
/// assert_eq!(letters.fetch(&folder)?, folder.join("abc.txt"));
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Remote {
    name: String,
    sha256: String,
    packing: Packing,
    mirrors: Vec<String>,
    limit: u64,
}

impl Remote {
    /// A file called `name`, whose unpacked bytes have this SHA-256 (64 hexadecimal digits).
    pub fn new(name: impl Into<String>, sha256: impl Into<String>) -> Remote {
        let sha256 = sha256.into().to_ascii_lowercase();
        let mirrors = Vec::new();
        Remote {
            name: name.into(),
            sha256,
            packing: Packing::Plain,
            mirrors,
            limit: 4 << 30,
        }
    }

    /// How the mirrors pack the file.
    pub fn packing(mut self, packing: Packing) -> Remote {
        self.packing = packing;
        self
    }

    /// Adds an address; the first added is tried first.
    pub fn mirror(mut self, address: impl Into<String>) -> Remote {
        self.mirrors.push(address.into());
        self
    }

    /// Refuses to take more than this many bytes, packed or unpacked (4 GiB if not said).
    pub fn limit(mut self, bytes: u64) -> Remote {
        self.limit = bytes;
        self
    }

    /// The file in `folder`, fetched if it is not there or not right, and its path.
    ///
    /// What arrived of a broken download stays as `NAME.part`, and the next call, or the next
    /// mirror, goes on from there. Two processes that want the same file take turns. The file
    /// appears under its name only whole and checked.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be written, [`Error::Download`] with a line for every
    /// mirror if none delivered the right bytes.
    pub fn fetch(&self, folder: &Path) -> Result<PathBuf> {
        let target = folder.join(&self.name);
        if self.is_right(&target)? {
            return Ok(target);
        }
        fs::create_dir_all(folder).map_err(Error::io(folder, "create"))?;
        let path = folder.join(format!("{}.part", self.name));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = file.map_err(Error::io(&path, "open"))?;
        file.lock().map_err(Error::io(&path, "lock"))?;
        let mut part = Part { file, path };
        // Another process may have finished while this one waited for the lock.
        if self.is_right(&target)? {
            return Ok(target);
        }
        let agent = agent();
        let mut reasons = String::new();
        for address in &self.mirrors {
            match self.fetch_from(&agent, address, &mut part, &target) {
                Ok(()) => {
                    // The part has served; one left behind would only waste space.
                    let _ = fs::remove_file(&part.path);
                    return Ok(target);
                }
                Err(Failure::Local(error)) => return Err(error),
                Err(Failure::Mirror(reason)) => {
                    // Writing to a String cannot fail.
                    let _ = write!(reasons, "\n  {address}: {reason}");
                }
            }
        }
        if self.mirrors.is_empty() {
            reasons.push_str("\n  no address is known");
        }
        Err(Error::Download {
            file: self.name.clone(),
            reasons,
            cache: target,
        })
    }

    fn is_right(&self, target: &Path) -> Result<bool> {
        match File::open(target) {
            Ok(mut file) => {
                let mut sink = Hashing::new(io::sink());
                io::copy(&mut file, &mut sink).map_err(Error::io(target, "read"))?;
                Ok(sink.finish() == self.sha256)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io(target, "open")(error)),
        }
    }

    /// Downloads into `part` until it is whole, then checks, unpacks and places it.
    fn fetch_from(
        &self,
        agent: &ureq::Agent,
        address: &str,
        part: &mut Part,
        target: &Path,
    ) -> Result<(), Failure> {
        let mut resumed = part.len()? > 0;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let before = part.len()?;
            match self.receive(agent, address, part) {
                Ok(()) => {}
                Err(Failure::Mirror(_)) if attempt < ATTEMPTS && part.len()? > before => continue,
                Err(failure) => return Err(failure),
            }
            match self.place(part, target) {
                Ok(()) => return Ok(()),
                // The beginning came from elsewhere, or from an older version: start afresh.
                Err(Failure::Mirror(_)) if resumed => {
                    part.clear()?;
                    resumed = false;
                }
                Err(failure) => {
                    part.clear()?;
                    return Err(failure);
                }
            }
        }
    }

    /// One request for what is missing, appended to `part`.
    fn receive(&self, agent: &ureq::Agent, address: &str, part: &mut Part) -> Result<(), Failure> {
        let have = part.len()?;
        let mut request = agent.get(address);
        if have > 0 {
            request = request.header("Range", format!("bytes={have}-"));
        }
        let mut response = request.call().map_err(mirror)?;
        let status = response.status().as_u16();
        let range = response
            .headers()
            .get("content-range")
            .and_then(|value| value.to_str().ok());
        match status {
            206 if have > 0
                && range.is_some_and(|range| range.starts_with(&format!("bytes {have}-"))) => {}
            200 => part.clear()?,
            // Nothing is left to send: the part is whole already, or it is of another file.
            416 if have > 0 => {
                if range != Some(&format!("bytes */{have}")) {
                    part.clear()?;
                    return self.receive(agent, address, part);
                }
                return Ok(());
            }
            206 => {
                part.clear()?;
                return Err(Failure::Mirror(
                    "answered with another range than asked for".into(),
                ));
            }
            _ => return Err(Failure::Mirror(format!("answered with status {status}"))),
        }
        let mut body = response.body_mut().as_reader();
        let mut buffer = vec![0; 1 << 16];
        let mut got = part
            .file
            .seek(SeekFrom::End(0))
            .map_err(Error::io(&part.path, "write"))?;
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(Failure::Mirror(format!(
                        "broke off after {got} bytes: {error}"
                    )));
                }
            };
            part.file
                .write_all(&buffer[..count])
                .map_err(Error::io(&part.path, "write"))?;
            got += count as u64;
            if got > self.limit {
                part.clear()?;
                return Err(Failure::Mirror(format!(
                    "sent more than {} bytes",
                    self.limit
                )));
            }
        }
    }

    /// Unpacks the part beside the target while hashing, and renames it only if the hash is right.
    fn place(&self, part: &mut Part, target: &Path) -> Result<(), Failure> {
        part.file.rewind().map_err(Error::io(&part.path, "read"))?;
        let packed = BufReader::with_capacity(1 << 16, &part.file);
        let source: &mut dyn Read = match self.packing {
            Packing::Plain => &mut { packed },
            Packing::Gzip => &mut flate2::bufread::MultiGzDecoder::new(packed),
        };
        let mut wrong = None;
        let written = write_atomically(target, |file| {
            let mut sink = Hashing::new(file);
            let refuse = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
            let mut source = source.take(self.limit.saturating_add(1));
            // A failure to unpack is the mirror's doing, a failure to write is not.
            let mut buffer = vec![0; 1 << 16];
            let mut total = 0;
            let reason = loop {
                match source.read(&mut buffer) {
                    Ok(0) => break None,
                    Ok(count) => {
                        sink.write_all(&buffer[..count])?;
                        total += count as u64;
                    }
                    Err(error) => break Some(format!("cannot be unpacked: {error}")),
                }
            };
            let found = sink.finish();
            wrong = reason.or_else(|| {
                (total > self.limit).then(|| format!("unpacks to more than {} bytes", self.limit))
            });
            if wrong.is_none() && found != self.sha256 {
                wrong = Some(format!(
                    "sent other bytes: expected SHA-256 {}, found {found}",
                    self.sha256
                ));
            }
            wrong.clone().map_or(Ok(()), |reason| Err(refuse(reason)))
        });
        match (written, wrong) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(reason)) => Err(Failure::Mirror(reason)),
            (Err(error), None) => Err(Failure::Local(error)),
        }
    }
}

/// Whose fault it is decides whether another mirror can help.
enum Failure {
    Mirror(String),
    Local(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Local(error)
    }
}

fn mirror(error: ureq::Error) -> Failure {
    Failure::Mirror(match error {
        ureq::Error::TlsRequired => {
            "needs HTTPS; build hammerhead-datasets with the feature `https`".into()
        }
        error => error.to_string(),
    })
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .user_agent(concat!("hammerhead-datasets/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// What has arrived of a file, locked for this process.
struct Part {
    file: File,
    path: PathBuf,
}

impl Part {
    fn len(&self) -> Result<u64> {
        Ok(self
            .file
            .metadata()
            .map_err(Error::io(&self.path, "read"))?
            .len())
    }

    fn clear(&mut self) -> Result<()> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .map_err(Error::io(&self.path, "write"))
    }
}

/// Hashes what passes through.
struct Hashing<W> {
    sink: W,
    hash: Sha256,
}

impl<W: Write> Hashing<W> {
    fn new(sink: W) -> Hashing<W> {
        Hashing {
            sink,
            hash: Sha256::new(),
        }
    }

    fn finish(self) -> String {
        self.hash
            .finalize()
            .iter()
            .fold(String::new(), |mut text, byte| {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.sink.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
