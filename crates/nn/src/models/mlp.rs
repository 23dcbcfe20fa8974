//! The multi-layer perceptron.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

use crate::{Linear, Mode, Module, Sequential, Tree, call, call_named, module};

/// Linear layers with ReLU between them; any input is flattened first. [`mlp`] makes one.
///
/// Shape: `[n, ..]` of as many elements as the first width to `[n, last width]`.
///
/// ```
/// use hammerhead_nn::{Mode, Module, models::mlp};
/// use hammerhead_tensor::Tensor;
/// let model = mlp(&[784, 256, 10]);
/// assert_eq!(model.forward(Tensor::zeros([2, 1, 28, 28]), Mode::Eval).shape(), [2, 10]);
/// ```
pub struct Mlp {
    hidden: Hidden,
    out: Linear,
}

module!(Mlp {
    modules: hidden,
    out
});

/// The layers that are followed by a ReLU.
struct Hidden {
    layers: Vec<Linear>,
}

impl Tree for Hidden {
    fn kind(&self) -> &'static str {
        "ModuleList"
    }

    fn entries<'a>(&'a self, visit: &mut dyn FnMut(&str, crate::Entry<'a>)) {
        for (index, layer) in self.layers.iter().enumerate() {
            visit(&index.to_string(), crate::Entry::Module(layer));
        }
    }

    fn entries_mut<'a>(&'a mut self, visit: &mut dyn FnMut(&str, crate::EntryMut<'a>)) {
        for (index, layer) in self.layers.iter_mut().enumerate() {
            visit(&index.to_string(), crate::EntryMut::Module(layer));
        }
    }

    fn as_module(&self) -> &dyn Module {
        self
    }

    fn as_module_mut(&mut self) -> &mut dyn Module {
        self
    }
}

impl Module for Hidden {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        self.layers.iter().enumerate().fold(x, |x, (index, layer)| {
            call_named(&index.to_string(), layer, |layer| {
                layer.forward_act(x, Activation::Relu)
            })
        })
    }
}

/// A perceptron of these widths: `mlp(&[784, 256, 10])` has one hidden layer.
///
/// Shape: `[n, ..]` of as many elements as the first width to `[n, last width]`.
///
/// ```
/// use hammerhead_nn::{ModuleExt, models::mlp};
/// assert_eq!(mlp(&[784, 256, 10]).num_parameters(), 784 * 256 + 256 + 256 * 10 + 10);
/// ```
///
/// # Panics
/// If there are fewer than two widths.
#[track_caller]
pub fn mlp(widths: &[usize]) -> Mlp {
    let [first @ .., input, output] = widths else {
        panic!("mlp: takes at least an input and an output width, got {widths:?}");
    };
    let inner: Vec<usize> = first.iter().copied().chain([*input]).collect();
    let layers = inner
        .windows(2)
        .map(|pair| Linear::new(pair[0], pair[1]))
        .collect();
    Mlp {
        hidden: Hidden { layers },
        out: Linear::new(*input, *output),
    }
}

impl Module for Mlp {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let x = if x.rank() > 2 { x.flatten(1, -1) } else { x };
        let x = call!(self.hidden.forward(x, mode));
        call!(self.out.forward(x, mode))
    }
}

/// The lesson's network: `Sequential(Linear(inputs, hidden), ReLU, Linear(hidden, outputs))`.
///
/// Shape: `[.., inputs]` to `[.., outputs]`.
///
/// ```
/// use hammerhead_nn::{Mode, Module, models::simple_net};
/// use hammerhead_tensor::Tensor;
/// let net = simple_net(784, 30, 1);
/// assert_eq!(net.forward(Tensor::zeros([64, 784]), Mode::Eval).shape(), [64, 1]);
/// ```
pub fn simple_net(inputs: usize, hidden: usize, outputs: usize) -> Sequential {
    Sequential::new()
        .push(Linear::new(inputs, hidden))
        .push(crate::ReLU::new())
        .push(Linear::new(hidden, outputs))
}
