//! Folders of pictures: classes, order, colours, and files that are none.
#![cfg(feature = "image")]

use std::fs;
use std::path::Path;

use hammerhead_datasets::{Colour, DataLoader, Dataset, ImageFolder, Picture};
use hammerhead_tensor::DType;

fn put(path: &Path, width: u32, height: u32) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
    let pixel = |x, y| image::Rgb([x as u8, y as u8, 7]);
    image::RgbImage::from_fn(width, height, pixel)
        .save(path)
        .expect("a writable folder");
}

fn tree() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for part in ["train", "valid"] {
        for file in ["7/9.png", "7/10.png", "3/a.jpg", "3/b.JPEG", "3/7.png"] {
            put(&root.path().join(part).join(file), 3, 2);
        }
    }
    fs::write(root.path().join("train/labels.csv"), "name,label\n").expect("a writable folder");
    fs::write(root.path().join("train/3/notes.txt"), "blurred").expect("a writable folder");
    fs::create_dir(root.path().join("train/.cache")).expect("a writable folder");
    root
}

#[test]
fn classes_and_pictures_come_sorted_as_text() {
    let root = tree();
    let (train, valid) = ImageFolder::open_split(root.path(), Colour::Rgb).expect("a tree");
    assert_eq!(train.classes(), ["3", "7"]);
    let names: Vec<_> = train
        .files()
        .iter()
        .map(|(path, label)| {
            (
                path.file_name()
                    .and_then(|name| name.to_str())
                    .expect("a name"),
                *label,
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            ("7.png", 0),
            ("a.jpg", 0),
            ("b.JPEG", 0),
            ("10.png", 1),
            ("9.png", 1)
        ]
    );
    assert_eq!(valid.files().len(), 5);
}

#[test]
fn pictures_are_decoded_in_the_wanted_colours() {
    let root = tree();
    let folder = ImageFolder::open(root.path().join("train"), Colour::Rgb).expect("a tree");
    let picture = folder.picture(0).expect("a picture");
    assert_eq!((picture.width, picture.height), (3, 2));
    assert_eq!(
        picture.pixels,
        [0, 0, 7, 1, 0, 7, 2, 0, 7, 0, 1, 7, 1, 1, 7, 2, 1, 7]
    );
    assert_eq!(
        picture.planes(),
        [0, 1, 2, 0, 1, 2, 0, 0, 0, 1, 1, 1, 7, 7, 7, 7, 7, 7]
    );
    let grey = Picture::open(&folder.files()[0].0, Colour::Grey).expect("a picture");
    assert_eq!(grey.pixels.len(), 6);
    // The name says PNG, the bytes say JPEG.
    let path = root.path().join("disguised.png");
    fs::copy(&folder.files()[1].0, &path).expect("a writable folder");
    assert_eq!(
        Picture::open(&path, Colour::Grey)
            .expect("a picture")
            .pixels
            .len(),
        6
    );
}

#[test]
fn what_is_no_picture_is_named() {
    let root = tree();
    let path = root.path().join("train/7/10.png");
    let whole = fs::read(&path).expect("a picture");
    for len in 0..whole.len() - 12 {
        fs::write(&path, &whole[..len]).expect("a writable folder");
        let folder = ImageFolder::open(root.path().join("train"), Colour::Grey).expect("a tree");
        let message = folder.picture(3).expect_err("a cut file").to_string();
        assert!(
            message.contains("10.png: expected a PNG or JPEG picture, found "),
            "{message}"
        );
        assert!(message.contains("help: "), "{message}");
    }
}

#[test]
fn empty_and_different_folders_are_refused() {
    let root = tempfile::tempdir().expect("a folder");
    let message = ImageFolder::open(root.path(), Colour::Rgb)
        .expect_err("nothing")
        .to_string();
    assert!(message.ends_with(
        "expected one sub-folder for each class, with PNG or JPEG pictures in it, found no sub-folder; \
         help: lay the pictures out as FOLDER/CLASS/NAME.png"
    ), "{message}");
    put(&root.path().join("train/a/1.png"), 1, 1);
    put(&root.path().join("valid/b/1.png"), 1, 1);
    let message = ImageFolder::open_split(root.path(), Colour::Rgb)
        .expect_err("different")
        .to_string();
    assert!(
        message.contains("expected the classes of `train` [\"a\"], found [\"b\"]"),
        "{message}"
    );
    let message = ImageFolder::open(root.path().join("none"), Colour::Rgb)
        .expect_err("no folder")
        .to_string();
    assert!(message.contains("none: cannot list: "), "{message}");
}

#[test]
fn a_folder_is_a_dataset() {
    let root = tree();
    let folder = ImageFolder::open(root.path().join("train"), Colour::Rgb).expect("a tree");
    for workers in 0..3 {
        let loader = DataLoader::new(folder.clone())
            .batch_size(4)
            .workers(workers);
        let mut batches = loader.epoch(0);
        let (pictures, labels) = batches.next().expect("a batch").expect("good pictures");
        assert_eq!(
            (pictures.shape(), pictures.dtype()),
            (&[4, 3, 2, 3][..], DType::U8)
        );
        assert_eq!(labels.to_vec::<i64>(), [0, 0, 0, 1]);
        let first = folder.picture(0).expect("a picture").planes();
        assert_eq!(pictures.to_vec::<u8>()[..first.len()], first);
    }
}

#[test]
fn pictures_of_two_sizes_and_broken_ones_are_errors_of_their_batch() {
    let root = tree();
    put(&root.path().join("train/3/7.png"), 5, 5);
    let folder = ImageFolder::open(root.path().join("train"), Colour::Rgb).expect("a tree");
    fs::write(root.path().join("train/7/9.png"), "no picture").expect("a writable folder");
    for workers in 0..3 {
        let loader = DataLoader::new(folder.clone())
            .batch_size(2)
            .workers(workers);
        let message = loader
            .epoch(0)
            .next()
            .expect("a batch")
            .expect_err("two sizes")
            .to_string();
        assert!(
            message.starts_with("batch 0 of epoch 0, items [0, 1]: panicked: "),
            "{message}"
        );
        let broken = DataLoader::new(folder.clone()).workers(workers);
        let message = broken
            .epoch(0)
            .last()
            .expect("a batch")
            .expect_err("no picture")
            .to_string();
        assert!(message.starts_with("item 4: "), "{message}");
        assert!(
            message.contains("9.png: expected a PNG or JPEG picture, found "),
            "{message}"
        );
    }
}

#[cfg(feature = "mnist")]
#[test]
fn the_sample_is_unpacked_once_and_again_when_it_is_damaged() {
    use hammerhead_datasets::MnistSample;

    let cache = tempfile::tempdir().expect("a folder");
    let path = MnistSample::unpack(cache.path()).expect("a writable folder");
    let (train, valid) = ImageFolder::open_split(&path, Colour::Grey).expect("pictures");
    assert_eq!((train.len(), valid.len()), (12_396, 2_038));
    let sample = MnistSample::load().expect("digits");
    let (names, pixels) = (sample.train.three_names(), sample.train.threes());
    let file = &train.files()[1].0;
    assert!(file.ends_with(Path::new("train/3").join(&names[1])));
    let picture = train.picture(1).expect("a picture");
    assert_eq!(picture.pixels, pixels.i(1).to_vec::<u8>());
    let table = fs::read_to_string(path.join("labels.csv")).expect("a table");
    assert_eq!(table.lines().count(), 1 + 12_396 + 2_038);
    assert!(table.starts_with("name,label\ntrain/3/10.png,0\n"));

    // What is whole stays as it is.
    let written = |file: &Path| {
        fs::metadata(file)
            .and_then(|data| data.modified())
            .expect("a time")
    };
    let before = written(file);
    MnistSample::unpack(cache.path()).expect("the folder");
    assert_eq!(written(file), before);

    let whole = fs::read(file).expect("a picture");
    fs::write(file, &whole[..whole.len() - 1]).expect("a writable file");
    MnistSample::unpack(cache.path()).expect("a writable folder");
    assert_eq!(fs::read(file).expect("a picture"), whole);
    let left = fs::read_dir(cache.path()).expect("the folder").count();
    assert_eq!(left, 2, "the folder and its checksum");
}
