//! Out of tensors and between dtypes and devices.

use std::borrow::Cow;

use super::compose::named;
use crate::device::DeviceRef;
use crate::dtype::Element;
use crate::element_bytes;
use crate::funnel::{apply_one, apply_ref, download};
use crate::prim::{Prim, View};
use crate::{DType, Error, ErrorKind, Result, Tensor};

impl Tensor {
    /// The elements in row-major order, converted to `T` (PyTorch's `tolist`, but flat).
    ///
    /// Shape: any, to as many elements as it has.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 2], [3, 4]]).t().to_vec::<f32>(), [1.0, 3.0, 2.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// If the device holds no values (meta). [`Tensor::try_to_vec`] returns that as an error.
    #[track_caller]
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        self.try_to_vec().unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Tensor::to_vec`], with what a device can't do as an error.
    ///
    /// Shape: any, to as many elements as it has.
    ///
    /// ```
    /// use hammerhead_tensor::{Meta, Tensor, with_device};
    /// let nothing = with_device(&Meta::device(), || Tensor::zeros([2]));
    /// assert!(nothing.try_to_vec::<f32>().is_err());
    /// ```
    ///
    /// # Errors
    /// When the device holds no values or is lost.
    pub fn try_to_vec<T: Element>(&self) -> Result<Vec<T>> {
        element_bytes::collect(self.numel(), |bytes| download(self, T::DTYPE, bytes))
    }

    /// The elements' row-major native-endian bytes: what file writers use.
    ///
    /// Shape: any, to `numel * dtype.size()` bytes.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1u8, 2]).try_to_bytes()?, [1, 2]);
    /// # Ok::<(), hammerhead_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the device holds no values or is lost.
    pub fn try_to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0u8; self.numel() * self.dtype().size()];
        download(self, self.dtype(), &mut bytes)?;
        Ok(bytes)
    }

    /// The one element as `f64` (PyTorch's `item`).
    ///
    /// Shape: any with one element.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[2.5]]).item(), 2.5);
    /// ```
    ///
    /// # Panics
    /// If the tensor does not have exactly one element.
    #[track_caller]
    pub fn item(&self) -> f64 {
        self.to_scalar()
    }

    /// The one element as `T`.
    ///
    /// Shape: any with one element.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert!(tensor([1, 2]).eq(1).any().to_scalar::<bool>());
    /// ```
    ///
    /// # Panics
    /// If the tensor does not have exactly one element.
    #[track_caller]
    pub fn to_scalar<T: Element>(&self) -> T {
        assert_eq!(
            self.numel(),
            1,
            "item: a tensor of shape {:?} has more or less than one element",
            self.shape()
        );
        self.to_vec()[0]
    }

    /// The elements as another dtype, floats truncated towards zero to integers; this very tensor when
    /// it is of that dtype already (PyTorch's `to(dtype)`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, tensor};
    /// assert_eq!(tensor([1.9, -1.9]).to_dtype(DType::I64).to_vec::<i64>(), [1, -1]);
    /// ```
    pub fn to_dtype(&self, dtype: DType) -> Tensor {
        if dtype == self.dtype() {
            self.clone()
        } else {
            apply_ref(Prim::Cast(dtype), [self])
        }
    }

    /// As `F32` (PyTorch's `float()`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, tensor};
    /// assert_eq!(tensor([1, 2]).float().dtype(), DType::F32);
    /// ```
    pub fn float(&self) -> Tensor {
        self.to_dtype(DType::F32)
    }

    /// As `F64` (PyTorch's `double()`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, tensor};
    /// assert_eq!(tensor([0.5]).double().dtype(), DType::F64);
    /// ```
    pub fn double(&self) -> Tensor {
        self.to_dtype(DType::F64)
    }

    /// As `I64` (PyTorch's `long()`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([true, false]).long().to_vec::<i64>(), [1, 0]);
    /// ```
    pub fn long(&self) -> Tensor {
        self.to_dtype(DType::I64)
    }

    /// The tensor on another device; this very tensor when it is there already (PyTorch's `to(device)`). A copy
    /// does not carry the gradient history.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::{Cpu, Meta, tensor};
    /// let x = tensor([1.0, 2.0]);
    /// assert!(x.to(&Cpu::device()).is_same(&x));
    /// assert_eq!(x.to(&Meta::device()).device().name(), "meta");
    /// ```
    ///
    /// # Panics
    /// If the device has no room or can't hold the dtype, or this is a computed tensor with a gradient history;
    /// [`Tensor::try_to`] returns that.
    #[track_caller]
    pub fn to(&self, device: &DeviceRef) -> Tensor {
        self.try_to(device)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Tensor::to`], with what a device can't do as an error.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::{Meta, tensor};
    /// assert_eq!(tensor([1.0, 2.0]).try_to(&Meta::device())?.shape(), [2]);
    /// # Ok::<(), hammerhead_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the device has no room or can't hold the dtype, or this is a computed tensor with a gradient history.
    pub fn try_to(&self, device: &DeviceRef) -> Result<Tensor> {
        if device.is_same(&**self.device()) {
            return Ok(self.clone());
        }
        if crate::grad_enabled()
            && self.requires_grad()
            && !self.history().is_some_and(|history| history.is_leaf())
        {
            let message =
                "to: the history of a computed tensor does not cross devices; detach() it first";
            return Err(Error::new(ErrorKind::Device, message));
        }
        if device.name() == "meta" {
            return Ok(crate::with_device(device, || {
                Tensor::zeros_with(self.shape(), self.dtype())
            }));
        }
        Tensor::from_bytes(self.dtype(), self.shape(), &self.try_to_bytes()?, device)
    }

    /// The elements row-major without gaps: this very tensor if they are, else a copy (PyTorch's
    /// `contiguous`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2, 3]);
    /// assert!(x.contiguous().is_same(&x));
    /// assert_eq!(x.t().contiguous().strides(), [2, 1]);
    /// ```
    pub fn contiguous(&self) -> Tensor {
        if self.is_contiguous() {
            self.clone()
        } else {
            self.copy()
        }
    }

    /// A copy with memory of its own, through which gradients flow (PyTorch's `clone()`; Rust's
    /// `clone` is another handle to the same tensor).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([1.0]);
    /// let (copy, handle) = (x.copy(), x.clone());
    /// x.add_(1.0);
    /// assert_eq!((copy.item(), handle.item()), (1.0, 2.0));
    /// ```
    pub fn copy(&self) -> Tensor {
        named("CloneBackward0", || {
            apply_one(Prim::Cast(self.dtype()), [Cow::Borrowed(self)])
        })
    }

    /// The same elements as another tensor, through which gradients flow.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([1.0]);
    /// let y = x.alias();
    /// assert!(y.shares_memory(&x) && !y.is_same(&x));
    /// ```
    pub fn alias(&self) -> Tensor {
        apply_ref(Prim::View(View::Alias), [self])
    }
}
