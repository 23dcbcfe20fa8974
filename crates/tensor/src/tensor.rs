//! The one user type.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::DType;
use crate::buffer::Buffer;
use crate::device::{DeviceRef, Operand};
use crate::history::History;
use crate::infer::Spec;
use crate::layout::Layout;

/// An n-dimensional array of one dtype on one device, with an optional gradient history.
///
/// Cloning is one reference count: clones are the same tensor, and a change in place shows in all
/// of them, as with Python's names. Views (`transpose`, `narrow`, `i(..)`, ...) share elements too;
/// [`contiguous`](Tensor::contiguous) or [`copy`](Tensor::copy) makes a tensor of its own.
///
/// `+ - * /` and unary `-` take tensors and numbers, owned or borrowed. Shapes broadcast: they are aligned at the
/// last dim, and a size of 1 stretches. Two dtypes meet in the wider one, and `/` gives floats. An operand given by
/// value lends its memory to the result, if nothing else holds it.
///
/// ```
/// use hammerhead_tensor::{DType, tensor};
/// let (column, row) = (tensor([[1], [2]]), tensor([10, 20, 30]));
/// let sum = &column + &row;
/// assert_eq!((sum.shape(), sum.dtype()), (&[2, 3][..], DType::I64));
/// assert_eq!((2.0 - row / 10).to_vec::<f32>(), [1.0, 0.0, -1.0]);
/// ```
///
/// Methods and operators panic when shapes, dtypes or devices don't fit, with a message that names
/// the operation and shows both sides.
#[derive(Clone)]
pub struct Tensor(pub(crate) Arc<Node>);

pub(crate) struct Node {
    pub(crate) layout: Layout,
    pub(crate) dtype: DType,
    pub(crate) buffer: Arc<Buffer>,
    pub(crate) is_view: bool,
    history: RwLock<Option<Arc<dyn History>>>,
    /// Whether there is a history: what most operations ask, answered without taking the lock.
    recorded: AtomicBool,
}

// The history may hold hooks, whose state is their author's; a tensor adds nothing that a panic could
// leave half done.
impl std::panic::UnwindSafe for Tensor {}
impl std::panic::RefUnwindSafe for Tensor {}

impl Tensor {
    pub(crate) fn from_parts(
        layout: Layout,
        dtype: DType,
        buffer: Arc<Buffer>,
        is_view: bool,
    ) -> Self {
        Tensor(Arc::new(Node {
            layout,
            dtype,
            buffer,
            is_view,
            history: RwLock::new(None),
            recorded: AtomicBool::new(false),
        }))
    }

    /// The extent of each dim (PyTorch's `shape`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).shape(), [2, 3]);
    /// ```
    pub fn shape(&self) -> &[usize] {
        self.0.layout.shape()
    }

    /// The number of dims (PyTorch's `ndim`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).rank(), 2);
    /// ```
    pub fn rank(&self) -> usize {
        self.0.layout.rank()
    }

    /// The number of elements (PyTorch's `numel()`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).numel(), 6);
    /// ```
    pub fn numel(&self) -> usize {
        self.0.layout.numel()
    }

    /// The extent of one dim; negative ones count from the last (PyTorch's `size(dim)`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).size(-1), 3);
    /// ```
    ///
    /// # Panics
    /// If there is no such dim.
    #[track_caller]
    pub fn size(&self, dim: isize) -> usize {
        self.shape()[self.dim("size", dim)]
    }

    /// The type of the elements (PyTorch's `dtype`).
    ///
    /// ```
    /// use hammerhead_tensor::{DType, tensor};
    /// assert_eq!(tensor([1, 2]).dtype(), DType::I64);
    /// ```
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// Where the elements live (PyTorch's `device`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2]).device().name(), "cpu");
    /// ```
    pub fn device(&self) -> &DeviceRef {
        self.0.buffer.device()
    }

    /// How the elements lie in memory.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).layout().strides(), [3, 1]);
    /// ```
    pub fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// Steps in elements per dim (PyTorch's `stride()`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).t().strides(), [1, 3]);
    /// ```
    pub fn strides(&self) -> &[isize] {
        self.0.layout.strides()
    }

    /// True if the elements lie row-major without gaps (PyTorch's `is_contiguous()`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2, 3]);
    /// assert!(x.is_contiguous() && !x.t().is_contiguous());
    /// ```
    pub fn is_contiguous(&self) -> bool {
        self.0.layout.is_contiguous()
    }

    /// True if both share a buffer, as views do.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2, 3]);
    /// assert!(x.shares_memory(&x.t()) && !x.shares_memory(&x.copy()));
    /// ```
    pub fn shares_memory(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0.buffer, &other.0.buffer)
    }

    /// True if both are the very same tensor (clones of one another; Python's `is`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2, 3]);
    /// assert!(x.is_same(&x.clone()) && !x.is_same(&x.t()));
    /// ```
    pub fn is_same(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// True if nothing else can see these elements: no clone of this tensor, no other one on its
    /// buffer.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2, 3]);
    /// assert!(x.is_unshared());
    /// let row = x.select(0, 0);
    /// assert!(!x.is_unshared() && row.numel() == 3);
    /// ```
    pub fn is_unshared(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && Arc::strong_count(&self.0.buffer) == 1
    }

    /// The tensor as the owner of its buffer rather than a view, if nothing else can see it and it
    /// fills the buffer in row-major order.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let view = Tensor::zeros([2, 3]).reshape([6]);
    /// assert_eq!(view.into_whole().unwrap().shape(), [6]);
    /// ```
    ///
    /// # Errors
    /// The tensor as it was, if not.
    pub fn into_whole(self) -> std::result::Result<Tensor, Tensor> {
        if !self.is_unshared() || !self.is_contiguous() || self.numel() != self.0.buffer.len() {
            return Err(self);
        }
        if !self.0.is_view {
            return Ok(self);
        }
        let whole = Tensor::from_parts(
            self.0.layout.clone(),
            self.0.dtype,
            self.0.buffer.clone(),
            false,
        );
        whole.set_history(self.history());
        Ok(whole)
    }

    /// How often the buffer has been changed in place; autograd compares it with the version that it
    /// saved (PyTorch's `_version`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2]);
    /// let before = x.version();
    /// x.add_(1.0);
    /// assert_eq!(x.version(), before + 1);
    /// ```
    pub fn version(&self) -> u64 {
        self.0.buffer.version()
    }

    /// The gradient history, if the tensor has one.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert!(Tensor::zeros([2]).history().is_none());
    /// ```
    pub fn history(&self) -> Option<Arc<dyn History>> {
        if !self.requires_grad() {
            return None;
        }
        self.0
            .history
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Calls `f` with the gradient history, if the tensor has one; for the crate that implements [`History`]. The history
    /// can't be replaced meanwhile, so `f` must neither ask this tensor for it again nor set it.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2]).with_history(|history| history.name()), None);
    /// ```
    pub fn with_history<T>(&self, f: impl FnOnce(&dyn History) -> T) -> Option<T> {
        if !self.requires_grad() {
            return None;
        }
        let history = self.0.history.read();
        let history = history.unwrap_or_else(PoisonError::into_inner);
        history.as_deref().map(f)
    }

    /// Replaces the gradient history; for the crate that implements [`History`].
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2]);
    /// x.set_history(None);
    /// assert!(!x.requires_grad());
    /// ```
    pub fn set_history(&self, history: Option<Arc<dyn History>>) {
        let current = self.0.history.write();
        let mut current = current.unwrap_or_else(PoisonError::into_inner);
        self.0.recorded.store(history.is_some(), Ordering::Release);
        let before = std::mem::replace(&mut *current, history);
        // A history may hold tensors, whose own histories go with it.
        drop(current);
        drop(before);
    }

    /// True if gradients flow into this tensor (PyTorch's `requires_grad`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert!(!Tensor::zeros([2]).requires_grad());
    /// ```
    pub fn requires_grad(&self) -> bool {
        self.0.recorded.load(Ordering::Acquire)
    }

    /// The same elements without history (PyTorch's `detach`): a view, not a copy.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2]);
    /// assert!(x.detach().shares_memory(&x));
    /// ```
    pub fn detach(&self) -> Tensor {
        Tensor::from_parts(
            self.0.layout.clone(),
            self.0.dtype,
            self.0.buffer.clone(),
            self.0.is_view,
        )
    }

    /// Waits until everything that this tensor's device was asked to do is done (PyTorch's
    /// `torch.cuda.synchronize`).
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// Tensor::zeros([2]).sync();
    /// ```
    pub fn sync(&self) {
        self.device().sync();
    }

    pub(crate) fn spec(&self) -> Spec {
        Spec::new(self.shape(), self.dtype())
    }

    pub(crate) fn operand(&self) -> Operand<'_> {
        Operand {
            memory: self.0.buffer.memory(),
            layout: &self.0.layout,
            dtype: self.0.dtype,
        }
    }

    /// A dim counted from either end.
    #[track_caller]
    pub(crate) fn dim(&self, operation: &str, dim: isize) -> usize {
        normalize_dim(operation, dim, self.rank(), self.shape())
    }
}

/// A dim counted from either end of `rank` dims.
#[track_caller]
pub(crate) fn normalize_dim(operation: &str, dim: isize, rank: usize, shape: &[usize]) -> usize {
    let normal = if dim < 0 { dim + rank as isize } else { dim };
    if !(0..rank as isize).contains(&normal) {
        panic!(
            "{operation}: dim {dim} is out of range for shape {shape:?}, which has dims {} to {}",
            -(rank as isize),
            rank as isize - 1
        );
    }
    normal as usize
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Tensor({:?}, {}, {})",
            self.shape(),
            self.dtype(),
            self.device().name()
        )
    }
}
