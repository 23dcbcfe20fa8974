//! Small grey pictures with a label each, kept as bytes and handed out as numbers.

use std::cell::RefCell;
use std::sync::Arc;

use hammerhead_tensor::Tensor;

use crate::dataset::Dataset;
use crate::error::Result;

/// Grey pictures of one size with a label each, as MNIST has them.
///
/// In memory a pixel is a byte. An item is a pair: the picture as `F32` `[1, height, width]`, each
/// pixel divided by 255, and the label; a batch is `F32` `[n, 1, height, width]` and `I64` `[n]`,
/// converted in one pass. [`ImageSet::normalize`] changes the conversion.
///
/// ```
/// use hammerhead_datasets::{DataLoader, ImageSet, Shuffle};
///
/// let set = ImageSet::new(2, 2, vec![0, 255, 51, 0, 1, 2, 3, 4], vec![7, 3]);
/// assert_eq!(set.images().shape(), [2, 2, 2]);
/// assert_eq!(set.labels().to_vec::<i64>(), [7, 3]);
///
/// let loader = DataLoader::new(set).batch_size(1);
/// let (images, labels) = loader.epoch(0).next().expect("a batch")?;
/// assert_eq!(images.shape(), [1, 1, 2, 2]);
/// assert_eq!(images.to_vec::<f32>(), [0.0, 1.0, 0.2, 0.0]);
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone)]
pub struct ImageSet {
    height: usize,
    width: usize,
    pixels: Arc<Vec<u8>>,
    labels: Arc<Vec<u8>>,
    count: usize,
    /// What a byte becomes; a look-up is as fast as the division and rounds once.
    values: Arc<[f32; 256]>,
}

impl ImageSet {
    /// Pictures from their bytes, row by row, and their labels.
    ///
    /// # Panics
    /// If there are not `height x width` pixels for every label.
    #[track_caller]
    pub fn new(height: usize, width: usize, pixels: Vec<u8>, labels: Vec<u8>) -> ImageSet {
        assert!(
            pixels.len() == labels.len() * height * width,
            "ImageSet::new: {} pixels are not {} pictures of {height} x {width}; help: pixels and labels must belong together",
            pixels.len(),
            labels.len()
        );
        let count = labels.len();
        let set = ImageSet {
            height,
            width,
            pixels: Arc::new(pixels),
            labels: Arc::new(labels),
            count,
            values: Arc::new([0.0; 256]),
        };
        set.normalize(0.0, 1.0)
    }

    /// Makes items and batches hold `(pixel / 255 - mean) / std` instead of `pixel / 255`.
    pub fn normalize(mut self, mean: f32, std: f32) -> ImageSet {
        self.values = Arc::new(std::array::from_fn(|pixel| {
            (pixel as f32 / 255.0 - mean) / std
        }));
        self
    }

    /// The first `count` pictures, or all if there are fewer; no pixel is copied.
    pub fn limit(mut self, count: usize) -> ImageSet {
        self.count = self.count.min(count);
        self
    }

    /// The number of rows of a picture.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The number of pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The bytes of all pictures, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels[..self.count * self.size()]
    }

    /// The labels as bytes.
    pub fn label_bytes(&self) -> &[u8] {
        &self.labels[..self.count]
    }

    /// All pictures: `U8` `[n, height, width]`.
    pub fn images(&self) -> Tensor {
        Tensor::from_slice(self.pixels(), [self.count, self.height, self.width])
    }

    /// All labels: `I64` `[n]`.
    pub fn labels(&self) -> Tensor {
        let labels: Vec<i64> = self
            .label_bytes()
            .iter()
            .map(|&label| i64::from(label))
            .collect();
        Tensor::from_vec(labels, [self.count])
    }

    /// The bytes of one picture.
    ///
    /// # Panics
    /// If `index` is not below the number of pictures.
    #[track_caller]
    pub fn picture(&self, index: usize) -> &[u8] {
        assert!(
            index < self.count,
            "ImageSet: index {index} in a set of {} pictures; help: indices count from 0",
            self.count
        );
        &self.pixels[index * self.size()..][..self.size()]
    }

    fn size(&self) -> usize {
        self.height * self.width
    }
}

thread_local! {
    /// The batch under construction; kept, so that a warmed-up epoch takes no memory.
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch::new()) };
}

struct Scratch {
    pixels: Vec<u8>,
    values: Vec<f32>,
    labels: Vec<i64>,
}

impl Scratch {
    const fn new() -> Scratch {
        Scratch {
            pixels: Vec::new(),
            values: Vec::new(),
            labels: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.pixels.clear();
        self.values.clear();
        self.labels.clear();
    }
}

impl Dataset for ImageSet {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        let values = self
            .picture(index)
            .iter()
            .map(|&pixel| self.values[usize::from(pixel)]);
        let picture = Tensor::from_vec(values.collect(), [1, self.height, self.width]);
        Ok((picture, i64::from(self.labels[index])))
    }

    fn batch(&self, indices: &[usize]) -> Result<(Tensor, Tensor)> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            // Shuffled rows lie anywhere; plain copies wait for many of them at once, look-ups do not.
            for &index in indices {
                scratch.pixels.extend_from_slice(self.picture(index));
                scratch.labels.push(i64::from(self.labels[index]));
            }
            let values = scratch.pixels.iter();
            scratch
                .values
                .extend(values.map(|&pixel| self.values[usize::from(pixel)]));
            let shape = [indices.len(), 1, self.height, self.width];
            Ok((
                Tensor::from_slice(&scratch.values, shape),
                Tensor::from_slice(&scratch.labels, [indices.len()]),
            ))
        })
    }
}

impl std::fmt::Debug for ImageSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ImageSet({} pictures of {} x {})",
            self.count, self.height, self.width
        )
    }
}
