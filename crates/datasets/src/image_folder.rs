//! Pictures in folders: one sub-folder a class, as ImageNet and MNIST_SAMPLE are laid out.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use hammerhead_tensor::Tensor;

use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// How pictures are decoded, whatever colours their files have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// One channel: brightness.
    Grey,
    /// Three channels: red, green, blue.
    #[default]
    Rgb,
}

impl Colour {
    /// The number of channels.
    pub fn channels(self) -> usize {
        match self {
            Colour::Grey => 1,
            Colour::Rgb => 3,
        }
    }
}

/// A decoded picture: rows from the top, each pixel's channels side by side.
///
/// ```
/// use hammerhead_datasets::{Colour, Picture};
///
/// let picture = Picture { width: 1, height: 2, colour: Colour::Rgb, pixels: vec![1, 2, 3, 4, 5, 6] };
/// assert_eq!(picture.planes(), [1, 4, 2, 5, 3, 6]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// What a pixel holds.
    pub colour: Colour,
    /// `height x width x channels` bytes.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// Decodes a PNG or JPEG file, told by its bytes rather than its name.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened, [`Error::Content`] if it cannot be decoded.
    pub fn open(path: impl AsRef<Path>, colour: Colour) -> Result<Picture> {
        let path = path.as_ref();
        let file = fs::File::open(path).map_err(Error::io(path, "open"))?;
        let reader = image::ImageReader::new(BufReader::new(file)).with_guessed_format();
        let decoded = reader
            .map_err(Error::io(path, "read"))?
            .decode()
            .map_err(|error| {
                Error::content(
                    path.display().to_string(),
                    "a PNG or JPEG picture",
                    error.to_string(),
                    "open it in a picture viewer; remove it from the folder if it is not a picture",
                )
            })?;
        let (width, height) = (decoded.width() as usize, decoded.height() as usize);
        let pixels = match colour {
            Colour::Grey => decoded.into_luma8().into_raw(),
            Colour::Rgb => decoded.into_rgb8().into_raw(),
        };
        Ok(Picture {
            width,
            height,
            colour,
            pixels,
        })
    }

    /// The bytes channel by channel, `[channels, height, width]`, as convolutions want them.
    pub fn planes(&self) -> Vec<u8> {
        let channels = self.colour.channels();
        (0..channels)
            .flat_map(|c| self.pixels.iter().skip(c).step_by(channels))
            .copied()
            .collect()
    }
}

/// The pictures under a folder, labelled by the sub-folder they are in (torchvision's `ImageFolder`).
///
/// Classes are the sub-folders' names in sorted order; within a class, pictures come in the sorted
/// order of their names. Both are sorted as text, so `10.png` comes before `9.png`. Names that
/// begin with a dot are passed over, as are files with an ending other than `png`, `jpg`, `jpeg`.
///
/// ```
/// use hammerhead_datasets::{Colour, ImageFolder};
///
/// # let sample = std::env::temp_dir().join(format!("hammerhead-sample-{}", std::process::id()));
/// # let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\x0aIDATx\x9cc8\x01\0\0\xca\0\xc9\x99\xca]~\0\0\0\0IEND\xaeB`\x82";
/// # for folder in ["train/3", "train/7", "valid/3", "valid/7"] {
/// #     std::fs::create_dir_all(sample.join(folder)).unwrap();
/// #     std::fs::write(sample.join(folder).join("0.png"), png).unwrap();
/// # }
/// let (train, valid) = ImageFolder::open_split(&sample, Colour::Grey)?;
/// assert_eq!(train.classes(), ["3", "7"]);
/// let picture = train.picture(0)?;
/// assert_eq!((picture.height, picture.width, picture.pixels), (1, 1, vec![200]));
/// # std::fs::remove_dir_all(sample).unwrap();
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImageFolder {
    classes: Vec<String>,
    files: Vec<(PathBuf, usize)>,
    colour: Colour,
}

impl ImageFolder {
    /// Lists the pictures in the sub-folders of `folder`; nothing is decoded yet.
    ///
    /// # Errors
    /// [`Error::Io`] if a folder cannot be listed, [`Error::Content`] if there are no sub-folders
    /// or no pictures in them.
    pub fn open(folder: impl AsRef<Path>, colour: Colour) -> Result<ImageFolder> {
        let folder = folder.as_ref();
        let classes: Vec<String> = visible_names(folder)?
            .into_iter()
            .filter(|name| folder.join(name).is_dir())
            .collect();
        ImageFolder::list(folder, classes, colour)
    }

    /// The folders `train` and `valid` inside `folder`, with the same classes.
    ///
    /// # Errors
    /// As for [`ImageFolder::open`], and [`Error::Content`] if the two have different classes.
    pub fn open_split(
        folder: impl AsRef<Path>,
        colour: Colour,
    ) -> Result<(ImageFolder, ImageFolder)> {
        let folder = folder.as_ref();
        let train = ImageFolder::open(folder.join("train"), colour)?;
        let valid = ImageFolder::open(folder.join("valid"), colour)?;
        if train.classes != valid.classes {
            return Err(Error::content(
                folder.join("valid").display().to_string(),
                format!("the classes of `train` {:?}", train.classes),
                format!("{:?}", valid.classes),
                "both folders need one sub-folder for each class, with the same names",
            ));
        }
        Ok((train, valid))
    }

    fn list(folder: &Path, classes: Vec<String>, colour: Colour) -> Result<ImageFolder> {
        let mut files = Vec::new();
        for (class, name) in classes.iter().enumerate() {
            let class_folder = folder.join(name);
            for name in visible_names(&class_folder)? {
                let path = class_folder.join(name);
                if is_picture(&path) {
                    files.push((path, class));
                }
            }
        }
        if files.is_empty() {
            let found = match classes.len() {
                0 => "no sub-folder".to_owned(),
                _ => format!("no picture in {classes:?}"),
            };
            return Err(Error::content(
                folder.display().to_string(),
                "one sub-folder for each class, with PNG or JPEG pictures in it",
                found,
                "lay the pictures out as FOLDER/CLASS/NAME.png",
            ));
        }
        Ok(ImageFolder {
            classes,
            files,
            colour,
        })
    }

    /// The classes' names; a label is a position here.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The pictures' paths and labels.
    pub fn files(&self) -> &[(PathBuf, usize)] {
        &self.files
    }

    /// Decodes one picture.
    ///
    /// # Errors
    /// As for [`Picture::open`].
    ///
    /// # Panics
    /// If `index` is not below the number of files.
    #[track_caller]
    pub fn picture(&self, index: usize) -> Result<Picture> {
        Picture::open(&self.files[index].0, self.colour)
    }
}

impl Dataset for ImageFolder {
    /// The picture as `U8` `[channels, height, width]`, and its label.
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        self.files.len()
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        let picture = self.picture(index)?;
        let shape = [picture.colour.channels(), picture.height, picture.width];
        Ok((
            Tensor::from_vec(picture.planes(), shape),
            self.files[index].1 as i64,
        ))
    }
}

fn is_picture(path: &Path) -> bool {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| matches!(&*ending, "png" | "jpg" | "jpeg")) && path.is_file()
}

/// The names in a folder, sorted as text; the order of the file system is nobody's.
fn visible_names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder, "list"))? {
        let name = entry.map_err(Error::io(folder, "list"))?.file_name();
        let name = name.into_string().map_err(|name| {
            Error::content(
                folder.display().to_string(),
                "names in UTF-8",
                format!("{name:?}"),
                "rename the file or folder",
            )
        })?;
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
