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

mod parse;

use std::io::{Read, Write};
use std::path::Path;

use self::parse::{Element, Header, read_elements};
use crate::atomic::write_atomically;
use crate::error::Result;
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
    /// [`Error::Io`](crate::Error::Io) if it cannot be read, [`Error::Content`](crate::Error::Content) if it is not an IDX file, is cut
    /// short, or goes on after its last element.
    pub fn read(path: impl AsRef<Path>) -> Result<Idx> {
        let path = path.as_ref();
        Idx::from_reader(&path.display().to_string(), open_plain_or_gzip(path)?)
    }

    /// Reads from bytes in memory; `file` names them in errors.
    ///
    /// # Errors
    /// [`Error::Content`](crate::Error::Content) as for [`Idx::read`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Idx> {
        Idx::from_reader(file, bytes)
    }

    /// Reads from any source to its end; `file` names it in errors.
    ///
    /// # Errors
    /// [`Error::Content`](crate::Error::Content) as for [`Idx::read`], also when the source itself fails.
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
    /// [`Error::Io`](crate::Error::Io) naming the file.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), |file| file.write_all(&self.to_bytes()))
    }
}
