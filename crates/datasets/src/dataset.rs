//! What a dataset is, and the small adaptors that make one from another.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::collate::Collate;
use crate::error::{Error, Result};

/// A known number of items, each to be had by its index at any time, from any thread.
///
/// Two methods are enough. Items come as `Result` because they may lie in files; a panic inside
/// [`get`](Dataset::get) reaches the user of a loader as an error too.
///
/// ```
/// use hammerhead_datasets::{Dataset, Result};
///
/// struct Squares(usize);
///
/// impl Dataset for Squares {
///     type Item = i64;
///     fn len(&self) -> usize {
///         self.0
///     }
///     fn get(&self, index: usize) -> Result<i64> {
///         Ok((index * index) as i64)
///     }
/// }
///
/// let odd = Squares(10).subset(vec![1, 3, 5]).map(|square| square + 1);
/// assert_eq!(odd.len(), 3);
/// assert_eq!(odd.get(2)?, 26);
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
pub trait Dataset: Send + Sync {
    /// One item: a pair of tensors, a number, a text, a picture.
    type Item;

    /// The number of items.
    fn len(&self) -> usize;

    /// The item at `index`, which is below [`len`](Dataset::len).
    ///
    /// # Errors
    /// Whatever keeps the item from being read.
    fn get(&self, index: usize) -> Result<Self::Item>;

    /// Whether there is no item.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Several items at once, in the order of `indices`.
    ///
    /// # Errors
    /// [`Error::Item`] or [`Error::Panic`] naming the first item that failed.
    fn items(&self, indices: &[usize]) -> Result<Vec<Self::Item>> {
        indices
            .iter()
            .map(
                |&index| match catch_unwind(AssertUnwindSafe(|| self.get(index))) {
                    Ok(Ok(item)) => Ok(item),
                    Ok(Err(source)) => Err(Error::Item {
                        index,
                        source: Box::new(source),
                    }),
                    Err(payload) => Err(panicked(format!("item {index}"), &*payload)),
                },
            )
            .collect()
    }

    /// Several items as one batch. A dataset that lies in memory overrides this to write the batch
    /// straight into place, without making the items first.
    ///
    /// # Errors
    /// As for [`items`](Dataset::items), and what [`Collate::collate`] returns.
    fn batch(&self, indices: &[usize]) -> Result<<Self::Item as Collate>::Batch>
    where
        Self::Item: Collate,
    {
        Self::Item::collate(self.items(indices)?)
    }

    /// The items at these indices only, in this order; an index may come more than once.
    ///
    /// # Panics
    /// If an index is not below [`len`](Dataset::len).
    #[track_caller]
    fn subset(self, indices: Vec<usize>) -> Subset<Self>
    where
        Self: Sized,
    {
        if let Some(&index) = indices.iter().find(|&&index| index >= self.len()) {
            panic!(
                "subset: index {index} in a dataset of {} items; help: indices count from 0",
                self.len()
            );
        }
        Subset {
            dataset: self,
            indices,
        }
    }

    /// The first `count` items, or all if there are fewer.
    fn take(self, count: usize) -> Subset<Self>
    where
        Self: Sized,
    {
        let indices = (0..self.len().min(count)).collect();
        Subset {
            dataset: self,
            indices,
        }
    }

    /// Pairs of this dataset's items and another's of the same length.
    ///
    /// # Panics
    /// If the lengths differ: a label without its image is a mistake, not a shorter dataset.
    #[track_caller]
    fn zip<B: Dataset>(self, other: B) -> Zip<Self, B>
    where
        Self: Sized,
    {
        let (left, right) = (self.len(), other.len());
        assert!(
            left == right,
            "zip: {left} items beside {right}; help: use `take` or `subset` to make them equal"
        );
        Zip {
            left: self,
            right: other,
        }
    }

    /// This dataset with `function` applied to every item when it is asked for.
    fn map<F, T>(self, function: F) -> Map<Self, F>
    where
        Self: Sized,
        F: Fn(Self::Item) -> T + Send + Sync,
    {
        Map {
            dataset: self,
            function,
        }
    }
}

/// The error for a caught panic.
pub(crate) fn panicked(place: String, payload: &(dyn Any + Send)) -> Error {
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is no text".to_owned());
    Error::Panic { place, message }
}

impl<T: Clone + Send + Sync> Dataset for Vec<T> {
    type Item = T;

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn get(&self, index: usize) -> Result<T> {
        Ok(self[index].clone())
    }
}

impl<D: Dataset + ?Sized> Dataset for Arc<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        D::len(self)
    }

    fn get(&self, index: usize) -> Result<D::Item> {
        D::get(self, index)
    }

    fn items(&self, indices: &[usize]) -> Result<Vec<D::Item>> {
        D::items(self, indices)
    }

    fn batch(&self, indices: &[usize]) -> Result<<D::Item as Collate>::Batch>
    where
        D::Item: Collate,
    {
        D::batch(self, indices)
    }
}

/// Some of a dataset's items; made by [`Dataset::subset`] and [`Dataset::take`] (PyTorch's `Subset`).
///
/// Errors name an item by its index in the whole dataset.
///
/// ```
/// use hammerhead_datasets::Dataset;
///
/// let some = vec!['a', 'b', 'c'].subset(vec![2, 0]);
/// assert_eq!((some.len(), some.get(0)?), (2, 'c'));
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Subset<D> {
    dataset: D,
    indices: Vec<usize>,
}

impl<D> Subset<D> {
    /// The items' indices in the whole dataset.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    fn resolve(&self, indices: &[usize]) -> Vec<usize> {
        indices.iter().map(|&index| self.indices[index]).collect()
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn get(&self, index: usize) -> Result<D::Item> {
        self.dataset.get(self.indices[index])
    }

    fn items(&self, indices: &[usize]) -> Result<Vec<D::Item>> {
        self.dataset.items(&self.resolve(indices))
    }

    fn batch(&self, indices: &[usize]) -> Result<<D::Item as Collate>::Batch>
    where
        D::Item: Collate,
    {
        self.dataset.batch(&self.resolve(indices))
    }
}

/// Two datasets side by side; made by [`Dataset::zip`] (Python's `list(zip(x, y))`).
///
/// ```
/// use hammerhead_datasets::Dataset;
///
/// let pairs = Dataset::zip(vec![0.5, 1.5], vec!['a', 'b']);
/// assert_eq!(pairs.get(1)?, (1.5, 'b'));
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Zip<A, B> {
    left: A,
    right: B,
}

impl<A: Dataset, B: Dataset> Dataset for Zip<A, B> {
    type Item = (A::Item, B::Item);

    fn len(&self) -> usize {
        self.left.len()
    }

    fn get(&self, index: usize) -> Result<Self::Item> {
        Ok((self.left.get(index)?, self.right.get(index)?))
    }
}

/// A dataset with a function on its items, a transform; made by [`Dataset::map`].
///
/// ```
/// use hammerhead_datasets::Dataset;
///
/// let doubled = Dataset::map(vec![1, 2, 3], |x| x * 2);
/// assert_eq!(doubled.get(2)?, 6);
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Map<D, F> {
    dataset: D,
    function: F,
}

impl<D, F, T> Dataset for Map<D, F>
where
    D: Dataset,
    F: Fn(D::Item) -> T + Send + Sync,
{
    type Item = T;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn get(&self, index: usize) -> Result<T> {
        self.dataset.get(index).map(&self.function)
    }
}
