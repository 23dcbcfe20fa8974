//! MNIST and Fashion-MNIST: 70,000 grey pictures of 28 x 28 in ten classes, as four IDX files.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::idx::{Idx, IdxData};
use crate::image_set::ImageSet;

/// Rows of a picture, and pixels in a row.
const SIZE: usize = 28;

/// The four files' names in the original distribution.
pub(crate) const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// The MNIST database of handwritten digits (LeCun, Cortes and Burges).
///
/// With the feature `mnist` the digits are inside the program and `Mnist::load()` needs nothing
/// else; [`Mnist::from_dir`] reads the four files of a folder.
#[derive(Clone, Debug)]
pub struct Mnist {
    /// 60,000 digits to train on.
    pub train: ImageSet,
    /// 10,000 digits, by other writers, to test on.
    pub test: ImageSet,
}

impl Mnist {
    /// The digits inside the program: no network, no folder, no argument.
    ///
    /// ```
    /// use hammerhead_datasets::{Dataset, Mnist};
    ///
    /// let mnist = Mnist::load()?;
    /// assert_eq!((mnist.train.len(), mnist.test.len()), (60_000, 10_000));
    /// assert_eq!(mnist.train.images().shape(), [60_000, 28, 28]);
    /// # Ok::<(), hammerhead_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Custom`] if the program's copy is damaged.
    #[cfg(feature = "mnist")]
    pub fn load() -> Result<Mnist> {
        use hammerhead_mnist::Part;
        let read = |images: Part, labels: Part| {
            let unpack = |part: Part| {
                let bytes = part.unpack().map_err(Error::custom)?;
                let data = Idx::from_bytes(part.file_name(), bytes)?;
                Ok((PathBuf::from(part.file_name()), data))
            };
            image_set(unpack(images)?, unpack(labels)?)
        };
        Ok(Mnist {
            train: read(Part::TrainImages, Part::TrainLabels)?,
            test: read(Part::TestImages, Part::TestLabels)?,
        })
    }

    /// Reads the four files in `folder`, plain or gzip, under their original names, with or
    /// without `.gz`.
    ///
    /// The files may hold fewer digits than the originals, or other ones. But with the feature
    /// `mnist`, a file that is the original in all but a few bytes is refused as a damaged copy.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Content`] naming the file: one is missing, is no IDX file, is cut
    /// short or damaged, has pictures of another size, labels other than 0 to 9, or another number
    /// of labels than of pictures.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Mnist> {
        let [train_images, train_labels, test_images, test_labels] = read_files(folder.as_ref())?;
        #[cfg(feature = "mnist")]
        for ((path, array), part) in [&train_images, &train_labels, &test_images, &test_labels]
            .into_iter()
            .zip(hammerhead_mnist::Part::ALL)
        {
            refuse_damaged_copy(path, array, part)?;
        }
        Ok(Mnist {
            train: image_set(train_images, train_labels)?,
            test: image_set(test_images, test_labels)?,
        })
    }
}

/// Zalando's Fashion-MNIST: pictures of clothes in the format of MNIST, and harder; Xiao, Rasul and Vollgraf,
/// [Fashion-MNIST](https://arxiv.org/abs/1708.07747).
///
/// ```
/// use hammerhead_datasets::FashionMnist;
/// assert_eq!(FashionMnist::CLASSES[9], "Ankle boot");
/// assert!(FashionMnist::from_dir("no/such/folder").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct FashionMnist {
    /// 60,000 pictures to train on.
    pub train: ImageSet,
    /// 10,000 pictures to test on.
    pub test: ImageSet,
}

impl FashionMnist {
    /// What the labels 0 to 9 mean.
    pub const CLASSES: [&str; 10] = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ];

    /// Reads the four files in `folder`, which have the names of MNIST's.
    ///
    /// # Errors
    /// As for [`Mnist::from_dir`].
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<FashionMnist> {
        let [train_images, train_labels, test_images, test_labels] = read_files(folder.as_ref())?;
        Ok(FashionMnist {
            train: image_set(train_images, train_labels)?,
            test: image_set(test_images, test_labels)?,
        })
    }
}

type Named = (PathBuf, Idx);

fn read_files(folder: &Path) -> Result<[Named; 4]> {
    let read = |name| {
        let path = find(folder, name)?;
        let array = Idx::read(&path)?;
        Ok::<Named, Error>((path, array))
    };
    let [a, b, c, d] = FILES;
    Ok([read(a)?, read(b)?, read(c)?, read(d)?])
}

/// The file `name` or `name.gz`; some collections write `idx3` after a dot.
fn find(folder: &Path, name: &str) -> Result<PathBuf> {
    let dotted = name.replace("-idx", ".idx");
    let names = [
        name.to_owned(),
        format!("{name}.gz"),
        dotted.clone(),
        format!("{dotted}.gz"),
    ];
    names
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Error::content(
                folder.display().to_string(),
                format!("a file {name} or {name}.gz"),
                if folder.is_dir() {
                    "neither"
                } else {
                    "no such folder"
                },
                "name the folder that holds the four MNIST files",
            )
        })
}

/// Checks that pictures and labels are what they should be, and that they belong together.
fn image_set((images_path, images): Named, (labels_path, labels): Named) -> Result<ImageSet> {
    let (images_file, labels_file) = (
        images_path.display().to_string(),
        labels_path.display().to_string(),
    );
    let (shape, data) = images.into_parts();
    let (count, pixels) = match (&shape[..], data) {
        (&[count, SIZE, SIZE], IdxData::U8(pixels)) => (count, pixels),
        (_, data) => {
            return Err(Error::content(
                images_file,
                format!("pictures u8 [n, {SIZE}, {SIZE}]"),
                format!("{} {shape:?}", data.type_name()),
                "is this the right file? pictures are in `images-idx3-ubyte`",
            ));
        }
    };
    let (shape, data) = labels.into_parts();
    let labels = match (&shape[..], data) {
        (&[found], IdxData::U8(labels)) if found == count => labels,
        (&[found], IdxData::U8(_)) => {
            return Err(Error::content(
                labels_file,
                format!("{count} labels, one for each picture in {images_file}"),
                found.to_string(),
                "the two files do not belong together, or one is damaged; copy or download both again",
            ));
        }
        (_, data) => {
            return Err(Error::content(
                labels_file,
                "labels u8 [n]",
                format!("{} {shape:?}", data.type_name()),
                "is this the right file? labels are in `labels-idx1-ubyte`",
            ));
        }
    };
    if let Some(index) = labels.iter().position(|&label| label > 9) {
        return Err(Error::content(
            format!("{labels_file}, label {index}"),
            "0 to 9",
            labels[index].to_string(),
            "the file is damaged or is of another dataset; copy or download it again",
        ));
    }
    if count == 0 {
        return Err(Error::content(
            images_file,
            "at least one picture",
            "none",
            "the file is damaged; copy or download it again",
        ));
    }
    Ok(ImageSet::new(SIZE, SIZE, pixels, labels))
}

/// The most bytes in which a damaged copy differs from the original: flipped bits change a few,
/// while corrected labels, other pictures and lost blocks change more.
#[cfg(feature = "mnist")]
const DAMAGE: usize = 8;

/// A plain IDX file has no checksum, so a flipped pixel shows only beside the original.
#[cfg(feature = "mnist")]
fn refuse_damaged_copy(path: &Path, array: &Idx, part: hammerhead_mnist::Part) -> Result<()> {
    let IdxData::U8(data) = array.data() else {
        return Ok(());
    };
    let header = 4 + 4 * array.shape().len();
    if header + data.len() != part.unpacked_len() {
        return Ok(());
    }
    let original = part.unpack().map_err(Error::custom)?;
    let mut different = (0..data.len()).filter(|&i| data[i] != original[header + i]);
    let Some(first) = different.next() else {
        return Ok(());
    };
    let count = 1 + different.take(DAMAGE).count();
    if count > DAMAGE {
        return Ok(());
    }
    Err(Error::content(
        path.display().to_string(),
        "the original digits, or other data altogether",
        format!(
            "the original with {count} bytes changed, the first at offset {}",
            header + first
        ),
        "this copy is damaged; copy or download it again",
    ))
}
