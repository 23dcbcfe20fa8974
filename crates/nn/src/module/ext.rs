//! What every module can do, from its tree of names alone.

use hammerhead_autograd::Autograd;
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::{DType, Tensor, no_grad};

use super::{Entry, EntryMut, Module, Parameter, Tree, write_tree};

/// A dotted path that leads nowhere: which part is missing, and what there is instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: `{parent}` has no {wanted} `{missing}`; it has {}", names(.siblings))]
pub struct NoSuchModule {
    /// The whole path asked for.
    pub path: String,
    /// The module where it ends, or `the model`.
    pub parent: String,
    /// `submodule` or `parameter`.
    pub wanted: &'static str,
    /// The part that is not there.
    pub missing: String,
    /// The names that are.
    pub siblings: Vec<String>,
}

fn names(siblings: &[String]) -> String {
    if siblings.is_empty() {
        "none".to_owned()
    } else {
        siblings.join(", ")
    }
}

/// Methods of all modules.
pub trait ModuleExt: Tree {
    /// Every parameter with its dotted name, in the order of a state dict (PyTorch's `named_parameters()`); one that is
    /// in several places, such as a tied weight, comes once, under its first name.
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt, Sequential};
    /// let net = Sequential::new().push(Linear::new(3, 2));
    /// let names: Vec<String> = net.named_parameters().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["0.weight", "0.bias"]);
    /// ```
    fn named_parameters(&self) -> Vec<(String, Parameter)> {
        let mut found: Vec<(String, Parameter)> = Vec::new();
        walk(self.as_module(), "", &mut |name, entry| {
            if let Entry::Parameter(parameter) = entry
                && !found.iter().any(|(_, other)| other.is_same(parameter))
            {
                found.push((name.to_owned(), parameter.clone()));
            }
        });
        found
    }

    /// Every parameter (PyTorch's `parameters()`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt};
    /// assert_eq!(Linear::new(3, 2).parameters()[0].shape(), [2, 3]);
    /// ```
    fn parameters(&self) -> Vec<Parameter> {
        self.named_parameters()
            .into_iter()
            .map(|(_, parameter)| parameter)
            .collect()
    }

    /// Every buffer with its dotted name, such as batch norm's running statistics (PyTorch's `named_buffers()`).
    ///
    /// ```
    /// use hammerhead_nn::{BatchNorm2d, ModuleExt};
    /// assert_eq!(BatchNorm2d::new(8).named_buffers()[0].0, "running_mean");
    /// ```
    fn named_buffers(&self) -> Vec<(String, Tensor)> {
        let mut found = Vec::new();
        walk(self.as_module(), "", &mut |name, entry| {
            if let Entry::Buffer(buffer) = entry {
                found.push((name.to_owned(), buffer.clone()));
            }
        });
        found
    }

    /// This module under the empty name, and every module below it (PyTorch's `named_modules()`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt, Sequential};
    /// let net = Sequential::new().push(Linear::new(3, 2));
    /// let names: Vec<String> = net.named_modules().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["", "0"]);
    /// ```
    fn named_modules(&self) -> Vec<(String, &dyn Module)> {
        let mut found = vec![(String::new(), self.as_module())];
        walk(self.as_module(), "", &mut |name, entry| {
            if let Entry::Module(module) = entry {
                found.push((name.to_owned(), module));
            }
        });
        found
    }

    /// The module at a dotted path, such as `layer1.0.bn1` (PyTorch's `get_submodule`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt, Sequential};
    /// let net = Sequential::new().push(Linear::new(3, 2));
    /// assert_eq!(net.get_submodule("0")?.to_string(), "Linear(in_features=3, out_features=2, bias=True)");
    /// let error = net.get_submodule("1").unwrap_err();
    /// assert_eq!(error.to_string(), "`1`: `the model` has no submodule `1`; it has 0");
    /// # Ok::<(), hammerhead_nn::NoSuchModule>(())
    /// ```
    ///
    /// # Errors
    /// Names the missing part and its siblings.
    fn get_submodule(&self, path: &str) -> Result<&dyn Module, NoSuchModule> {
        let mut module = self.as_module();
        if path.is_empty() {
            return Ok(module);
        }
        let mut walked = Vec::new();
        for part in path.split('.') {
            let mut children: Vec<(String, &dyn Module)> = Vec::new();
            module.entries(&mut |name, entry| {
                if let Entry::Module(child) = entry {
                    children.push((name.to_owned(), child));
                }
            });
            match children.iter().find(|(name, _)| name == part) {
                Some((_, child)) => module = *child,
                None => {
                    let siblings = children.into_iter().map(|(name, _)| name).collect();
                    return Err(missing(path, &walked, "submodule", part, siblings));
                }
            }
            walked.push(part);
        }
        Ok(module)
    }

    /// The parameter at a dotted path, such as `layer1.0.bn1.weight` (PyTorch's `get_parameter`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt, Sequential};
    /// let net = Sequential::new().push(Linear::new(3, 2));
    /// assert_eq!(net.get_parameter("0.bias")?.shape(), [2]);
    /// # Ok::<(), hammerhead_nn::NoSuchModule>(())
    /// ```
    ///
    /// # Errors
    /// Names the missing part and its siblings.
    fn get_parameter(&self, path: &str) -> Result<Parameter, NoSuchModule> {
        let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
        let mut names = Vec::new();
        let mut found = None;
        self.get_submodule(parent)?.entries(&mut |name, entry| {
            if let Entry::Parameter(parameter) = entry {
                names.push(name.to_owned());
                if name == last {
                    found = Some(parameter.clone());
                }
            }
        });
        let walked: Vec<&str> = parent.split('.').filter(|part| !part.is_empty()).collect();
        found.ok_or_else(|| missing(path, &walked, "parameter", last, names))
    }

    /// The number of learnt values (PyTorch's `sum(p.numel() for p in model.parameters())`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt};
    /// assert_eq!(Linear::new(784, 10).num_parameters(), 7_850);
    /// ```
    fn num_parameters(&self) -> usize {
        self.parameters()
            .iter()
            .map(|parameter| parameter.numel())
            .sum()
    }

    /// Forgets the gradients of all parameters (PyTorch's `zero_grad()`).
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_nn::{Linear, Mode, Module, ModuleExt};
    /// use hammerhead_tensor::Tensor;
    /// let layer = Linear::new(3, 1);
    /// layer.forward(Tensor::ones([1, 3]), Mode::Train).sum().backward();
    /// layer.zero_grad();
    /// assert!(layer.weight.grad().is_none());
    /// ```
    fn zero_grad(&self) {
        self.parameters()
            .iter()
            .for_each(|parameter| parameter.zero_grad());
    }

    /// Freezes (`false`) or thaws all parameters (PyTorch's `requires_grad_`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt};
    /// let layer = Linear::new(3, 1);
    /// layer.requires_grad_all(false);
    /// assert!(!layer.weight.requires_grad());
    /// ```
    fn requires_grad_all(&self, requires_grad: bool) {
        self.parameters().iter().for_each(|parameter| {
            parameter.requires_grad_set(requires_grad);
        });
    }

    /// Moves all parameters and buffers to a device (PyTorch's `to(device)`); an optimiser made before still
    /// holds the old ones.
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt};
    /// use hammerhead_tensor::Meta;
    /// let mut layer = Linear::new(3, 1);
    /// layer.to(&Meta::device())?;
    /// assert_eq!(layer.weight.device().name(), "meta");
    /// # Ok::<(), hammerhead_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the device has no room.
    fn to(&mut self, device: &DeviceRef) -> hammerhead_tensor::Result<()> {
        let make = &mut |tensor: &Tensor| tensor.detach().try_to(device);
        replace(self.as_module_mut(), make, &mut Vec::new())
    }

    /// Converts all floating parameters and buffers (PyTorch's `to(dtype)`, `half()`, `double()`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt};
    /// use hammerhead_tensor::DType;
    /// let mut layer = Linear::new(3, 1);
    /// layer.to_dtype(DType::F64);
    /// assert_eq!(layer.weight.dtype(), DType::F64);
    /// ```
    fn to_dtype(&mut self, dtype: DType) {
        let convert = &mut |tensor: &Tensor| {
            let tensor = tensor.detach();
            Ok(if tensor.dtype().is_float() {
                no_grad(|| tensor.to_dtype(dtype))
            } else {
                tensor
            })
        };
        replace(self.as_module_mut(), convert, &mut Vec::new())
            .expect("a conversion stays on its device");
    }

    /// The model as PyTorch prints it (Python's `print(model)`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleExt, ReLU, Sequential};
    /// let net = Sequential::new().push(Linear::new(3, 2)).push(ReLU::new());
    /// let text = "Sequential(\n  (0): Linear(in_features=3, out_features=2, bias=True)\n  (1): ReLU()\n)";
    /// assert_eq!(net.repr(), text);
    /// ```
    fn repr(&self) -> String {
        let mut out = String::new();
        write_tree(&mut out, self.as_module(), 0).expect("writing to a string does not fail");
        out
    }
}

impl<M: Tree + ?Sized> ModuleExt for M {}

fn missing(
    path: &str,
    walked: &[&str],
    wanted: &'static str,
    part: &str,
    siblings: Vec<String>,
) -> NoSuchModule {
    let parent = if walked.is_empty() {
        "the model".to_owned()
    } else {
        walked.join(".")
    };
    NoSuchModule {
        path: path.to_owned(),
        parent,
        wanted,
        missing: part.to_owned(),
        siblings,
    }
}

/// Visits all entries below a module, depth first, under their dotted names.
fn walk<'a>(module: &'a dyn Module, prefix: &str, visit: &mut dyn FnMut(&str, Entry<'a>)) {
    module.entries(&mut |name, entry| {
        let path = if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        };
        visit(&path, entry);
        if let Entry::Module(child) = entry {
            walk(child, &path, visit);
        }
    });
}

/// Replaces every tensor below a module by what `make` makes of it; leaves stay leaves, and a parameter
/// in several places stays one: `shared` has what became of those that somebody else holds too.
fn replace(
    module: &mut dyn Module,
    make: &mut dyn FnMut(&Tensor) -> hammerhead_tensor::Result<Tensor>,
    shared: &mut Vec<(Parameter, Parameter)>,
) -> hammerhead_tensor::Result<()> {
    let mut result = Ok(());
    module.entries_mut(&mut |_, entry| {
        let step = match entry {
            EntryMut::Parameter(parameter) => {
                let known = shared.iter().find(|(old, _)| old.is_same(parameter));
                if let Some((_, new)) = known {
                    *parameter = new.clone();
                    return;
                }
                make(parameter).map(|tensor| {
                    let new = Parameter::new(tensor);
                    new.requires_grad_set(parameter.requires_grad());
                    let old = std::mem::replace(parameter, new.clone());
                    if !old.is_unshared() {
                        shared.push((old, new));
                    }
                })
            }
            EntryMut::Buffer(buffer) => make(buffer).map(|tensor| *buffer = tensor),
            EntryMut::Module(child) => replace(child, make, shared),
        };
        if result.is_ok() {
            result = step;
        }
    });
    result
}
