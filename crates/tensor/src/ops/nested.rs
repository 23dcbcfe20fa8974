//! Numbers in nested arrays, slices and vectors.

use crate::dtype::Element;
use crate::layout::Dims;
use crate::{Error, ErrorKind, Result, Tensor};

/// Numbers in nested arrays, slices or vectors; see [`tensor`](super::tensor).
pub trait NestedData {
    /// Notes the extents on the way down and checks that rows agree; `path` is where it is.
    #[doc(hidden)]
    fn shape_into(&self, shape: &mut Dims, depth: usize, path: &mut Vec<usize>) -> Result<()>;

    /// Makes the tensor once the shape is known.
    #[doc(hidden)]
    fn build(&self, shape: &Dims) -> Result<Tensor>;

    /// The type that the numbers are stored as.
    #[doc(hidden)]
    type Stored: Element;

    /// Appends all numbers in row-major order.
    #[doc(hidden)]
    fn flatten_into(&self, out: &mut Vec<Self::Stored>);
}

macro_rules! nested_scalars {
    ($($type:ty => $stored:ty),*) => {$(
        impl NestedData for $type {
            type Stored = $stored;
            fn shape_into(&self, _: &mut Dims, _: usize, _: &mut Vec<usize>) -> Result<()> { Ok(()) }
            fn build(&self, shape: &Dims) -> Result<Tensor> {
                Ok(Tensor::from_slice(&[*self as $stored], shape))
            }
            fn flatten_into(&self, out: &mut Vec<$stored>) { out.push(*self as $stored); }
        }
    )*};
}

nested_scalars!(f64 => f32, f32 => f32, i32 => i64, i64 => i64, usize => i64, u8 => u8, bool => bool);

fn rows_shape<T: NestedData>(
    rows: &[T],
    shape: &mut Dims,
    depth: usize,
    path: &mut Vec<usize>,
) -> Result<()> {
    if depth == shape.len() {
        shape.push(rows.len());
    } else if shape[depth] != rows.len() {
        return Err(Error::new(
            ErrorKind::Data,
            format!(
                "tensor: row {path:?} has {} elements where the first row of its depth has {}; all rows of a depth \
                 must be equally long",
                rows.len(),
                shape[depth]
            ),
        ));
    }
    for (index, row) in rows.iter().enumerate() {
        path.push(index);
        row.shape_into(shape, depth + 1, path)?;
        path.pop();
    }
    Ok(())
}

macro_rules! nested_rows {
    ($([$($generics:tt)*] $type:ty),*) => {$(
        impl<T: NestedData, $($generics)*> NestedData for $type {
            type Stored = T::Stored;
            fn shape_into(&self, shape: &mut Dims, depth: usize, path: &mut Vec<usize>) -> Result<()> {
                rows_shape(&self[..], shape, depth, path)
            }
            fn build(&self, shape: &Dims) -> Result<Tensor> {
                let mut data = Vec::with_capacity(shape.iter().product());
                self.flatten_into(&mut data);
                Ok(Tensor::from_slice(&data, shape))
            }
            fn flatten_into(&self, out: &mut Vec<T::Stored>) {
                self.iter().for_each(|row| row.flatten_into(out));
            }
        }
    )*};
}

nested_rows!([] Vec<T>, [] &Vec<T>, [] &[T], [const N: usize] [T; N], [const N: usize] &[T; N]);
