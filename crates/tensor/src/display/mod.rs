//! Tensors as text: exactly as PyTorch prints them, and on request as numpy does.
//!
//! | file | holds |
//! |---|---|
//! | [`options`](PrintOptions) | precision, summarising, line width |
//! | `excerpt` | the elements that will be seen, and where some are left out |
//! | `torch` | PyTorch's `repr` (2.15) |
//! | `numpy`, `numpy_float` | numpy's `repr` and `str` (2.4), and how it writes floats |
//! | `decimal` | decimal digits: shortest and rounded |
//! | `notebook` | rich output in Jupyter through evcxr |
//! | `tensor` | the printing methods of [`Tensor`](crate::Tensor) |
//!
//! Everything here works on a [`Printable`], which fetches single elements, so that printing the
//! edges of a large tensor copies the edges only.

mod decimal;
mod excerpt;
mod notebook;
mod numpy;
mod numpy_float;
mod options;
mod tensor;
mod torch;

pub use options::PrintOptions;

use crate::{DType, Scalar};

/// What the text of a tensor says about gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gradient<'a> {
    /// Nothing.
    #[default]
    None,
    /// `requires_grad=True`, for a leaf.
    Required,
    /// `grad_fn=<...>`, for the result of the operation of that name.
    Function(&'a str),
}

/// Fetches the element at an index.
pub type Fetch<'a> = dyn Fn(&[usize]) -> Scalar + 'a;

/// A tensor as printing sees it: shape, dtype, and a way to fetch an element.
///
/// ```
/// use hammerhead_tensor::display::{PrintOptions, Printable};
/// use hammerhead_tensor::{DType, Scalar};
///
/// let element = |index: &[usize]| Scalar::Int((3 * index[0] + index[1] + 1) as i64);
/// let table = Printable::new(&[2, 3], DType::I64, &element);
/// assert_eq!(
///     table.torch(&PrintOptions::torch()),
///     "tensor([[1, 2, 3],\n        [4, 5, 6]])"
/// );
/// assert_eq!(
///     table.numpy_repr(&PrintOptions::numpy()),
///     "array([[1, 2, 3],\n       [4, 5, 6]])"
/// );
/// assert_eq!(table.numpy_str(&PrintOptions::numpy()), "[[1 2 3]\n [4 5 6]]");
/// ```
#[derive(Clone, Copy)]
pub struct Printable<'a> {
    shape: &'a [usize],
    dtype: DType,
    element: Option<&'a Fetch<'a>>,
    device: Option<&'a str>,
    gradient: Gradient<'a>,
}

impl<'a> Printable<'a> {
    /// A tensor of `shape` whose element at an index (one number per dim) `element` gives.
    ///
    /// `element` is asked once for every element that is seen, and for no other.
    pub fn new(shape: &'a [usize], dtype: DType, element: &'a dyn Fn(&[usize]) -> Scalar) -> Self {
        Self {
            element: Some(element),
            ..Self::without_elements(shape, dtype)
        }
    }

    /// A tensor that has a shape but no elements, printed as `tensor(..., size=(2, 3))`.
    pub fn without_elements(shape: &'a [usize], dtype: DType) -> Self {
        Self {
            shape,
            dtype,
            element: None,
            device: None,
            gradient: Gradient::None,
        }
    }

    /// Adds `device='...'` to PyTorch's text, which the default device goes without.
    pub fn on_device(self, device: &'a str) -> Self {
        Self {
            device: Some(device),
            ..self
        }
    }

    /// Adds what PyTorch's text says about gradients.
    pub fn with_gradient(self, gradient: Gradient<'a>) -> Self {
        Self { gradient, ..self }
    }

    /// The text of `repr(tensor)` in PyTorch.
    pub fn torch(&self, options: &PrintOptions) -> String {
        torch::repr(self, options)
    }

    /// The text of a parameter in PyTorch: a line saying so, then the tensor.
    pub fn torch_parameter(&self, options: &PrintOptions) -> String {
        format!("Parameter containing:\n{}", self.torch(options))
    }

    /// The text of `repr(array)` in numpy, the form a notebook shows.
    pub fn numpy_repr(&self, options: &PrintOptions) -> String {
        numpy::repr(self, options)
    }

    /// The text of `str(array)` in numpy, the form `print` shows.
    pub fn numpy_str(&self, options: &PrintOptions) -> String {
        numpy::str(self, options)
    }

    fn numel(&self) -> usize {
        // Shapes without elements may be of any size, as on the meta device.
        self.shape
            .iter()
            .fold(1, |product: usize, extent| product.saturating_mul(*extent))
    }
}

/// A shape as PyTorch prints one: `torch.Size([2, 3])`.
///
/// ```
/// assert_eq!(hammerhead_tensor::display::torch_size(&[20]), "torch.Size([20])");
/// ```
pub fn torch_size(shape: &[usize]) -> String {
    format!("torch.Size({shape:?})")
}

/// A shape as Python prints a tuple: `()`, `(3,)`, `(2, 3)`.
fn python_tuple(shape: &[usize]) -> String {
    match shape {
        [single] => format!("({single},)"),
        _ => {
            let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!("({})", extents.join(", "))
        }
    }
}

fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
