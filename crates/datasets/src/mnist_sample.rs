//! The threes and sevens of MNIST, in the order in which the fastai book meets them.

use hammerhead_tensor::Tensor;

use crate::image_set::ImageSet;
use crate::mnist::Mnist;
use crate::tensor_dataset::TensorDataset;

/// fastai's `MNIST_SAMPLE`: the 3s and 7s of MNIST, to tell one from the other.
///
/// There the pictures are files named by their index in MNIST, `train/3/10.png`, and are visited
/// sorted as text; that order, kept here, decides every number that follows from it.
///
/// ```
/// use hammerhead_datasets::{ImageSet, Mnist, MnistSample};
///
/// let digits = || ImageSet::new(1, 2, vec![0, 255, 7, 7, 255, 0], vec![7, 1, 3]);
/// let sample = MnistSample::from(&Mnist { train: digits(), test: digits() });
/// assert_eq!((sample.train.len(), sample.valid.len()), (2, 2));
/// ```
#[derive(Clone, Debug)]
pub struct MnistSample {
    /// 6,131 threes and 6,265 sevens, from MNIST's training digits.
    pub train: ThreesAndSevens,
    /// 1,010 threes and 1,028 sevens, from MNIST's test digits.
    pub valid: ThreesAndSevens,
}

impl MnistSample {
    /// The 3s and 7s of the digits inside the program.
    ///
    /// # Errors
    /// As for [`Mnist::load`].
    #[cfg(feature = "mnist")]
    pub fn load() -> crate::Result<MnistSample> {
        Mnist::load().map(|mnist| MnistSample::from(&mnist))
    }
}

impl From<&Mnist> for MnistSample {
    fn from(mnist: &Mnist) -> MnistSample {
        MnistSample {
            train: ThreesAndSevens::new(&mnist.train),
            valid: ThreesAndSevens::new(&mnist.test),
        }
    }
}

/// One half of [`MnistSample`]: first the threes, then the sevens.
///
/// ```
/// use hammerhead_datasets::{ImageSet, Mnist, MnistSample};
///
/// let digits = || ImageSet::new(1, 2, vec![0, 255, 7, 7, 255, 0], vec![7, 1, 3]);
/// let sample = MnistSample::from(&Mnist { train: digits(), test: digits() });
/// assert_eq!(sample.train.inputs().to_vec::<f32>(), [1.0, 0.0, 0.0, 1.0]);
/// assert_eq!(sample.train.targets().to_vec::<i64>(), [1, 0]);
/// ```
#[derive(Clone, Debug)]
pub struct ThreesAndSevens {
    set: ImageSet,
    threes: Vec<usize>,
    sevens: Vec<usize>,
}

impl ThreesAndSevens {
    fn new(set: &ImageSet) -> ThreesAndSevens {
        let of = |digit| in_order_of_names(set.label_bytes(), digit);
        ThreesAndSevens {
            set: set.clone(),
            threes: of(3),
            sevens: of(7),
        }
    }

    /// The threes: `U8` `[n, 28, 28]`.
    pub fn threes(&self) -> Tensor {
        self.pictures(&self.threes)
    }

    /// The sevens: `U8` `[n, 28, 28]`.
    pub fn sevens(&self) -> Tensor {
        self.pictures(&self.sevens)
    }

    /// The threes' file names in MNIST_SAMPLE.
    pub fn three_names(&self) -> Vec<String> {
        self.threes.iter().map(|&index| file_name(index)).collect()
    }

    /// The sevens' file names in MNIST_SAMPLE.
    pub fn seven_names(&self) -> Vec<String> {
        self.sevens.iter().map(|&index| file_name(index)).collect()
    }

    /// All pictures as rows of pixels divided by 255, the threes first: `F32` `[n, 784]`; the
    /// book's `train_x`.
    pub fn inputs(&self) -> Tensor {
        let rows = self.threes.iter().chain(&self.sevens);
        let pixels: Vec<f32> = rows
            .flat_map(|&index| self.set.picture(index))
            .map(|&pixel| f32::from(pixel) / 255.0)
            .collect();
        Tensor::from_vec(pixels, [self.len(), self.set.height() * self.set.width()])
    }

    /// 1 for a three, 0 for a seven: `I64` `[n, 1]`; the book's `train_y`.
    pub fn targets(&self) -> Tensor {
        let mut targets = vec![1i64; self.threes.len()];
        targets.resize(self.len(), 0);
        Tensor::from_vec(targets, [self.len(), 1])
    }

    /// [`inputs`](ThreesAndSevens::inputs) and [`targets`](ThreesAndSevens::targets) side by side;
    /// the book's `dset`.
    pub fn dataset(&self) -> TensorDataset {
        TensorDataset::new(self.inputs(), self.targets())
    }

    /// The number of pictures.
    pub fn len(&self) -> usize {
        self.threes.len() + self.sevens.len()
    }

    /// Whether there is neither a three nor a seven.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pixels of the pictures of one label.
    #[cfg(all(feature = "image", feature = "mnist"))]
    pub(crate) fn pixels(&self, label: usize) -> impl Iterator<Item = &[u8]> {
        let indices = [&self.threes, &self.sevens][label];
        indices.iter().map(|&index| self.set.picture(index))
    }

    /// Rows, and pixels in a row.
    #[cfg(all(feature = "image", feature = "mnist"))]
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.set.height(), self.set.width())
    }

    fn pictures(&self, indices: &[usize]) -> Tensor {
        let pixels: Vec<u8> = indices
            .iter()
            .flat_map(|&index| self.set.picture(index))
            .copied()
            .collect();
        Tensor::from_vec(pixels, [indices.len(), self.set.height(), self.set.width()])
    }
}

fn file_name(index: usize) -> String {
    format!("{index}.png")
}

/// The indices of one digit, sorted by the text of their file names: 10 before 9.
fn in_order_of_names(labels: &[u8], digit: u8) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..labels.len())
        .filter(|&index| labels[index] == digit)
        .collect();
    indices.sort_by_cached_key(|&index| file_name(index));
    indices
}
