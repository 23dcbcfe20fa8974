//! What a module is made of, and which field types may hold it.

use hammerhead_tensor::Tensor;

use super::{Module, Parameter};

/// A part of a module.
#[derive(Clone, Copy)]
pub enum Entry<'a> {
    /// Learnt by an optimiser.
    Parameter(&'a Parameter),
    /// Saved with the model but not learnt.
    Buffer(&'a Tensor),
    /// A module of its own.
    Module(&'a dyn Module),
}

/// A part of a module, to replace.
pub enum EntryMut<'a> {
    /// Learnt by an optimiser.
    Parameter(&'a mut Parameter),
    /// Saved with the model but not learnt.
    Buffer(&'a mut Tensor),
    /// A module of its own.
    Module(&'a mut dyn Module),
}

/// A field that may hold a parameter: `Parameter` or `Option<Parameter>`.
pub trait ParameterField {
    /// The parameter, if there is one.
    fn parameter(&self) -> Option<&Parameter>;
    /// The parameter to replace, if there is one.
    fn parameter_mut(&mut self) -> Option<&mut Parameter>;
}

/// A field that may hold a buffer: `Tensor` or `Option<Tensor>`.
pub trait BufferField {
    /// The buffer, if there is one.
    fn buffer(&self) -> Option<&Tensor>;
    /// The buffer to replace, if there is one.
    fn buffer_mut(&mut self) -> Option<&mut Tensor>;
}

/// A field that may hold a module: any module, boxed or not, or an `Option` of one.
pub trait ModuleField {
    /// The module, if there is one.
    fn module(&self) -> Option<&dyn Module>;
    /// The module to change, if there is one.
    fn module_mut(&mut self) -> Option<&mut dyn Module>;
}

impl ParameterField for Parameter {
    fn parameter(&self) -> Option<&Parameter> {
        Some(self)
    }
    fn parameter_mut(&mut self) -> Option<&mut Parameter> {
        Some(self)
    }
}

impl ParameterField for Option<Parameter> {
    fn parameter(&self) -> Option<&Parameter> {
        self.as_ref()
    }
    fn parameter_mut(&mut self) -> Option<&mut Parameter> {
        self.as_mut()
    }
}

impl BufferField for Tensor {
    fn buffer(&self) -> Option<&Tensor> {
        Some(self)
    }
    fn buffer_mut(&mut self) -> Option<&mut Tensor> {
        Some(self)
    }
}

impl BufferField for Option<Tensor> {
    fn buffer(&self) -> Option<&Tensor> {
        self.as_ref()
    }
    fn buffer_mut(&mut self) -> Option<&mut Tensor> {
        self.as_mut()
    }
}

impl<M: Module> ModuleField for M {
    fn module(&self) -> Option<&dyn Module> {
        Some(self.as_module())
    }
    fn module_mut(&mut self) -> Option<&mut dyn Module> {
        Some(self.as_module_mut())
    }
}

impl<M: Module> ModuleField for Option<M> {
    fn module(&self) -> Option<&dyn Module> {
        self.as_ref().map(|module| module.as_module())
    }
    fn module_mut(&mut self) -> Option<&mut dyn Module> {
        self.as_mut().map(|module| module.as_module_mut())
    }
}
