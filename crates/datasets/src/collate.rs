//! How items become a batch.

use hammerhead_tensor::{Tensor, stack};

use crate::error::Result;

/// An item that knows how several of its kind become one batch.
///
/// Tensors are stacked along a new first dim; numbers become a tensor of rank 1, integers one of
/// dtype `I64`; texts and characters become a `Vec`; a tuple of items becomes a tuple of batches.
///
/// ```
/// use hammerhead_datasets::Collate;
///
/// let items = vec![(0usize, 'a'), (1, 'b'), (2, 'c')];
/// let (numbers, letters) = Collate::collate(items)?;
/// assert_eq!(numbers.to_vec::<i64>(), [0, 1, 2]);
/// assert_eq!(letters, ['a', 'b', 'c']);
/// # Ok::<(), hammerhead_datasets::Error>(())
/// ```
pub trait Collate: Sized {
    /// What several items become.
    type Batch: Send + 'static;

    /// Makes the batch, keeping the items' order.
    ///
    /// # Errors
    /// What keeps the items from becoming one batch.
    fn collate(items: Vec<Self>) -> Result<Self::Batch>;
}

impl Collate for Tensor {
    type Batch = Tensor;

    fn collate(items: Vec<Tensor>) -> Result<Tensor> {
        Ok(stack(&items, 0))
    }
}

macro_rules! collate_to_tensor {
    ($($item:ty as $element:ty),*) => {$(
        impl Collate for $item {
            type Batch = Tensor;

            fn collate(items: Vec<$item>) -> Result<Tensor> {
                let elements: Vec<$element> = items.into_iter().map(|item| item as $element).collect();
                let count = elements.len();
                Ok(Tensor::from_vec(elements, [count]))
            }
        }
    )*};
}

collate_to_tensor!(f32 as f32, f64 as f64, u8 as u8, bool as bool);
collate_to_tensor!(i32 as i64, i64 as i64, u32 as i64, usize as i64);

macro_rules! collate_to_vec {
    ($($item:ty),*) => {$(
        impl Collate for $item {
            type Batch = Vec<$item>;

            fn collate(items: Vec<$item>) -> Result<Vec<$item>> {
                Ok(items)
            }
        }
    )*};
}

collate_to_vec!(String, &'static str, char);

impl<A: Collate, B: Collate> Collate for (A, B) {
    type Batch = (A::Batch, B::Batch);

    fn collate(items: Vec<(A, B)>) -> Result<Self::Batch> {
        let (first, second) = items.into_iter().unzip();
        Ok((A::collate(first)?, B::collate(second)?))
    }
}

impl<A: Collate, B: Collate, C: Collate> Collate for (A, B, C) {
    type Batch = (A::Batch, B::Batch, C::Batch);

    fn collate(items: Vec<(A, B, C)>) -> Result<Self::Batch> {
        let (first, second, third) = items.into_iter().collect();
        Ok((A::collate(first)?, B::collate(second)?, C::collate(third)?))
    }
}
