//! The text of a [`Tensor`]: what is seen of it is fetched, and nothing else.

use std::fmt;

use super::{Gradient, PrintOptions, Printable};
use crate::{Category, Result, Scalar, Tensor};

impl Tensor {
    /// The tensor as PyTorch prints it, by given options; `{}` does so by the default ones.
    ///
    /// ```
    /// use hammerhead_tensor::{display::PrintOptions, tensor};
    ///
    /// let table = tensor([[1.5, 2.0], [3.0, 4.0]]);
    /// assert_eq!(table.to_string(), "tensor([[1.5000, 2.0000],\n        [3.0000, 4.0000]])");
    /// let short = PrintOptions { precision: 1, ..PrintOptions::torch() };
    /// assert_eq!(table.text(&short), "tensor([[1.5, 2.0],\n        [3.0, 4.0]])");
    /// ```
    pub fn text(&self, options: &PrintOptions) -> String {
        self.printed(options, |tensor| tensor.torch(options))
    }

    /// The tensor as PyTorch prints a parameter.
    ///
    /// ```
    /// let ones = hammerhead_tensor::Tensor::ones([2]);
    /// assert_eq!(ones.parameter_text(), "Parameter containing:\ntensor([1., 1.])");
    /// ```
    pub fn parameter_text(&self) -> String {
        let options = PrintOptions::torch();
        self.printed(&options, |tensor| tensor.torch_parameter(&options))
    }

    /// The tensor as numpy's `repr` prints an array, the form a notebook shows.
    ///
    /// ```
    /// let table = hammerhead_tensor::tensor([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(table.numpy_repr(), "array([[1, 2, 3],\n       [4, 5, 6]])");
    /// ```
    pub fn numpy_repr(&self) -> String {
        let options = PrintOptions::numpy();
        self.printed(&options, |tensor| tensor.numpy_repr(&options))
    }

    /// The tensor as numpy's `str` prints an array, the form `print` shows.
    ///
    /// ```
    /// let table = hammerhead_tensor::tensor([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(table.numpy_str(), "[[1 2 3]\n [4 5 6]]");
    /// ```
    pub fn numpy_str(&self) -> String {
        let options = PrintOptions::numpy();
        self.printed(&options, |tensor| tensor.numpy_str(&options))
    }

    /// Gives `print` this tensor with the elements that `options` let be seen; a tensor whose
    /// device holds no values is printed without them.
    fn printed(
        &self,
        options: &PrintOptions,
        print: impl FnOnce(&Printable<'_>) -> String,
    ) -> String {
        let history = self.history();
        let name = history.as_ref().map(|history| history.name());
        let gradient = match (&history, &name) {
            (Some(history), Some(name)) if !history.is_leaf() => Gradient::Function(name),
            (Some(_), _) => Gradient::Required,
            _ => Gradient::None,
        };
        let device = self.device().name();
        let dress = |tensor: Printable<'_>| {
            let tensor = tensor.with_gradient(gradient);
            if device == "cpu" {
                print(&tensor)
            } else {
                print(&tensor.on_device(device))
            }
        };
        match Corners::of(&self.detach(), options) {
            Ok(corners) => {
                let element = |index: &[usize]| corners.element(index);
                dress(Printable::new(self.shape(), self.dtype(), &element))
            }
            Err(_) => dress(Printable::without_elements(self.shape(), self.dtype())),
        }
    }
}

impl fmt::Display for Tensor {
    /// As PyTorch prints the tensor; `{:.2}` sets the digits after the decimal point.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = PrintOptions::torch();
        if let Some(precision) = f.precision() {
            options.precision = precision.try_into().unwrap_or(u16::MAX);
        }
        f.write_str(&self.text(&options))
    }
}

/// The parts of a tensor that printing can ask for: all of it, or its corners.
struct Corners {
    shape: Vec<usize>,
    /// How far a corner reaches along each dim; dims that are seen whole have one side.
    reach: Vec<usize>,
    /// The corner at every combination of sides, the first dim slowest.
    blocks: Vec<Block>,
}

enum Block {
    Floats(Vec<f64>),
    Ints(Vec<i64>),
    Bools(Vec<bool>),
}

impl Corners {
    fn of(tensor: &Tensor, options: &PrintOptions) -> Result<Self> {
        // numpy's text shows at least one element on every side.
        let edge = options.edge_items.max(1);
        let summarised = tensor.numel() > options.threshold;
        let reach: Vec<usize> = tensor
            .shape()
            .iter()
            .map(|&extent| {
                if summarised && extent > edge.saturating_mul(2) {
                    edge
                } else {
                    extent
                }
            })
            .collect();
        let mut views = vec![tensor.clone()];
        for (dim, (&extent, &reach)) in tensor.shape().iter().zip(&reach).enumerate() {
            if reach < extent {
                let dim = dim as isize;
                let sides = |view: Tensor| {
                    [
                        view.narrow(dim, 0, reach),
                        view.narrow(dim, (extent - reach) as isize, reach),
                    ]
                };
                views = views.into_iter().flat_map(sides).collect();
            }
        }
        let blocks = views.iter().map(Block::of).collect::<Result<_>>()?;
        Ok(Self {
            shape: tensor.shape().to_vec(),
            reach,
            blocks,
        })
    }

    fn element(&self, index: &[usize]) -> Scalar {
        let (mut block, mut place) = (0, 0);
        for ((&position, &extent), &reach) in index.iter().zip(&self.shape).zip(&self.reach) {
            let far = position >= reach;
            if reach < extent {
                block = 2 * block + usize::from(far);
            }
            let start = if far { extent - reach } else { 0 };
            place = place * reach + position - start;
        }
        match &self.blocks[block] {
            Block::Floats(values) => Scalar::Float(values[place]),
            Block::Ints(values) => Scalar::Int(values[place]),
            Block::Bools(values) => Scalar::Bool(values[place]),
        }
    }
}

impl Block {
    fn of(view: &Tensor) -> Result<Self> {
        Ok(match view.dtype().category() {
            Category::Float => Self::Floats(view.try_to_vec()?),
            Category::Int => Self::Ints(view.try_to_vec()?),
            Category::Bool => Self::Bools(view.try_to_vec()?),
        })
    }
}
