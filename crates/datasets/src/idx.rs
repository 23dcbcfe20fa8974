//! The IDX format of the MNIST files: a magic number, the sizes of the dims, then big-endian
//! elements in row-major order.
//!
//! | bytes | content |
//! |---|---|
//! | 2 | zero |
//! | 1 | element type: `08` u8, `09` i8, `0B` i16, `0C` i32, `0D` f32, `0E` f64 |
//! | 1 | rank |
//! | 4 each | sizes, big-endian |
//! | rest | elements, big-endian |
//!
//! A header is never trusted: no memory is taken for elements that are not in the file.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::atomic::write_atomically;
use crate::error::{Error, Result};
use crate::open::open_plain_or_gzip;

/// The elements of an IDX array, in row-major order and the machine's own byte order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum IdxData {
    /// Type byte `08`.
    U8(Vec<u8>),
    /// Type byte `09`.
    I8(Vec<i8>),
    /// Type byte `0B`.
    I16(Vec<i16>),
    /// Type byte `0C`.
    I32(Vec<i32>),
    /// Type byte `0D`.
    F32(Vec<f32>),
    /// Type byte `0E`.
    F64(Vec<f64>),
}

impl IdxData {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            IdxData::U8(data) => data.len(),
            IdxData::I8(data) => data.len(),
            IdxData::I16(data) => data.len(),
            IdxData::I32(data) => data.len(),
            IdxData::F32(data) => data.len(),
            IdxData::F64(data) => data.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the element type, as Rust spells it.
    pub fn type_name(&self) -> &'static str {
        self.element().name()
    }

    fn element(&self) -> Element {
        match self {
            IdxData::U8(_) => Element::U8,
            IdxData::I8(_) => Element::I8,
            IdxData::I16(_) => Element::I16,
            IdxData::I32(_) => Element::I32,
            IdxData::F32(_) => Element::F32,
            IdxData::F64(_) => Element::F64,
        }
    }
}

#[derive(Clone, Copy)]
enum Element {
    U8,
    I8,
    I16,
    I32,
    F32,
    F64,
}

impl Element {
    const ALL: [Element; 6] = [
        Element::U8,
        Element::I8,
        Element::I16,
        Element::I32,
        Element::F32,
        Element::F64,
    ];

    fn code(self) -> u8 {
        match self {
            Element::U8 => 0x08,
            Element::I8 => 0x09,
            Element::I16 => 0x0B,
            Element::I32 => 0x0C,
            Element::F32 => 0x0D,
            Element::F64 => 0x0E,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Element::U8 => "u8",
            Element::I8 => "i8",
            Element::I16 => "i16",
            Element::I32 => "i32",
            Element::F32 => "f32",
            Element::F64 => "f64",
        }
    }

    fn bytes(self) -> u64 {
        match self {
            Element::U8 | Element::I8 => 1,
            Element::I16 => 2,
            Element::I32 | Element::F32 => 4,
            Element::F64 => 8,
        }
    }

    fn decode(self, bytes: Vec<u8>) -> IdxData {
        match self {
            Element::U8 => IdxData::U8(bytes),
            Element::I8 => IdxData::I8(bytes.into_iter().map(|byte| byte as i8).collect()),
            Element::I16 => IdxData::I16(decode(&bytes, i16::from_be_bytes)),
            Element::I32 => IdxData::I32(decode(&bytes, i32::from_be_bytes)),
            Element::F32 => IdxData::F32(decode(&bytes, f32::from_be_bytes)),
            Element::F64 => IdxData::F64(decode(&bytes, f64::from_be_bytes)),
        }
    }
}

fn decode<T, const N: usize>(bytes: &[u8], from: fn([u8; N]) -> T) -> Vec<T> {
    bytes
        .as_chunks::<N>()
        .0
        .iter()
        .map(|&chunk| from(chunk))
        .collect()
}

/// An array read from, or to be written to, an IDX file.
///
/// ```
/// use hammerhead_datasets::{Idx, IdxData};
///
/// let array = Idx::new(vec![2, 3], IdxData::I16(vec![1, 2, 3, -4, -5, -6]));
/// let bytes = array.to_bytes();
/// assert_eq!(bytes[..4], [0, 0, 0x0B, 2]);
/// assert_eq!(Idx::parse("memory", &bytes)?, array);
///
/// let error = Idx::parse("cut.idx", &bytes[..20]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "cut.idx: expected 12 bytes of data for i16 [2, 3], found 8; \
///      help: the file is cut short; copy or download it again"
/// );
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Idx {
    shape: Vec<usize>,
    data: IdxData,
}

impl Idx {
    /// An array of `shape` over `data` in row-major order.
    ///
    /// # Panics
    /// If the sizes do not multiply to the number of elements, if a size exceeds `u32::MAX`, or if
    /// the rank exceeds 255: the format cannot say such an array.
    #[track_caller]
    pub fn new(shape: Vec<usize>, data: IdxData) -> Idx {
        let count = shape
            .iter()
            .try_fold(1usize, |count, &size| count.checked_mul(size));
        assert!(
            count == Some(data.len()),
            "Idx::new: shape {shape:?} does not hold {} elements; help: the sizes must multiply to the number of elements",
            data.len()
        );
        assert!(
            shape.len() <= 255 && shape.iter().all(|&size| u32::try_from(size).is_ok()),
            "Idx::new: shape {shape:?} does not fit the format; help: IDX holds at most 255 dims of at most {} each",
            u32::MAX
        );
        Idx { shape, data }
    }

    /// The sizes of the dims.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements.
    pub fn data(&self) -> &IdxData {
        &self.data
    }

    /// Takes the array apart.
    pub fn into_parts(self) -> (Vec<usize>, IdxData) {
        (self.shape, self.data)
    }

    /// Reads a file, which may be a gzip file (feature `gzip`) whatever its name.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::Content`] if it is not an IDX file, is cut
    /// short, or goes on after its last element.
    pub fn read(path: impl AsRef<Path>) -> Result<Idx> {
        let path = path.as_ref();
        Idx::from_reader(&path.display().to_string(), open_plain_or_gzip(path)?)
    }

    /// Reads from bytes in memory; `file` names them in errors.
    ///
    /// # Errors
    /// [`Error::Content`] as for [`Idx::read`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Idx> {
        Idx::from_reader(file, bytes)
    }

    /// Reads from any source to its end; `file` names it in errors.
    ///
    /// # Errors
    /// [`Error::Content`] as for [`Idx::read`], also when the source itself fails.
    pub fn from_reader(file: &str, mut source: impl Read) -> Result<Idx> {
        let header = Header::read(file, &mut source)?;
        let bytes = read_elements(file, source, &header)?;
        Ok(Idx {
            shape: header.shape,
            data: header.element.decode(bytes),
        })
    }

    /// As [`Idx::parse`]; bytes stay where they are, which spares a large file its copy.
    #[cfg(feature = "mnist")]
    pub(crate) fn from_bytes(file: &str, mut bytes: Vec<u8>) -> Result<Idx> {
        let mut rest = &bytes[..];
        let header = Header::read(file, &mut rest)?;
        if header.bytes != rest.len() as u64 {
            return Idx::parse(file, &bytes);
        }
        bytes.drain(..bytes.len() - rest.len());
        Ok(Idx {
            shape: header.shape,
            data: header.element.decode(bytes),
        })
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0, 0, self.data.element().code(), self.shape.len() as u8];
        for &size in &self.shape {
            bytes.extend((size as u32).to_be_bytes());
        }
        match &self.data {
            IdxData::U8(data) => bytes.extend(data),
            IdxData::I8(data) => bytes.extend(data.iter().map(|&value| value as u8)),
            IdxData::I16(data) => bytes.extend(data.iter().flat_map(|value| value.to_be_bytes())),
            IdxData::I32(data) => bytes.extend(data.iter().flat_map(|value| value.to_be_bytes())),
            IdxData::F32(data) => bytes.extend(data.iter().flat_map(|value| value.to_be_bytes())),
            IdxData::F64(data) => bytes.extend(data.iter().flat_map(|value| value.to_be_bytes())),
        }
        bytes
    }

    /// Writes a plain IDX file; a reader sees the old file or the whole new one, never a part.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), |file| file.write_all(&self.to_bytes()))
    }
}

/// What stands before the elements.
struct Header {
    element: Element,
    shape: Vec<usize>,
    /// How many bytes of elements follow.
    bytes: u64,
}

impl Header {
    fn read(file: &str, source: &mut impl Read) -> Result<Header> {
        let mut magic = [0; 4];
        let got = fill(file, source, &mut magic)?;
        if got < magic.len() {
            return Err(cut_header(file, magic.len(), got));
        }
        let element = Element::ALL
            .into_iter()
            .find(|element| element.code() == magic[2]);
        let ([0, 0, _, rank], Some(element)) = (magic, element) else {
            return Err(Error::content(
                file,
                "the magic number of an IDX file (00 00, an element type 08, 09 or 0B to 0E, the rank)",
                Hex(&magic).to_string(),
                "is this the right file? an IDX file is also damaged by a transfer in text mode",
            ));
        };
        let mut sizes = vec![0; 4 * usize::from(rank)];
        let got = fill(file, source, &mut sizes)?;
        if got < sizes.len() {
            return Err(cut_header(file, 4 + sizes.len(), 4 + got));
        }
        let shape: Vec<usize> = decode(&sizes, u32::from_be_bytes)
            .iter()
            .map(|&size| size as usize)
            .collect();
        let bytes = shape
            .iter()
            .try_fold(element.bytes(), |bytes, &size| {
                bytes.checked_mul(size as u64)
            })
            .filter(|&bytes| isize::try_from(bytes).is_ok());
        let Some(bytes) = bytes else {
            return Err(Error::content(
                file,
                "sizes whose elements fit into memory",
                format!("{} {shape:?}", element.name()),
                "the header is damaged; copy or download the file again",
            ));
        };
        Ok(Header {
            element,
            shape,
            bytes,
        })
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

fn cut_header(file: &str, expected: usize, got: usize) -> Error {
    let found = if got == 0 {
        "an empty file".to_owned()
    } else {
        format!("{got} bytes")
    };
    let expected = format!("an IDX header of {expected} bytes");
    Error::content(
        file,
        expected,
        found,
        "the file is cut short; copy or download it again",
    )
}

fn unreadable(file: &str, error: &io::Error) -> Error {
    Error::content(
        file,
        "readable data",
        error.to_string(),
        "the file is damaged; copy or download it again",
    )
}

/// Reads until `buffer` is full or the source ends, and says how much came.
fn fill(file: &str, source: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match source.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(file, &error)),
        }
    }
    Ok(got)
}

/// Reads exactly the promised elements and insists on the end of the source after them.
fn read_elements(file: &str, mut source: impl Read, header: &Header) -> Result<Vec<u8>> {
    // The promise of a damaged header is worth at most this much memory in advance.
    const TRUST: u64 = 64 << 20;
    // A gzip file can unpack to anything, so the count of what is too much has an end.
    const ENOUGH: u64 = 64 << 20;
    let expected = header.bytes;
    let mut bytes = Vec::with_capacity(expected.min(TRUST) as usize);
    (&mut source)
        .take(expected)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(file, &error))?;
    let extra = io::copy(&mut source.take(ENOUGH), &mut io::sink())
        .map_err(|error| unreadable(file, &error))?;
    let (found, help) = match (bytes.len() as u64, extra) {
        (found, 0) if found == expected => return Ok(bytes),
        (found, 0) => (
            found.to_string(),
            "the file is cut short; copy or download it again",
        ),
        (_, ENOUGH) => (
            format!("more than {}", expected.saturating_add(ENOUGH)),
            MISMATCH,
        ),
        (_, extra) => ((expected + extra).to_string(), MISMATCH),
    };
    let expected = format!(
        "{expected} bytes of data for {} {:?}",
        header.element.name(),
        header.shape
    );
    Err(Error::content(file, expected, found, help))
}

const MISMATCH: &str =
    "the header and the data do not belong together; copy or download the file again";
