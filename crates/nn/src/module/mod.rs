//! Modules: structs with a tree of names.
//!
//! A layer is a plain struct. One [`module!`](crate::module!) line lists its fields, and from that
//! come the dotted names that everything else works on: [`ModuleExt`] (parameters, sub-modules, state
//! dicts, printing), the summary, and [`listen`], which sees every call by name.

mod call;
mod entry;
mod ext;
mod macros;
mod parameter;
mod repr;

pub(crate) use call::is_listened;
pub use call::{Call, Listening, call_named, listen};
pub use entry::{BufferField, Entry, EntryMut, ModuleField, ParameterField};
pub use ext::{ModuleExt, NoSuchModule};
pub use parameter::Parameter;
pub(crate) use repr::write_tree;

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

/// Whether a model is being trained or used: dropout and batch norm behave differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Statistics of the batch, random masks.
    Train,
    /// Statistics learnt, no masks.
    Eval,
}

/// The names of a module's parts; written by [`module!`](crate::module!).
pub trait Tree: Send + Sync + 'static {
    /// The type's name, as printed.
    fn kind(&self) -> &'static str;

    /// Visits parameters, then buffers, then sub-modules, each with its field name.
    fn entries<'a>(&'a self, visit: &mut dyn FnMut(&str, Entry<'a>));

    /// As [`Tree::entries`], to replace them.
    fn entries_mut<'a>(&'a mut self, visit: &mut dyn FnMut(&str, EntryMut<'a>));

    /// This module without its type.
    fn as_module(&self) -> &dyn Module;

    /// This module without its type, to change.
    fn as_module_mut(&mut self) -> &mut dyn Module;
}

/// A layer or a model: a [`Tree`] that maps a tensor to a tensor.
///
/// ```
/// use hammerhead_nn::{Linear, Mode, Module, call, module};
/// use hammerhead_tensor::Tensor;
///
/// struct Net {
///     hidden: Linear,
///     out: Linear,
/// }
///
/// module!(Net { modules: hidden, out });
///
/// impl Module for Net {
///     fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
///         let x = call!(self.hidden.forward(x, mode)).relu();
///         call!(self.out.forward(x, mode))
///     }
/// }
///
/// let net = Net { hidden: Linear::new(4, 3), out: Linear::new(3, 2) };
/// assert_eq!(net.forward(Tensor::zeros([5, 4]), Mode::Eval).shape(), [5, 2]);
/// ```
pub trait Module: Tree {
    /// The output for a batch. It takes its input by value, so that one which nobody kept is recycled
    /// at once.
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor;

    /// As [`forward`](Module::forward) with an activation after it, if the module has both in one pass; else the input
    /// comes back. [`Sequential`](crate::Sequential) asks for it where nobody listens to what is between.
    ///
    /// ```
    /// use hammerhead_nn::{Flatten, Linear, Mode, Module};
    /// use hammerhead_tensor::{Tensor, prim::Activation};
    /// let x = Tensor::zeros([5, 4]);
    /// assert!(Linear::new(4, 3).forward_with(x.clone(), Activation::Relu, Mode::Eval).is_ok());
    /// assert!(Flatten::new(1, -1).forward_with(x, Activation::Relu, Mode::Eval).is_err());
    /// ```
    ///
    /// # Errors
    /// The input, if there is no such pass.
    fn forward_with(
        &self,
        x: Tensor,
        activation: Activation,
        mode: Mode,
    ) -> Result<Tensor, Tensor> {
        let _ = (activation, mode);
        Err(x)
    }

    /// The activation that this module is, if other modules can have it in their pass.
    fn as_activation(&self) -> Option<Activation> {
        None
    }

    /// What is printed between the parentheses.
    fn extra_repr(&self) -> String {
        String::new()
    }

    /// The whole printout, for a module that hides its children in it.
    fn own_repr(&self) -> Option<String> {
        None
    }
}

impl<M: Module + ?Sized> Tree for Box<M> {
    fn kind(&self) -> &'static str {
        (**self).kind()
    }

    fn entries<'a>(&'a self, visit: &mut dyn FnMut(&str, Entry<'a>)) {
        (**self).entries(visit);
    }

    fn entries_mut<'a>(&'a mut self, visit: &mut dyn FnMut(&str, EntryMut<'a>)) {
        (**self).entries_mut(visit);
    }

    fn as_module(&self) -> &dyn Module {
        (**self).as_module()
    }

    fn as_module_mut(&mut self) -> &mut dyn Module {
        (**self).as_module_mut()
    }
}

impl<M: Module + ?Sized> Module for Box<M> {
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        (**self).forward(x, mode)
    }

    fn forward_with(
        &self,
        x: Tensor,
        activation: Activation,
        mode: Mode,
    ) -> Result<Tensor, Tensor> {
        (**self).forward_with(x, activation, mode)
    }

    fn as_activation(&self) -> Option<Activation> {
        (**self).as_activation()
    }

    fn extra_repr(&self) -> String {
        (**self).extra_repr()
    }

    fn own_repr(&self) -> Option<String> {
        (**self).own_repr()
    }
}
