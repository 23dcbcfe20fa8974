//! Decoding one Zstandard frame of known content length.

use std::io::Read;

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::error::{Error, Result};

/// Decodes `packed`, which must hold one frame with a checksum and `expected` bytes of content.
pub(crate) fn unpack(file: &'static str, packed: &[u8], expected: usize) -> Result<Vec<u8>> {
    let corrupt = |reason: &dyn std::fmt::Display| Error::Corrupt {
        file,
        reason: reason.to_string(),
    };
    let mut source = packed;
    let mut decoder = FrameDecoder::new();
    decoder.init(&mut source).map_err(|error| corrupt(&error))?;
    if decoder.content_size() != expected as u64 {
        let found = usize::try_from(decoder.content_size()).unwrap_or(usize::MAX);
        return Err(Error::Length {
            file,
            expected,
            found,
        });
    }
    let mut bytes = vec![0; expected];
    let mut filled = 0;
    // Draining after every MiB keeps the decoder's own buffer from growing past the frame's window.
    while !decoder.is_finished() {
        decoder
            .decode_blocks(&mut source, BlockDecodingStrategy::UptoBytes(1 << 20))
            .map_err(|error| corrupt(&error))?;
        filled += decoder
            .read(&mut bytes[filled..])
            .map_err(|error| corrupt(&error))?;
    }
    let found = filled + decoder.can_collect();
    if found != expected {
        return Err(Error::Length {
            file,
            expected,
            found,
        });
    }
    let stored = decoder.get_checksum_from_data();
    let (Some(expected), Some(found)) = (stored, decoder.get_calculated_checksum()) else {
        return Err(corrupt(&"the frame has no checksum"));
    };
    if expected != found {
        return Err(Error::Checksum {
            file,
            expected,
            found,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Part;

    const PART: Part = Part::TestLabels;

    fn unpack_labels(packed: &[u8]) -> Result<Vec<u8>> {
        unpack(PART.file_name(), packed, PART.unpacked_len())
    }

    #[test]
    fn every_truncation_is_an_error() {
        let packed = PART.packed();
        for len in 0..packed.len() {
            assert!(
                unpack_labels(&packed[..len]).is_err(),
                "{len} of {} bytes passed",
                packed.len()
            );
        }
    }

    #[test]
    fn no_flipped_bit_passes_for_the_original() {
        let packed = PART.packed();
        let original = unpack_labels(packed).expect("the stored frame");
        for position in 0..packed.len() {
            let mut damaged = packed.to_vec();
            damaged[position] ^= 1 << (position % 8);
            if let Ok(bytes) = unpack_labels(&damaged) {
                assert_eq!(bytes, original, "byte {position}");
            }
        }
    }

    #[test]
    fn another_checksum_is_named_on_both_sides() {
        let mut damaged = PART.packed().to_vec();
        *damaged.last_mut().expect("a frame") ^= 0x80;
        let message = unpack_labels(&damaged)
            .expect_err("a wrong checksum")
            .to_string();
        assert!(
            message.starts_with("t10k-labels-idx1-ubyte: expected checksum "),
            "{message}"
        );
        assert!(message.contains("help: "), "{message}");
    }

    #[test]
    fn another_length_is_named_on_both_sides() {
        let error = unpack(PART.file_name(), PART.packed(), 10_009).expect_err("a wrong length");
        assert_eq!(
            error.to_string(),
            "t10k-labels-idx1-ubyte: expected 10009 bytes unpacked, found 10008; \
             help: this copy of the hammerhead-mnist package is damaged, install it again"
        );
    }
}
