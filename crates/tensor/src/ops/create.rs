//! Making tensors.

use super::{IntoShape, NestedData};
use crate::buffer::Buffer;
use crate::context;
use crate::device::DeviceRef;
use crate::dtype::Element;
use crate::element_bytes;
use crate::funnel::apply_one;
use crate::layout::{Dims, Layout, checked_numel};
use crate::prim::Prim;
use crate::{DType, Error, ErrorKind, Result, Scalar, Tensor};

/// Makes a tensor from nested arrays, slices or vectors, or from a number (PyTorch's
/// `torch.tensor`): float literals give `F32`, integers `I64`, bools `Bool`, `u8` stays `U8`.
///
/// Shape: the lengths of the nested rows from the outside in; `[]` of a number.
///
/// ```
/// use hammerhead_tensor::{DType, tensor};
/// let x = tensor([[1, 2, 3], [4, 5, 6]]);
/// assert_eq!((x.shape(), x.dtype()), (&[2, 3][..], DType::I64));
/// assert_eq!(tensor(2.5).dtype(), DType::F32);
/// ```
///
/// # Panics
/// If rows have unequal lengths; the message names the row and both lengths.
/// [`Tensor::from_nested`] returns that as an error.
#[track_caller]
pub fn tensor(data: impl NestedData) -> Tensor {
    match Tensor::from_nested(data) {
        Ok(tensor) => tensor,
        Err(error) => panic!("{error}"),
    }
}

/// Indices as rows with a single one (PyTorch's `F.one_hot`), `I64`: `y[..][k] = 1` where `k` is the index,
/// 0 elsewhere.
///
/// Shape: `[..]` to `[.., classes]`.
///
/// ```
/// use hammerhead_tensor::{one_hot, tensor};
/// assert_eq!(one_hot(&tensor([2, 0]), 3).to_vec::<i64>(), [0, 0, 1, 1, 0, 0]);
/// ```
///
/// # Panics
/// If the indices are not integers, or one is no class; a device that works behind the caller tells the
/// latter when a value is read.
#[track_caller]
pub fn one_hot(index: &Tensor, classes: usize) -> Tensor {
    assert!(
        index.dtype().category() == crate::Category::Int,
        "one_hot: takes integers, got {}",
        index.dtype()
    );
    let index = index.to_dtype(DType::I64).unsqueeze(-1);
    let mut shape: Dims = index.shape().into();
    shape[index.rank() - 1] = classes;
    let (zeros, ones) = context::with_device(index.device(), || {
        (
            Tensor::zeros_with(shape.as_slice(), DType::I64),
            Tensor::ones_with(index.shape(), DType::I64),
        )
    });
    let prim = Prim::ScatterAdd {
        dim: index.rank() - 1,
    };
    match Tensor::try_apply(prim, &[&zeros, &index, &ones]) {
        Ok(mut rows) => rows.swap_remove(0),
        Err(error) => {
            let values = index.to_vec::<i64>();
            let wrong = values
                .iter()
                .find(|&&value| !(0..classes as i64).contains(&value));
            match wrong {
                Some(wrong) => panic!(
                    "one_hot: index {wrong} is no class, of which there are {classes}, from 0 on"
                ),
                None => panic!("{error}"),
            }
        }
    }
}

impl Tensor {
    /// As [`tensor`], with ragged rows as an error.
    ///
    /// Shape: the lengths of the nested rows from the outside in; `[]` of a number.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let error = Tensor::from_nested(vec![vec![1, 2], vec![3]]).unwrap_err();
    /// assert!(error.to_string().contains("row [1] has 1 elements"));
    /// ```
    ///
    /// # Errors
    /// If rows have unequal lengths: names the row and both lengths.
    pub fn from_nested(data: impl NestedData) -> Result<Tensor> {
        let mut shape = Dims::new();
        data.shape_into(&mut shape, 0, &mut Vec::new())?;
        data.build(&shape)
    }

    /// A tensor of exactly these elements, row-major; their type is the dtype.
    ///
    /// Shape: as given, such as `[2, 2]`.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, Tensor};
    /// let x = Tensor::from_vec(vec![1.0f64, 2.0, 3.0, 4.0], [2, 2]);
    /// assert_eq!(x.dtype(), DType::F64);
    /// ```
    ///
    /// # Panics
    /// If the number of elements is not the shape's.
    #[track_caller]
    pub fn from_vec<T: Element>(data: Vec<T>, shape: impl IntoShape) -> Tensor {
        Tensor::from_slice(&data, shape)
    }

    /// As [`Tensor::from_vec`], from a slice, which is copied.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::from_slice(&[1u8, 2, 3], [3, 1]).shape(), [3, 1]);
    /// ```
    ///
    /// # Panics
    /// If the number of elements is not the shape's.
    #[track_caller]
    pub fn from_slice<T: Element>(data: &[T], shape: impl IntoShape) -> Tensor {
        let shape = shape.into_shape();
        assert!(
            checked_numel(&shape) == Some(data.len()),
            "from_slice: shape {shape:?} does not have as many elements as were given, which are {}",
            data.len()
        );
        Tensor::from_bytes(T::DTYPE, shape, element_bytes::of(data), &context::device())
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// A tensor of row-major native-endian bytes on a device: what file readers use.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{Cpu, DType, Tensor};
    /// let bytes = 1.5f32.to_ne_bytes();
    /// let x = Tensor::from_bytes(DType::F32, [1], &bytes, &Cpu::device())?;
    /// assert_eq!(x.item(), 1.5);
    /// # Ok::<(), hammerhead_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the number of bytes is not the shape's, a bool is neither 0 nor 1, or the device has no room.
    pub fn from_bytes(
        dtype: DType,
        shape: impl IntoShape,
        bytes: &[u8],
        device: &DeviceRef,
    ) -> Result<Tensor> {
        let shape = shape.into_shape();
        let expected = checked_numel(&shape).map(|numel| numel * dtype.size());
        if expected != Some(bytes.len()) {
            let expected = match expected {
                Some(expected) => expected.to_string(),
                None => "more than memory can hold".to_owned(),
            };
            return Err(Error::new(
                ErrorKind::Data,
                format!(
                    "from_bytes: shape {shape:?} of {dtype} takes {expected} bytes, got {}",
                    bytes.len()
                ),
            ));
        }
        let layout = Layout::contiguous(&shape);
        if dtype == DType::Bool && bytes.iter().any(|&byte| byte > 1) {
            return Err(Error::new(
                ErrorKind::Data,
                "from_bytes: a bool must be 0 or 1",
            ));
        }
        let memory = device.upload(dtype, bytes)?;
        let buffer = Buffer::new(device.clone(), memory, layout.numel());
        Ok(Tensor::from_parts(layout, dtype, buffer, false))
    }

    /// A tensor filled with one value, of the value's default dtype (PyTorch's `torch.full`): `F32` of a float, `I64`
    /// of an integer, `Bool` of a bool.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::full([2, 2], 3.5).to_vec::<f32>(), [3.5; 4]);
    /// assert_eq!(Tensor::full([2], true).dtype(), DType::Bool);
    /// ```
    pub fn full(shape: impl IntoShape, value: impl Into<Scalar>) -> Tensor {
        let value = value.into();
        Tensor::full_with(shape, value, value.default_dtype())
    }

    /// A tensor filled with one value, of a given dtype.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::full_with([2], 7, DType::U8).to_vec::<u8>(), [7, 7]);
    /// ```
    pub fn full_with(shape: impl IntoShape, value: impl Into<Scalar>, dtype: DType) -> Tensor {
        apply_one(Prim::Fill(shape.into_shape(), dtype, value.into()), [])
    }

    /// Zeros, `F32` (PyTorch's `torch.zeros`).
    ///
    /// Shape: as given; `()` or `[]` for a number.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).shape(), [2, 3]);
    /// assert_eq!(Tensor::zeros(()).rank(), 0);
    /// ```
    pub fn zeros(shape: impl IntoShape) -> Tensor {
        Tensor::zeros_with(shape, DType::F32)
    }

    /// Zeros of a given dtype.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::zeros_with([2], DType::I64).to_vec::<i64>(), [0, 0]);
    /// ```
    pub fn zeros_with(shape: impl IntoShape, dtype: DType) -> Tensor {
        Tensor::full_with(shape, 0.0, dtype)
    }

    /// Ones, `F32` (PyTorch's `torch.ones`).
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::ones([2, 2]).sum().item(), 4.0);
    /// ```
    pub fn ones(shape: impl IntoShape) -> Tensor {
        Tensor::ones_with(shape, DType::F32)
    }

    /// Ones of a given dtype.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::ones_with([2], DType::Bool).to_vec::<bool>(), [true, true]);
    /// ```
    pub fn ones_with(shape: impl IntoShape, dtype: DType) -> Tensor {
        Tensor::full_with(shape, 1.0, dtype)
    }

    /// Zeros with this tensor's shape, dtype and device (PyTorch's `torch.zeros_like`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2]).zeros_like().to_vec::<i64>(), [0, 0]);
    /// ```
    pub fn zeros_like(&self) -> Tensor {
        self.full_like(0.0)
    }

    /// Ones with this tensor's shape, dtype and device (PyTorch's `torch.ones_like`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.5, 2.0]).ones_like().to_vec::<f32>(), [1.0, 1.0]);
    /// ```
    pub fn ones_like(&self) -> Tensor {
        self.full_like(1.0)
    }

    /// One value with this tensor's shape, dtype and device (PyTorch's `torch.full_like`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2]).full_like(7).to_vec::<i64>(), [7, 7]);
    /// ```
    pub fn full_like(&self, value: impl Into<Scalar>) -> Tensor {
        context::with_device(self.device(), || {
            Tensor::full_with(self.shape(), value, self.dtype())
        })
    }

    /// `0, 1, .., end - 1` as `I64` (PyTorch's `torch.arange(end)`).
    ///
    /// Shape: `[end]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::arange(3).to_vec::<i64>(), [0, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// If `end` is negative.
    #[track_caller]
    pub fn arange(end: i64) -> Tensor {
        assert!(
            end >= 0,
            "arange: counts up from 0 and never comes to {end}; use arange_step for other steps"
        );
        Tensor::from_vec((0..end).collect(), [end as usize])
    }

    /// `start, start + step, ..` up to but not including `end`, as `F32` (PyTorch's `torch.arange` on
    /// floats).
    ///
    /// Shape: `[ceil((end - start) / step)]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::arange_step(1.0, 2.5, 0.5).to_vec::<f32>(), [1.0, 1.5, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If the step is 0 or points away from `end`.
    #[track_caller]
    pub fn arange_step(start: f64, end: f64, step: f64) -> Tensor {
        let count = (end - start) / step;
        assert!(
            step != 0.0 && count >= 0.0,
            "arange: from {start} to {end} in steps of {step} never ends"
        );
        let count = count.ceil() as usize;
        Tensor::from_vec(
            (0..count)
                .map(|i| (start + i as f64 * step) as f32)
                .collect(),
            [count],
        )
    }

    /// `steps` evenly spaced values from `start` to `end`, both included, `F32`; rounded as
    /// `torch.linspace` rounds, from both ends towards the middle.
    ///
    /// Shape: `[steps]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::linspace(-1.0, 1.0, 5).to_vec::<f32>(), [-1.0, -0.5, 0.0, 0.5, 1.0]);
    /// ```
    pub fn linspace(start: f64, end: f64, steps: usize) -> Tensor {
        let step = ((end as f32) - (start as f32)) / (steps.max(2) - 1) as f32;
        let value = |i: usize| {
            if i < steps / 2 {
                start as f32 + step * i as f32
            } else {
                end as f32 - step * (steps - 1 - i) as f32
            }
        };
        let mut values: Vec<f32> = (0..steps).map(value).collect();
        if steps == 1 {
            values[0] = start as f32;
        }
        Tensor::from_vec(values, [steps])
    }

    /// The identity matrix, `F32` (PyTorch's `torch.eye`).
    ///
    /// Shape: `[size, size]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::eye(2).to_vec::<f32>(), [1.0, 0.0, 0.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If memory could not hold so many elements.
    #[track_caller]
    pub fn eye(size: usize) -> Tensor {
        let shape = [size, size];
        let Some(numel) = checked_numel(&shape) else {
            panic!("eye: a tensor of shape {shape:?} has more elements than memory can hold");
        };
        let mut data = vec![0f32; numel];
        data.iter_mut()
            .step_by(size + 1)
            .for_each(|diagonal| *diagonal = 1.0);
        Tensor::from_vec(data, [size, size])
    }
}
