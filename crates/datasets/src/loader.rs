//! The data loader: a dataset in batches, in an order that is a pure function of seed and epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hammerhead_tensor::random::{CounterGenerator, Generator};

use crate::batches::{Batches, Plan};
use crate::collate::Collate;
use crate::dataset::Dataset;
use crate::error::Result;

/// In which order an epoch visits the items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shuffle {
    /// As they lie in the dataset.
    #[default]
    Off,
    /// In an order drawn anew for every epoch from this seed.
    Seeded(u64),
}

/// What becomes of the items that do not fill the last batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastBatch {
    /// They come as a smaller batch.
    #[default]
    Keep,
    /// They are left out of this epoch.
    Drop,
}

/// A place in the stream of batches: everything a killed run needs to go on with the next batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The epoch, counted from 0.
    pub epoch: u64,
    /// The next batch in it, counted from 0.
    pub batch: usize,
}

/// What makes a batch from indices.
pub(crate) type Fetch<B> = dyn Fn(&[usize]) -> Result<B> + Send + Sync;

/// A dataset in batches.
///
/// The order of epoch `e` depends on the seed and on `e` alone: not on earlier epochs, on the
/// number of workers or on timing. So a run can go on in the middle of any epoch
/// ([`DataLoader::resume`]), and more workers change nothing but the speed.
///
/// ```
/// use hammerhead_datasets::{DataLoader, LastBatch, Shuffle};
///
/// let letters: Vec<char> = ('a'..='z').collect();
/// let loader = DataLoader::new(letters)
///     .batch_size(6)
///     .shuffle(Shuffle::Seeded(42))
///     .workers(2);
/// assert_eq!(loader.len(), 5);
///
/// let mut epoch = loader.epoch(0);
/// let first: Vec<char> = epoch.next().expect("a batch")?;
/// assert_eq!(first.len(), 6);
///
/// // A later run goes on where this one stands.
/// let position = epoch.position();
/// let rest: Vec<_> = epoch.collect::<Result<_, _>>()?;
/// let resumed: Vec<_> = loader.resume(position).collect::<Result<_, _>>()?;
/// assert_eq!(rest, resumed);
/// assert_eq!(rest.last().expect("four batches").len(), 2);
///
/// assert_eq!(loader.last(LastBatch::Drop).len(), 4);
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
pub struct DataLoader<B> {
    fetch: Arc<Fetch<B>>,
    items: usize,
    batch_size: usize,
    shuffle: Shuffle,
    last: LastBatch,
    workers: usize,
    prefetch: usize,
    next_epoch: AtomicU64,
}

impl<B: Send + 'static> DataLoader<B> {
    /// A loader over `dataset`, whose items become batches by [`Collate`]: batch size 1, not
    /// shuffled, no workers, as PyTorch's.
    pub fn new<D>(dataset: D) -> DataLoader<B>
    where
        D: Dataset + 'static,
        D::Item: Collate<Batch = B>,
    {
        DataLoader::from_fetch(dataset.len(), move |indices| dataset.batch(indices))
    }

    /// A loader whose batches are made from the items by `collate`.
    ///
    /// ```
    /// use hammerhead_datasets::DataLoader;
    ///
    /// let words = vec!["loss", "gradient", "step"];
    /// let loader = DataLoader::with_collate(words, |words| Ok(words.join(" "))).batch_size(2);
    /// let lines: Vec<String> = loader.epoch(0).collect::<Result<_, _>>()?;
    /// assert_eq!(lines, ["loss gradient", "step"]);
    /// # Ok::<(), hammerhead_datasets::Error>(())
    /// ```
    pub fn with_collate<D, F>(dataset: D, collate: F) -> DataLoader<B>
    where
        D: Dataset + 'static,
        F: Fn(Vec<D::Item>) -> Result<B> + Send + Sync + 'static,
    {
        DataLoader::from_fetch(dataset.len(), move |indices| {
            collate(dataset.items(indices)?)
        })
    }

    fn from_fetch(
        items: usize,
        fetch: impl Fn(&[usize]) -> Result<B> + Send + Sync + 'static,
    ) -> DataLoader<B> {
        DataLoader {
            fetch: Arc::new(fetch),
            items,
            batch_size: 1,
            shuffle: Shuffle::Off,
            last: LastBatch::Keep,
            workers: 0,
            prefetch: 2,
            next_epoch: AtomicU64::new(0),
        }
    }

    /// How many items make a batch.
    ///
    /// # Panics
    /// If `size` is 0.
    #[track_caller]
    pub fn batch_size(mut self, size: usize) -> DataLoader<B> {
        assert!(
            size > 0,
            "DataLoader: batch size 0; help: a batch holds at least one item"
        );
        self.batch_size = size;
        self
    }

    /// In which order the items come.
    pub fn shuffle(mut self, shuffle: Shuffle) -> DataLoader<B> {
        self.shuffle = shuffle;
        self
    }

    /// What becomes of the items that do not fill the last batch.
    pub fn last(mut self, last: LastBatch) -> DataLoader<B> {
        self.last = last;
        self
    }

    /// How many threads prepare batches; with 0 each batch is made when it is asked for.
    pub fn workers(mut self, count: usize) -> DataLoader<B> {
        self.workers = count;
        self
    }

    /// How many batches each worker keeps ready (2 if not said, at least 1).
    pub fn prefetch(mut self, batches: usize) -> DataLoader<B> {
        self.prefetch = batches.max(1);
        self
    }

    /// The number of batches in an epoch.
    pub fn len(&self) -> usize {
        match self.last {
            LastBatch::Keep => self.items.div_ceil(self.batch_size),
            LastBatch::Drop => self.items / self.batch_size,
        }
    }

    /// Whether an epoch has no batch.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of items in the dataset.
    pub fn items(&self) -> usize {
        self.items
    }

    /// The indices of the dataset in the order epoch `epoch` visits them.
    pub fn order(&self, epoch: u64) -> Vec<usize> {
        match self.shuffle {
            Shuffle::Off => (0..self.items).collect(),
            Shuffle::Seeded(seed) => {
                permutation(&mut CounterGenerator::with_stream(seed, epoch), self.items)
            }
        }
    }

    /// The batches of one epoch, counted from 0.
    pub fn epoch(&self, epoch: u64) -> Batches<B> {
        self.resume(Position { epoch, batch: 0 })
    }

    /// The batches from `position` to the end of its epoch, the very ones that
    /// [`DataLoader::epoch`] gives there; those before are not read.
    pub fn resume(&self, position: Position) -> Batches<B> {
        self.batches(self.order(position.epoch), position)
    }

    /// The batches of the next epoch: of epoch 0 at the first call, of epoch 1 at the second.
    pub fn iter(&self) -> Batches<B> {
        self.epoch(self.next_epoch.fetch_add(1, Ordering::Relaxed))
    }

    /// One epoch, with the order drawn from `generator` as PyTorch's
    /// `DataLoader(.., generator=generator)` draws it: first a 64-bit base seed, shuffled or not,
    /// then a permutation unless shuffling is off. The loader's own seed is not used.
    ///
    /// ```
    /// use hammerhead_datasets::{DataLoader, Shuffle};
    /// use hammerhead_tensor::random::TorchGenerator;
    ///
    /// let items: Vec<char> = ('a'..='o').collect();
    /// let loader = DataLoader::new(items).batch_size(5).shuffle(Shuffle::Seeded(0));
    /// let mut generator = TorchGenerator::new(42);
    /// let batches: Vec<Vec<char>> = loader.iter_with(&mut generator).collect::<Result<_, _>>()?;
    /// assert_eq!(batches.len(), 3);
    /// # Ok::<(), hammerhead_datasets::Error>(())
    /// ```
    pub fn iter_with(&self, generator: &mut dyn Generator) -> Batches<B> {
        // PyTorch hands it to its worker processes and takes it even when there are none.
        let _base_seed = generator.next_u64();
        let order = match self.shuffle {
            Shuffle::Off => (0..self.items).collect(),
            Shuffle::Seeded(_) => permutation(generator, self.items),
        };
        self.batches(order, Position::default())
    }

    fn batches(&self, mut order: Vec<usize>, position: Position) -> Batches<B> {
        order.truncate(self.len() * self.batch_size);
        let plan = Plan {
            order,
            batch_size: self.batch_size,
            epoch: position.epoch,
        };
        Batches::start(
            self.fetch.clone(),
            plan,
            position.batch,
            self.workers,
            self.prefetch,
        )
    }
}

fn permutation(generator: &mut dyn Generator, items: usize) -> Vec<usize> {
    generator
        .permutation(items)
        .into_iter()
        .map(|index| index as usize)
        .collect()
}

impl<B: Send + 'static> IntoIterator for &DataLoader<B> {
    type Item = Result<B>;
    type IntoIter = Batches<B>;

    /// The batches of the next epoch, as [`DataLoader::iter`].
    fn into_iter(self) -> Batches<B> {
        self.iter()
    }
}

impl<B> std::fmt::Debug for DataLoader<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataLoader")
            .field("items", &self.items)
            .field("batch_size", &self.batch_size)
            .field("shuffle", &self.shuffle)
            .field("last", &self.last)
            .field("workers", &self.workers)
            .field("prefetch", &self.prefetch)
            .finish_non_exhaustive()
    }
}
