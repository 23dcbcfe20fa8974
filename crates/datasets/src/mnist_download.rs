//! Fetching MNIST and Fashion-MNIST once, into the cache folder.

use std::path::PathBuf;

use crate::cache::cache_folder;
use crate::download::{Packing, Remote};
use crate::error::Result;
use crate::mnist::{FILES, FashionMnist, Mnist};

/// SHA-256 of the unpacked files, in the order of [`FILES`].
type Fingerprints = [&'static str; 4];

const MNIST: Fingerprints = [
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
];

const MNIST_MIRRORS: [&str; 3] = [
    "http://ossci-datasets.s3.amazonaws.com/mnist",
    "http://storage.googleapis.com/cvdf-datasets/mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist",
];

const FASHION: Fingerprints = [
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
];

const FASHION_MIRRORS: [&str; 2] = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
];

/// More than any of the files unpacks to.
const LIMIT: u64 = 64 << 20;

impl Mnist {
    /// The four files from the network, or from the cache folder once they are there.
    ///
    /// # Errors
    /// As for [`Remote::fetch`] and [`Mnist::from_dir`].
    pub fn download() -> Result<Mnist> {
        Mnist::from_dir(fetch("mnist", &MNIST, &MNIST_MIRRORS)?)
    }
}

impl FashionMnist {
    /// The four files from the network, or from the cache folder once they are there.
    ///
    /// # Errors
    /// As for [`Remote::fetch`] and [`FashionMnist::from_dir`].
    pub fn download() -> Result<FashionMnist> {
        FashionMnist::from_dir(fetch("fashion-mnist", &FASHION, &FASHION_MIRRORS)?)
    }
}

/// Puts the four files into the dataset's folder in the cache.
fn fetch(dataset: &str, fingerprints: &Fingerprints, mirrors: &[&str]) -> Result<PathBuf> {
    let folder = cache_folder()?.join(dataset);
    for (name, fingerprint) in FILES.iter().zip(fingerprints) {
        let remote = Remote::new(*name, *fingerprint)
            .packing(Packing::Gzip)
            .limit(LIMIT);
        let add = |remote: Remote, mirror: &&str| remote.mirror(format!("{mirror}/{name}.gz"));
        mirrors.iter().fold(remote, add).fetch(&folder)?;
    }
    Ok(folder)
}

#[cfg(all(test, feature = "mnist"))]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprints_are_those_of_the_digits_inside_the_program() {
        for ((name, fingerprint), part) in FILES.iter().zip(MNIST).zip(hammerhead_mnist::Part::ALL)
        {
            assert_eq!((*name, fingerprint), (part.file_name(), part.sha256()));
        }
    }
}
