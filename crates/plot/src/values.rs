//! What numbers may come as.

use std::ops::Range;

use hammerhead_tensor::{DType, Tensor};

/// Numbers to draw: a tensor of any shape (read in row-major order), a slice, an array, a `Vec` or a range of
/// integers, or a reference to one.
///
/// ```
/// use hammerhead_plot::Values;
/// use hammerhead_tensor::tensor;
///
/// assert_eq!(tensor([[1, 2], [3, 4]]).values(), [1.0, 2.0, 3.0, 4.0]);
/// assert_eq!(vec![0.5_f32, 2.0].values(), [0.5, 2.0]);
/// assert_eq!((0..3).values(), [0.0, 1.0, 2.0]);
/// ```
pub trait Values {
    /// The numbers in order.
    fn values(&self) -> Vec<f64>;
}

/// A number of a slice or array of [`Values`].
pub trait Number: Copy {
    /// The same number, or the nearest one.
    fn to_f64(self) -> f64;
}

macro_rules! numbers {
    ($($kind:ty)*) => {$(
        impl Number for $kind {
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

numbers!(f32 f64 i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl Number for bool {
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
}

impl Values for Tensor {
    fn values(&self) -> Vec<f64> {
        self.detach().to_dtype(DType::F64).to_vec()
    }
}

impl<T: Number> Values for [T] {
    fn values(&self) -> Vec<f64> {
        self.iter().map(|number| number.to_f64()).collect()
    }
}

impl<T: Number, const N: usize> Values for [T; N] {
    fn values(&self) -> Vec<f64> {
        self[..].values()
    }
}

impl<T: Number> Values for Vec<T> {
    fn values(&self) -> Vec<f64> {
        self[..].values()
    }
}

impl<T: Number> Values for Range<T>
where
    Range<T>: Iterator<Item = T> + Clone,
{
    fn values(&self) -> Vec<f64> {
        self.clone().map(Number::to_f64).collect()
    }
}

impl<V: Values + ?Sized> Values for &V {
    fn values(&self) -> Vec<f64> {
        (**self).values()
    }
}
