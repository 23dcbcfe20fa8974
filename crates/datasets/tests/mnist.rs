//! The digits: from inside the program, from folders, and from folders with damage.
#![cfg(all(feature = "mnist", feature = "gzip"))]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use hammerhead_datasets::{
    DataLoader, Dataset, FashionMnist, Idx, IdxData, Mnist, MnistSample, Result, Shuffle,
};
use hammerhead_mnist::Part;

static MNIST: LazyLock<Mnist> = LazyLock::new(|| Mnist::load().expect("the digits"));
static SAMPLE: LazyLock<MnistSample> = LazyLock::new(|| MnistSample::from(&*MNIST));

#[test]
fn the_digits_are_all_there() {
    assert_eq!((MNIST.train.len(), MNIST.test.len()), (60_000, 10_000));
    let mut counts = [0; 10];
    MNIST
        .train
        .label_bytes()
        .iter()
        .for_each(|&label| counts[usize::from(label)] += 1);
    assert_eq!(
        counts,
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    let mean = |pixels: &[u8]| {
        pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / pixels.len() as f64 / 255.0
    };
    // The mean that everyone normalises by.
    assert_eq!(format!("{:.4}", mean(MNIST.train.pixels())), "0.1307");
    assert_eq!(MNIST.test.labels().to_vec::<i64>()[..5], [7, 2, 1, 0, 4]);
    assert_eq!(MNIST.test.images().shape(), [10_000, 28, 28]);
}

#[test]
fn batches_hold_the_pictures_of_their_indices() {
    let set = MNIST.test.clone().normalize(0.1307, 0.3081);
    let loader = DataLoader::new(set.clone())
        .batch_size(64)
        .shuffle(Shuffle::Seeded(3))
        .workers(2);
    let order = loader.order(0);
    assert_eq!(loader.len(), 157);
    for (number, batch) in loader.epoch(0).enumerate() {
        let (images, labels) = batch.expect("pictures in memory");
        let count = if number == 156 { 16 } else { 64 };
        assert_eq!(
            (images.shape(), labels.shape()),
            (&[count, 1, 28, 28][..], &[count][..])
        );
        let labels = labels.to_vec::<i64>();
        let values = images.to_vec::<f32>();
        for (row, &index) in order[number * 64..][..count].iter().enumerate() {
            assert_eq!(labels[row], i64::from(set.label_bytes()[index]));
            let expected: Vec<f32> = set
                .picture(index)
                .iter()
                .map(|&pixel| (f32::from(pixel) / 255.0 - 0.1307) / 0.3081)
                .collect();
            assert_eq!(values[row * 784..][..784], expected);
        }
    }
    let (image, label) = set.get(0).expect("a picture");
    assert_eq!((image.shape(), label), (&[1, 28, 28][..], 7));
    let few = DataLoader::new(MNIST.train.clone().limit(100)).batch_size(64);
    assert_eq!((few.items(), few.len()), (100, 2));
}

/// The sorted file names of the training threes: 6131 of them, in the order of texts; 6265 sevens.
#[test]
fn row_p3() {
    let threes = SAMPLE.train.three_names();
    assert_eq!(threes.len(), 6131);
    assert_eq!(threes[..3], ["10.png", "10000.png", "10011.png"]);
    assert!(threes.is_sorted());
    let sevens = SAMPLE.train.seven_names();
    assert_eq!(sevens.len(), 6265);
    assert!(sevens.is_sorted());
}

/// The lengths of the two lists of tensors.
#[test]
fn row_p7() {
    let (threes, sevens) = (SAMPLE.train.threes(), SAMPLE.train.sevens());
    assert_eq!((threes.size(0), sevens.size(0)), (6131, 6265));
}

/// The corner of the second three, pixel by pixel.
#[test]
fn row_p5_pixels() {
    let threes = SAMPLE.train.threes().to_vec::<u8>();
    let three = &threes[28 * 28..][..28 * 28];
    let block: Vec<&[u8]> = (4..10).map(|row| &three[28 * row + 4..][..6]).collect();
    assert_eq!(
        block,
        [
            [0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 29],
            [0, 0, 0, 48, 166, 224],
            [0, 93, 244, 249, 253, 187],
            [0, 107, 253, 253, 230, 48],
            [0, 3, 20, 20, 15, 0],
        ]
    );
}

/// The validation stacks.
#[test]
fn row_p19_shapes() {
    assert_eq!(SAMPLE.valid.threes().shape(), [1010, 28, 28]);
    assert_eq!(SAMPLE.valid.sevens().shape(), [1028, 28, 28]);
}

/// The first batch of the book's loader, and its length: 49 batches, the last of 108.
#[test]
fn row_l14() {
    let loader = DataLoader::new(SAMPLE.train.dataset()).batch_size(256);
    let batches: Vec<_> = loader
        .iter()
        .collect::<Result<_>>()
        .expect("rows in memory");
    assert_eq!(loader.len(), 49);
    let shapes: Vec<_> = batches
        .iter()
        .map(|(x, y)| (x.shape(), y.shape()))
        .collect();
    assert_eq!(shapes[0], (&[256, 784][..], &[256, 1][..]));
    assert_eq!(shapes[48], (&[108, 784][..], &[108, 1][..]));
    assert!(
        batches[0]
            .1
            .to_vec::<i64>()
            .iter()
            .all(|&target| target == 1),
        "the data is sorted"
    );
    assert!(
        batches[48]
            .1
            .to_vec::<i64>()
            .iter()
            .all(|&target| target == 0),
        "the data is sorted"
    );
}

/// A folder with the first few digits of each half.
fn few_digits(folder: &Path) {
    let [a, b, c, d] = Part::ALL.map(Part::file_name);
    for (images, labels, set, count) in [(a, b, &MNIST.train, 12), (c, d, &MNIST.test, 5)] {
        let pixels = set.pixels()[..count * 784].to_vec();
        Idx::new(vec![count, 28, 28], IdxData::U8(pixels))
            .write(folder.join(images))
            .expect("a folder");
        let bytes = set.label_bytes()[..count].to_vec();
        Idx::new(vec![count], IdxData::U8(bytes))
            .write(folder.join(labels))
            .expect("a folder");
    }
}

#[test]
fn folders_may_be_plain_or_packed_and_have_either_kind_of_name() {
    let folder = tempfile::tempdir().expect("a folder");
    few_digits(folder.path());
    let plain = Mnist::from_dir(folder.path()).expect("good files");
    assert_eq!((plain.train.len(), plain.test.len()), (12, 5));
    assert_eq!(plain.train.pixels(), &MNIST.train.pixels()[..12 * 784]);

    for part in Part::ALL {
        let path = folder.path().join(part.file_name());
        let packed = fs::File::create(folder.path().join(format!("{}.gz", part.file_name())));
        let mut encoder =
            flate2::write::GzEncoder::new(packed.expect("a folder"), flate2::Compression::fast());
        encoder
            .write_all(&fs::read(&path).expect("a file"))
            .expect("a folder");
        encoder.finish().expect("a folder");
        fs::remove_file(&path).expect("a file");
    }
    let packed = Mnist::from_dir(folder.path()).expect("good files");
    assert_eq!(packed.test.pixels(), plain.test.pixels());
    assert_eq!(packed.train.label_bytes(), plain.train.label_bytes());

    for part in Part::ALL {
        let dotted = part.file_name().replace("-idx", ".idx");
        let packed = folder.path().join(format!("{}.gz", part.file_name()));
        fs::rename(packed, folder.path().join(dotted)).expect("a folder");
    }
    let clothes = FashionMnist::from_dir(folder.path()).expect("good files");
    assert_eq!(clothes.train.pixels(), plain.train.pixels());
}

/// The message for a folder after `damage` was done to the bytes of `file`.
fn refused(file: &str, damage: impl FnOnce(&mut Vec<u8>)) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    few_digits(folder.path());
    let path = folder.path().join(file);
    let mut bytes = fs::read(&path).expect("a file");
    damage(&mut bytes);
    fs::write(&path, bytes).expect("a folder");
    let message = Mnist::from_dir(folder.path())
        .expect_err("damaged digits")
        .to_string();
    message.replace(&*folder.path().to_string_lossy(), "DIR")
}

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "t10k-labels-idx1-ubyte";

#[test]
fn truncated_files_are_refused() {
    assert_eq!(
        refused(IMAGES, |bytes| bytes.truncate(1000)),
        "DIR/train-images-idx3-ubyte: expected 9408 bytes of data for u8 [12, 28, 28], found 984; \
         help: the file is cut short; copy or download it again"
    );
    assert_eq!(
        refused(LABELS, |bytes| bytes.truncate(6)),
        "DIR/t10k-labels-idx1-ubyte: expected an IDX header of 8 bytes, found 6 bytes; \
         help: the file is cut short; copy or download it again"
    );
}

#[test]
fn empty_files_are_refused() {
    assert_eq!(
        refused(IMAGES, Vec::clear),
        "DIR/train-images-idx3-ubyte: expected an IDX header of 4 bytes, found an empty file; \
         help: the file is cut short; copy or download it again"
    );
}

#[test]
fn flipped_bits_are_refused() {
    // In the magic number, in the number of pictures, in their size.
    assert_eq!(
        refused(IMAGES, |bytes| bytes[1] ^= 0x10),
        "DIR/train-images-idx3-ubyte: expected the magic number of an IDX file (00 00, an element type \
         08, 09 or 0B to 0E, the rank), found 00 10 08 03; help: is this the right file? an IDX file is \
         also damaged by a transfer in text mode"
    );
    assert_eq!(
        refused(IMAGES, |bytes| bytes[7] ^= 0x04),
        "DIR/train-images-idx3-ubyte: expected 6272 bytes of data for u8 [8, 28, 28], found 9408; \
         help: the header and the data do not belong together; copy or download the file again"
    );
    assert_eq!(
        refused(IMAGES, |bytes| bytes[11] ^= 0x20),
        "DIR/train-images-idx3-ubyte: expected 20160 bytes of data for u8 [12, 60, 28], found 9408; \
         help: the file is cut short; copy or download it again"
    );
    assert_eq!(
        refused(LABELS, |bytes| bytes[2] ^= 0x01),
        "DIR/t10k-labels-idx1-ubyte: expected labels u8 [n], found i8 [5]; \
         help: is this the right file? labels are in `labels-idx1-ubyte`"
    );
}

#[test]
fn labels_out_of_range_are_refused() {
    assert_eq!(
        refused(LABELS, |bytes| bytes[8 + 3] = 12),
        "DIR/t10k-labels-idx1-ubyte, label 3: expected 0 to 9, found 12; \
         help: the file is damaged or is of another dataset; copy or download it again"
    );
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    assert_eq!(
        refused(LABELS, |bytes| {
            bytes[7] += 1;
            bytes.push(0);
        }),
        "DIR/t10k-labels-idx1-ubyte: expected 5 labels, one for each picture in \
         DIR/t10k-images-idx3-ubyte, found 6; help: the two files do not belong together, or one is \
         damaged; copy or download both again"
    );
    let other = Idx::new(vec![12, 14, 56], IdxData::U8(vec![0; 12 * 784])).to_bytes();
    assert_eq!(
        refused(IMAGES, |bytes| *bytes = other),
        "DIR/train-images-idx3-ubyte: expected pictures u8 [n, 28, 28], found u8 [12, 14, 56]; \
         help: is this the right file? pictures are in `images-idx3-ubyte`"
    );
    let none =
        |bytes: &mut Vec<u8>| *bytes = Idx::new(vec![0, 28, 28], IdxData::U8(vec![])).to_bytes();
    assert!(refused(IMAGES, none).contains("expected 0 labels"));
}

#[test]
fn missing_files_and_folders_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    few_digits(folder.path());
    fs::remove_file(folder.path().join(LABELS)).expect("a file");
    let message = Mnist::from_dir(folder.path())
        .expect_err("a missing file")
        .to_string();
    assert_eq!(
        message.replace(&*folder.path().to_string_lossy(), "DIR"),
        "DIR: expected a file t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz, found neither; \
         help: name the folder that holds the four MNIST files"
    );
    assert_eq!(
        Mnist::from_dir("no/such/folder")
            .expect_err("no folder")
            .to_string(),
        "no/such/folder: expected a file train-images-idx3-ubyte or train-images-idx3-ubyte.gz, found \
         no such folder; help: name the folder that holds the four MNIST files"
    );
}

#[test]
fn a_flipped_pixel_of_the_originals_is_refused_and_other_data_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    for part in Part::ALL {
        fs::write(
            folder.path().join(part.file_name()),
            part.unpack().expect("the digits"),
        )
        .expect("a folder");
    }
    let path = folder.path().join("t10k-images-idx3-ubyte");
    let mut bytes = fs::read(&path).expect("a file");
    bytes[1_234_567] ^= 0x40;
    fs::write(&path, &bytes).expect("a folder");
    let message = Mnist::from_dir(folder.path())
        .expect_err("a flipped pixel")
        .to_string();
    assert_eq!(
        message.replace(&*folder.path().to_string_lossy(), "DIR"),
        "DIR/t10k-images-idx3-ubyte: expected the original digits, or other data altogether, found the \
         original with 1 bytes changed, the first at offset 1234567; \
         help: this copy is damaged; copy or download it again"
    );
    bytes[16..]
        .iter_mut()
        .for_each(|pixel| *pixel = 255 - *pixel);
    fs::write(&path, &bytes).expect("a folder");
    let inverted = Mnist::from_dir(folder.path()).expect("whole files");
    assert_eq!(inverted.train.pixels(), MNIST.train.pixels());
    assert_eq!(inverted.test.pixels()[0], 255);
}
