//! Reading the header and the elements, believing neither.

use std::fmt;
use std::io::{self, Read};

use super::IdxData;
use crate::error::{Error, Result};

/// The type byte of the magic number.
#[derive(Clone, Copy)]
pub(super) enum Element {
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

    pub(super) fn code(self) -> u8 {
        match self {
            Element::U8 => 0x08,
            Element::I8 => 0x09,
            Element::I16 => 0x0B,
            Element::I32 => 0x0C,
            Element::F32 => 0x0D,
            Element::F64 => 0x0E,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Element::U8 => "u8",
            Element::I8 => "i8",
            Element::I16 => "i16",
            Element::I32 => "i32",
            Element::F32 => "f32",
            Element::F64 => "f64",
        }
    }

    pub(super) fn bytes(self) -> u64 {
        match self {
            Element::U8 | Element::I8 => 1,
            Element::I16 => 2,
            Element::I32 | Element::F32 => 4,
            Element::F64 => 8,
        }
    }

    pub(super) fn decode(self, bytes: Vec<u8>) -> IdxData {
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

/// What stands before the elements.
pub(super) struct Header {
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    /// How many bytes of elements follow.
    pub(super) bytes: u64,
}

impl Header {
    pub(super) fn read(file: &str, source: &mut impl Read) -> Result<Header> {
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
pub(super) fn read_elements(file: &str, mut source: impl Read, header: &Header) -> Result<Vec<u8>> {
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
