//! The four files: their names, sizes and fingerprints.

use crate::error::Result;
use crate::unpack::unpack;

/// One of the four files of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The images to train on.
    TrainImages,
    /// The digits they show.
    TrainLabels,
    /// The images to test on.
    TestImages,
    /// The digits they show.
    TestLabels,
}

impl Part {
    /// All four, in the order of the original page.
    pub const ALL: [Part; 4] = [
        Part::TrainImages,
        Part::TrainLabels,
        Part::TestImages,
        Part::TestLabels,
    ];

    /// The original file name, without `.gz`.
    pub const fn file_name(self) -> &'static str {
        match self {
            Part::TrainImages => "train-images-idx3-ubyte",
            Part::TrainLabels => "train-labels-idx1-ubyte",
            Part::TestImages => "t10k-images-idx3-ubyte",
            Part::TestLabels => "t10k-labels-idx1-ubyte",
        }
    }

    /// SHA-256 of the unpacked file, in hexadecimal.
    pub const fn sha256(self) -> &'static str {
        match self {
            Part::TrainImages => "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            Part::TrainLabels => "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            Part::TestImages => "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            Part::TestLabels => "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        }
    }

    /// Bytes in the unpacked file.
    pub const fn unpacked_len(self) -> usize {
        match self {
            Part::TrainImages => 16 + 60_000 * 28 * 28,
            Part::TrainLabels => 8 + 60_000,
            Part::TestImages => 16 + 10_000 * 28 * 28,
            Part::TestLabels => 8 + 10_000,
        }
    }

    /// The Zstandard frame kept in the program.
    pub const fn packed(self) -> &'static [u8] {
        match self {
            Part::TrainImages => include_bytes!("../data/train-images-idx3-ubyte.zst"),
            Part::TrainLabels => include_bytes!("../data/train-labels-idx1-ubyte.zst"),
            Part::TestImages => include_bytes!("../data/t10k-images-idx3-ubyte.zst"),
            Part::TestLabels => include_bytes!("../data/t10k-labels-idx1-ubyte.zst"),
        }
    }

    /// The original file, byte for byte.
    ///
    /// # Errors
    /// [`Error`](crate::Error) if the packed bytes inside the program are damaged: they do not
    /// decode, or their length or checksum differs.
    pub fn unpack(self) -> Result<Vec<u8>> {
        unpack(self.file_name(), self.packed(), self.unpacked_len())
    }
}
