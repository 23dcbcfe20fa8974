//! The unpacked bytes are the original files, and the package fits into a registry.

use hammerhead_mnist::Part;
use sha2::{Digest, Sha256};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_file_has_the_sha256_of_the_original() {
    for part in Part::ALL {
        let bytes = part.unpack().expect("the packed data");
        assert_eq!(bytes.len(), part.unpacked_len(), "{}", part.file_name());
        assert_eq!(
            hex(&Sha256::digest(&bytes)),
            part.sha256(),
            "{}",
            part.file_name()
        );
    }
}

#[test]
fn the_table_of_sums_says_the_same() {
    let table = include_str!("../data/SHA256SUMS");
    assert_eq!(table.lines().count(), Part::ALL.len());
    for part in Part::ALL {
        let line = format!("{}  {}", part.sha256(), part.file_name());
        assert!(table.lines().any(|other| other == line), "{line}");
    }
}

#[test]
fn the_headers_and_digits_are_those_of_mnist() {
    let images = hammerhead_mnist::train_images().expect("the packed data");
    assert_eq!(
        images[..16],
        [0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28]
    );
    let labels = hammerhead_mnist::train_labels().expect("the packed data");
    assert_eq!(labels[8..16], [5, 0, 4, 1, 9, 2, 1, 3]);
    let images = hammerhead_mnist::test_images().expect("the packed data");
    assert_eq!(images[..8], [0, 0, 8, 3, 0, 0, 0x27, 0x10]);
    let labels = hammerhead_mnist::test_labels().expect("the packed data");
    assert_eq!(labels[8..16], [7, 2, 1, 0, 4, 1, 4, 9]);
}

#[test]
fn the_packed_files_leave_room_under_ten_mebibytes() {
    let total: usize = Part::ALL.iter().map(|part| part.packed().len()).sum();
    assert!(total < 10 * 1024 * 1024 - 128 * 1024, "{total} bytes");
}
