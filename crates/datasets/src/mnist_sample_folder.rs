//! The threes and sevens as a folder of PNG files, as fastai's archive unpacks.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use image::ExtendedColorType::L8;
use image::codecs::png::PngEncoder;
use image::{ImageEncoder, ImageError};

use crate::atomic::{unfinished_neighbour, write_atomically};
use crate::error::{Error, Result};
use crate::mnist_sample::{MnistSample, ThreesAndSevens};

/// The folder's name, which is that of fastai's archive.
const NAME: &str = "mnist_sample";

impl MnistSample {
    /// The folder `mnist_sample` in `cache`, with a PNG file for each digit: `train/3/10.png`, .., and
    /// `labels.csv`.
    ///
    /// It is made of the digits inside the program at the first call. Later calls read it and compare its
    /// checksum, which lies beside it, and make it anew if a file is missing or damaged.
    ///
    /// ```no_run
    /// use hammerhead_datasets::{Colour, ImageFolder, MnistSample};
    ///
    /// let path = MnistSample::unpack("cache")?;
    /// let (train, valid) = ImageFolder::open_split(path, Colour::Rgb)?;
    /// assert_eq!(train.classes(), ["3", "7"]);
    /// # Ok::<(), hammerhead_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] if the folder can't be read or written; else as for [`MnistSample::load`].
    pub fn unpack(cache: impl AsRef<Path>) -> Result<PathBuf> {
        unpack(cache.as_ref(), MnistSample::load)
    }

    fn write_folder(&self, folder: &Path) -> Result<()> {
        let mut table = String::from("name,label\n");
        for (part, digits) in [("train", &self.train), ("valid", &self.valid)] {
            for (label, class) in ["3", "7"].into_iter().enumerate() {
                let place = folder.join(part).join(class);
                fs::create_dir_all(&place).map_err(Error::io(&place, "create"))?;
                for (name, pixels) in digits.files(label) {
                    let path = place.join(&name);
                    write_png(&path, pixels, digits.size())?;
                    table += &format!("{part}/{class}/{name},{label}\n");
                }
            }
        }
        let path = folder.join("labels.csv");
        fs::write(&path, table).map_err(Error::io(&path, "write"))
    }
}

fn unpack(cache: &Path, load: impl FnOnce() -> Result<MnistSample>) -> Result<PathBuf> {
    let (folder, sum) = (cache.join(NAME), cache.join(format!("{NAME}.checksum")));
    if is_whole(&folder, &sum) {
        return Ok(folder);
    }
    fs::create_dir_all(cache).map_err(Error::io(cache, "create"))?;
    let unfinished = unfinished_neighbour(&folder);
    let outcome = load()?
        .write_folder(&unfinished)
        .and_then(|()| checksum(&unfinished))
        .and_then(|text| {
            // Another program may have been quicker, and use it by now.
            if is_whole(&folder, &sum) {
                return fs::remove_dir_all(&unfinished).map_err(Error::io(&unfinished, "remove"));
            }
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(Error::io(&folder, "remove"))?;
            }
            fs::rename(&unfinished, &folder).map_err(Error::io(&folder, "create"))?;
            write_atomically(&sum, |file| file.write_all(text.as_bytes()))
        });
    if let Err(error) = outcome {
        // Removing what was begun is a courtesy; the first error is the one to tell.
        let _ = fs::remove_dir_all(&unfinished);
        return Err(error);
    }
    Ok(folder)
}

impl ThreesAndSevens {
    fn files(&self, label: usize) -> impl Iterator<Item = (String, &[u8])> {
        let names = match label {
            0 => self.three_names(),
            _ => self.seven_names(),
        };
        names.into_iter().zip(self.pixels(label))
    }
}

fn write_png(path: &Path, pixels: &[u8], (height, width): (usize, usize)) -> Result<()> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(pixels, width as u32, height as u32, L8)
        .map_err(|error| match error {
            ImageError::IoError(error) => Error::io(path, "write")(error),
            other => Error::custom(other),
        })?;
    fs::write(path, bytes).map_err(Error::io(path, "write"))
}

/// Whether the folder is as it was when its checksum was written.
fn is_whole(folder: &Path, sum: &Path) -> bool {
    let written = fs::read_to_string(sum).ok();
    written.is_some() && written == checksum(folder).ok()
}

/// A number of all names and bytes below a folder.
fn checksum(folder: &Path) -> Result<String> {
    let mut sum = DefaultHasher::new();
    add(&mut sum, folder)?;
    Ok(format!("{:016x}\n", sum.finish()))
}

fn add(sum: &mut DefaultHasher, folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<std::io::Result<Vec<PathBuf>>>()
    });
    let mut entries = entries.map_err(Error::io(folder, "list"))?;
    entries.sort();
    for path in entries {
        path.file_name().hash(sum);
        if path.is_dir() {
            add(sum, &path)?;
        } else {
            let bytes = fs::read(&path).map_err(Error::io(&path, "read"))?;
            bytes.hash(sum);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image_folder::{Colour, ImageFolder};
    use crate::{Dataset, Mnist};

    /// Those among the first digits.
    fn few() -> Result<MnistSample> {
        let digits = Mnist::load()?;
        let (train, test) = (digits.train.limit(100), digits.test.limit(50));
        Ok(MnistSample::from(&Mnist { train, test }))
    }

    #[test]
    fn the_sample_is_unpacked_once_and_again_when_it_is_damaged() {
        let cache = tempfile::tempdir().expect("a folder");
        let path = unpack(cache.path(), few).expect("a writable folder");
        let (train, valid) = ImageFolder::open_split(&path, Colour::Grey).expect("pictures");
        let sample = few().expect("digits");
        let lengths = (sample.train.len(), sample.valid.len());
        assert_eq!((train.len(), valid.len()), lengths);
        let file = &train.files()[1].0;
        let name = Path::new("train/3").join(&sample.train.three_names()[1]);
        assert!(file.ends_with(name), "{}", file.display());
        let picture = train.picture(1).expect("a picture");
        assert_eq!(picture.pixels, sample.train.threes().i(1).to_vec::<u8>());
        let table = fs::read_to_string(path.join("labels.csv")).expect("a table");
        assert_eq!(table.lines().count(), 1 + lengths.0 + lengths.1);
        assert!(
            table.starts_with("name,label\ntrain/3/10.png,0\n"),
            "{table}"
        );

        // What is whole is not made again.
        unpack(cache.path(), || panic!("it is there")).expect("the folder");

        let whole = fs::read(file).expect("a picture");
        fs::write(file, &whole[..whole.len() - 1]).expect("a writable file");
        unpack(cache.path(), few).expect("a writable folder");
        assert_eq!(fs::read(file).expect("a picture"), whole);
        fs::remove_file(file).expect("a file");
        unpack(cache.path(), few).expect("a writable folder");
        assert_eq!(fs::read(file).expect("a picture"), whole);
        let left = fs::read_dir(cache.path()).expect("the folder").count();
        assert_eq!(left, 2, "the folder and its checksum");
    }
}
