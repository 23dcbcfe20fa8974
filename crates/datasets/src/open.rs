//! Opening a file that may be packed.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use crate::error::{Error, Result};

/// Opens `path`, unpacking it while reading if its first two bytes are gzip's.
///
/// The bytes decide, not the name: downloads lose and gain `.gz` on their way.
pub(crate) fn open_plain_or_gzip(path: &Path) -> Result<Box<dyn Read>> {
    let mut file = File::open(path).map_err(Error::io(path, "open"))?;
    let mut magic = Vec::new();
    (&mut file)
        .take(2)
        .read_to_end(&mut magic)
        .map_err(Error::io(path, "read"))?;
    file.rewind().map_err(Error::io(path, "read"))?;
    let source = BufReader::with_capacity(1 << 16, file);
    if magic != [0x1f, 0x8b] {
        return Ok(Box::new(source));
    }
    unpack(path, source)
}

#[cfg(feature = "gzip")]
fn unpack(_path: &Path, source: BufReader<File>) -> Result<Box<dyn Read>> {
    Ok(Box::new(flate2::bufread::MultiGzDecoder::new(source)))
}

#[cfg(not(feature = "gzip"))]
fn unpack(path: &Path, _source: BufReader<File>) -> Result<Box<dyn Read>> {
    Err(Error::content(
        path.display().to_string(),
        "an unpacked file",
        "a gzip file",
        "unpack it with gunzip, or build hammerhead-datasets with the feature `gzip`",
    ))
}
