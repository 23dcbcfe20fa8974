//! Pooling.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Windows;

use super::{Pair, python_bool, python_tuple};
use crate::{Mode, Module, module};

/// One number if both axes agree, else a tuple.
fn pair_repr(pair: [usize; 2]) -> String {
    if pair[0] == pair[1] {
        pair[0].to_string()
    } else {
        python_tuple(&pair)
    }
}

fn fixed(kernel: Pair) -> Windows {
    Windows::Fixed {
        kernel: kernel.0,
        stride: kernel.0,
        padding: [0, 0],
        dilation: [1, 1],
        ceil: false,
    }
}

macro_rules! window_options {
    ($type:ident) => {
        impl $type {
            /// Step between windows; the kernel's size by default.
            pub fn stride(mut self, new: impl Into<Pair>) -> Self {
                if let Windows::Fixed { stride, .. } = &mut self.windows {
                    *stride = new.into().0;
                }
                self
            }

            /// Border on both sides, at most half of the kernel; 0 by default.
            pub fn padding(mut self, new: impl Into<Pair>) -> Self {
                if let Windows::Fixed { padding, .. } = &mut self.windows {
                    *padding = new.into().0;
                }
                self
            }

            /// Round the output size up instead of down.
            pub fn ceil_mode(mut self, new: bool) -> Self {
                if let Windows::Fixed { ceil, .. } = &mut self.windows {
                    *ceil = new;
                }
                self
            }
        }
    };
}

/// The maximum of each window (PyTorch's `nn.MaxPool2d`). The stride is the kernel's size, padding 0, dilation 1 and
/// sizes are rounded down, unless the methods say otherwise.
///
/// Shape: `[n, c, h, w]` to `[n, c, oh, ow]`, where `oh = (h + 2 padding - dilation (kernel - 1) - 1) / stride
/// + 1`, and `ow` likewise.
///
/// ```
/// use hammerhead_nn::{MaxPool2d, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let layer = MaxPool2d::new(3).stride(2).padding(1);
/// assert_eq!(layer.forward(Tensor::zeros([1, 64, 112, 112]), Mode::Eval).shape(), [1, 64, 56, 56]);
/// ```
#[derive(Clone, Copy)]
pub struct MaxPool2d {
    windows: Windows,
}

module!(MaxPool2d { settings: windows });
window_options!(MaxPool2d);

impl MaxPool2d {
    /// Windows of this size, side by side.
    pub fn new(kernel: impl Into<Pair>) -> Self {
        Self {
            windows: fixed(kernel.into()),
        }
    }

    /// Step between the elements of a window; 1 by default.
    pub fn dilation(mut self, new: impl Into<Pair>) -> Self {
        if let Windows::Fixed { dilation, .. } = &mut self.windows {
            *dilation = new.into().0;
        }
        self
    }
}

impl Module for MaxPool2d {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x.max_pool2d(self.windows)
    }

    fn extra_repr(&self) -> String {
        let Windows::Fixed {
            kernel,
            stride,
            padding,
            dilation,
            ceil,
        } = self.windows
        else {
            return String::new();
        };
        format!(
            "kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode={}",
            pair_repr(kernel),
            pair_repr(stride),
            pair_repr(padding),
            pair_repr(dilation),
            python_bool(ceil)
        )
    }
}

/// The mean of each window (PyTorch's `nn.AvgPool2d`). The stride is the kernel's size, padding 0 and sizes are
/// rounded down, unless the methods say otherwise.
///
/// Shape: `[n, c, h, w]` to `[n, c, oh, ow]`, where `oh = (h + 2 padding - kernel) / stride + 1`, and `ow` likewise.
///
/// ```
/// use hammerhead_nn::{AvgPool2d, Mode, Module};
/// use hammerhead_tensor::tensor;
/// let x = tensor([[[[1.0, 2.0], [3.0, 6.0]]]]);
/// assert_eq!(AvgPool2d::new(2).forward(x, Mode::Eval).item(), 3.0);
/// ```
#[derive(Clone, Copy)]
pub struct AvgPool2d {
    windows: Windows,
    count_padding: bool,
}

module!(AvgPool2d {
    settings: windows,
    count_padding
});
window_options!(AvgPool2d);

impl AvgPool2d {
    /// Windows of this size, side by side.
    pub fn new(kernel: impl Into<Pair>) -> Self {
        Self {
            windows: fixed(kernel.into()),
            count_padding: true,
        }
    }

    /// Whether zeros of the padding count in the mean (PyTorch's `count_include_pad`); yes by default.
    pub fn count_padding(mut self, count: bool) -> Self {
        self.count_padding = count;
        self
    }
}

impl Module for AvgPool2d {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x.avg_pool2d(self.windows, self.count_padding)
    }

    fn extra_repr(&self) -> String {
        let Windows::Fixed {
            kernel,
            stride,
            padding,
            ..
        } = self.windows
        else {
            return String::new();
        };
        format!(
            "kernel_size={}, stride={}, padding={}",
            pair_repr(kernel),
            pair_repr(stride),
            pair_repr(padding)
        )
    }
}

macro_rules! adaptive {
    ($($(#[$doc:meta])* $type:ident => $method:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $type {
            out: [usize; 2],
        }

        module!($type { settings: out });

        impl $type {
            /// As many windows as this, dividing the plane.
            pub fn new(output_size: impl Into<Pair>) -> Self {
                Self { out: output_size.into().0 }
            }
        }

        impl Module for $type {
            #[track_caller]
            fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
                x.$method(self.out)
            }

            fn extra_repr(&self) -> String {
                format!("output_size={}", pair_repr(self.out))
            }
        }
    )*};
}

adaptive! {
    /// Means that divide the plane into as many windows as asked (PyTorch's `nn.AdaptiveAvgPool2d`).
    ///
    /// Shape: `[n, c, h, w]` to `[n, c, oh, ow]` for an output size `[oh, ow]`.
    ///
    /// ```
    /// use hammerhead_nn::{AdaptiveAvgPool2d, Mode, Module};
    /// use hammerhead_tensor::Tensor;
    /// let y = AdaptiveAvgPool2d::new(1).forward(Tensor::ones([2, 512, 7, 7]), Mode::Eval);
    /// assert_eq!(y.shape(), [2, 512, 1, 1]);
    /// ```
    AdaptiveAvgPool2d => adaptive_avg_pool2d;
    /// Maxima that divide the plane into as many windows as asked (PyTorch's `nn.AdaptiveMaxPool2d`).
    ///
    /// Shape: `[n, c, h, w]` to `[n, c, oh, ow]` for an output size `[oh, ow]`.
    ///
    /// ```
    /// use hammerhead_nn::{AdaptiveMaxPool2d, Mode, Module};
    /// use hammerhead_tensor::Tensor;
    /// let y = AdaptiveMaxPool2d::new((2, 1)).forward(Tensor::ones([2, 3, 7, 7]), Mode::Eval);
    /// assert_eq!(y.shape(), [2, 3, 2, 1]);
    /// ```
    AdaptiveMaxPool2d => adaptive_max_pool2d;
}
