//! IDX files: round trips for every element type and rank, and damage of every kind.

use hammerhead_datasets::{Idx, IdxData};
use proptest::prelude::*;

#[test]
fn writers_of_one_file_never_disturb_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("array.idx");
    let array = Idx::new(vec![5000], IdxData::U8(vec![7; 5000]));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    array.write(&path).expect("a writable folder");
                    assert_eq!(Idx::read(&path).expect("a whole file"), array);
                }
            });
        }
    });
    let files = std::fs::read_dir(folder.path()).expect("a folder");
    assert_eq!(files.count(), 1);
}

fn arrays() -> impl Strategy<Value = Idx> {
    let shapes = prop::collection::vec(0usize..5, 0..5);
    (shapes, 0..6, any::<u64>()).prop_map(|(shape, element, seed)| {
        let count = shape.iter().product::<usize>() as u64;
        // An odd multiplier visits every bit pattern, NaNs and infinities included.
        let bits = move |i| seed.wrapping_add(i).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let data = match element {
            0 => IdxData::U8((0..count).map(|i| bits(i) as u8).collect()),
            1 => IdxData::I8((0..count).map(|i| bits(i) as i8).collect()),
            2 => IdxData::I16((0..count).map(|i| bits(i) as i16).collect()),
            3 => IdxData::I32((0..count).map(|i| bits(i) as i32).collect()),
            4 => IdxData::F32(
                (0..count)
                    .map(|i| f32::from_bits((bits(i) >> 32) as u32))
                    .collect(),
            ),
            _ => IdxData::F64((0..count).map(|i| f64::from_bits(bits(i))).collect()),
        };
        Idx::new(shape, data)
    })
}

proptest! {
    #[test]
    fn law_round_trip(array in arrays()) {
        let bytes = array.to_bytes();
        let back = Idx::parse("memory", &bytes).expect("what was written");
        prop_assert_eq!(back.shape(), array.shape());
        prop_assert_eq!(back.data().type_name(), array.data().type_name());
        // Bytes, not values: a NaN differs from itself.
        prop_assert_eq!(back.to_bytes(), bytes);
    }

    #[test]
    fn law_file_round_trip(array in arrays()) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("array.idx");
        array.write(&path).expect("a writable folder");
        prop_assert_eq!(Idx::read(&path).expect("what was written").to_bytes(), array.to_bytes());
        prop_assert_eq!(folder.path().read_dir().expect("a folder").count(), 1);
    }

    #[test]
    fn law_every_truncation_is_refused(array in arrays()) {
        let bytes = array.to_bytes();
        for len in 0..bytes.len() {
            prop_assert!(Idx::parse("cut", &bytes[..len]).is_err(), "{} of {}", len, bytes.len());
        }
    }

    #[test]
    fn law_trailing_bytes_are_refused(array in arrays(), extra in 1usize..100) {
        let mut bytes = array.to_bytes();
        bytes.resize(bytes.len() + extra, 0);
        prop_assert!(Idx::parse("long", &bytes).is_err());
    }

    #[test]
    fn law_any_bytes_are_an_array_or_an_error(mut bytes in prop::collection::vec(any::<u8>(), 0..80), keep_magic: bool) {
        if keep_magic && bytes.len() >= 4 {
            (bytes[0], bytes[1], bytes[2], bytes[3]) = (0, 0, 8 + bytes[2] % 7, bytes[3] % 4);
        }
        if let Ok(array) = Idx::parse("noise", &bytes) {
            prop_assert_eq!(array.to_bytes(), bytes);
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_never_panics_and_in_the_header_is_refused() {
    let array = Idx::new(vec![3, 4], IdxData::I16((0..12).collect()));
    let bytes = array.to_bytes();
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << bit;
            let result = Idx::parse("flipped", &damaged);
            if position < 12 {
                assert!(result.is_err(), "bit {bit} of byte {position}");
            } else {
                assert_ne!(result.expect("other elements"), array);
            }
        }
    }
}

fn refused(bytes: &[u8]) -> String {
    Idx::parse("digits.idx", bytes)
        .expect_err("damaged bytes")
        .to_string()
}

#[test]
fn errors_name_the_file_both_sides_and_help() {
    assert_eq!(
        refused(&[]),
        "digits.idx: expected an IDX header of 4 bytes, found an empty file; \
         help: the file is cut short; copy or download it again"
    );
    assert_eq!(
        refused(&[0, 0, 8, 3, 0, 0]),
        "digits.idx: expected an IDX header of 16 bytes, found 6 bytes; \
         help: the file is cut short; copy or download it again"
    );
    assert_eq!(
        refused(b"\x89PNG\r\n"),
        "digits.idx: expected the magic number of an IDX file (00 00, an element type 08, 09 or 0B \
         to 0E, the rank), found 89 50 4E 47; help: is this the right file? an IDX file is also \
         damaged by a transfer in text mode"
    );
    assert_eq!(
        refused(&[0, 0, 8, 1, 0, 0, 0, 5, 1, 2]),
        "digits.idx: expected 5 bytes of data for u8 [5], found 2; \
         help: the file is cut short; copy or download it again"
    );
    assert_eq!(
        refused(&[0, 0, 8, 1, 0, 0, 0, 1, 1, 2]),
        "digits.idx: expected 1 bytes of data for u8 [1], found 2; \
         help: the header and the data do not belong together; copy or download the file again"
    );
}

#[test]
fn an_absurd_header_takes_no_memory() {
    let mut bytes = vec![0, 0, 0x0E, 3];
    bytes.extend([0xFF; 12]);
    assert_eq!(
        refused(&bytes),
        "digits.idx: expected sizes whose elements fit into memory, found f64 [4294967295, \
         4294967295, 4294967295]; help: the header is damaged; copy or download the file again"
    );
    // 4 TiB fit into an address space, but are never asked for.
    let bytes = [0, 0, 8, 2, 0, 0x40, 0, 0, 0, 0x10, 0, 0];
    assert!(
        refused(&bytes).contains("expected 4398046511104 bytes of data"),
        "{}",
        refused(&bytes)
    );
}

#[test]
fn a_missing_file_is_named() {
    let message = Idx::read("no/such/file.idx")
        .expect_err("a missing file")
        .to_string();
    assert!(
        message.starts_with("no/such/file.idx: cannot open: "),
        "{message}"
    );
}

#[cfg(feature = "gzip")]
mod gzip {
    use super::*;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn read(bytes: &[u8]) -> hammerhead_datasets::Result<Idx> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("array.idx");
        std::fs::write(&path, bytes).expect("a writable folder");
        Idx::read(&path)
    }

    #[test]
    fn is_told_by_its_bytes_not_its_name() {
        let array = Idx::new(vec![2, 2], IdxData::U8(vec![1, 2, 3, 4]));
        assert_eq!(
            read(&packed(&array.to_bytes())).expect("a gzip file"),
            array
        );
        assert_eq!(read(&array.to_bytes()).expect("a plain file"), array);
    }

    #[test]
    fn damage_is_refused_wherever_it_is() {
        let array = Idx::new(
            vec![60],
            IdxData::U8((0..60).map(|i| i * i % 251).collect()),
        );
        let whole = packed(&array.to_bytes());
        for len in 0..whole.len() {
            assert!(
                read(&whole[..len]).is_err(),
                "{len} of {} bytes passed",
                whole.len()
            );
        }
        for position in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[position] ^= 1 << (position % 8);
            if let Ok(back) = read(&damaged) {
                // The time stamp, the flags and the system's number in the header carry no data.
                assert_eq!(back, array, "byte {position}");
            }
        }
    }
}
