//! One case's inputs and attributes, handed to the interpreter of its operation.

use std::collections::BTreeMap;

use hammerhead_autograd::Autograd;
use hammerhead_nn::Parameter;
use hammerhead_tensor::Tensor;

use crate::golden::arguments::Arguments;

/// The inputs and attributes of a case, each taken out when it is used.
pub(super) struct Call {
    inputs: BTreeMap<String, Tensor>,
    /// Where each input's gradient arrives.
    leaves: BTreeMap<String, Tensor>,
    pub(super) attrs: Arguments,
}

/// What an operation gave.
pub(super) struct Outputs {
    pub(super) output: Tensor,
    /// Further outputs by name: indices, running statistics.
    pub(super) extra: BTreeMap<&'static str, Tensor>,
}

/// Outputs, or why there are none.
pub(super) type Outcome = Result<Outputs, String>;

impl From<Tensor> for Outputs {
    fn from(output: Tensor) -> Self {
        Self {
            output,
            extra: BTreeMap::new(),
        }
    }
}

impl From<(Tensor, Tensor)> for Outputs {
    fn from((output, indices): (Tensor, Tensor)) -> Self {
        Self {
            output,
            extra: BTreeMap::from([("indices", indices)]),
        }
    }
}

impl Call {
    /// A call whose inputs collect gradients if they are among `grads`.
    pub(super) fn new(
        inputs: BTreeMap<String, Tensor>,
        grads: &BTreeMap<String, String>,
        attrs: Arguments,
    ) -> Self {
        let leaves: BTreeMap<String, Tensor> = inputs
            .iter()
            .filter(|(name, _)| grads.contains_key(*name))
            .map(|(name, input)| (name.clone(), input.requires_grad_()))
            .collect();
        let inputs = inputs
            .into_iter()
            .map(|(name, input)| (name.clone(), leaves.get(&name).cloned().unwrap_or(input)));
        Self {
            inputs: inputs.collect(),
            leaves,
            attrs,
        }
    }

    /// The gradient that an input has collected.
    pub(super) fn grad(&self, name: &str) -> Result<Tensor, String> {
        let leaf = self
            .leaves
            .get(name)
            .ok_or_else(|| format!("no input {name}"))?;
        leaf.grad().ok_or_else(|| format!("no gradient of {name}"))
    }

    /// An input as a layer's parameter, which is then what collects its gradient.
    pub(super) fn maybe_parameter(&mut self, name: &str) -> Option<Parameter> {
        let parameter = Parameter::new(self.maybe_input(name)?);
        self.leaves
            .insert(name.to_owned(), parameter.tensor().clone());
        Some(parameter)
    }

    pub(super) fn parameter(&mut self, name: &str) -> Result<Parameter, String> {
        self.maybe_parameter(name)
            .ok_or_else(|| format!("input {name} is missing"))
    }

    pub(super) fn input(&mut self, name: &str) -> Result<Tensor, String> {
        self.maybe_input(name)
            .ok_or_else(|| format!("input {name} is missing"))
    }

    pub(super) fn maybe_input(&mut self, name: &str) -> Option<Tensor> {
        self.inputs.remove(name)
    }

    /// All inputs that are left, in the order of their names.
    pub(super) fn rest(&mut self) -> Vec<Tensor> {
        std::mem::take(&mut self.inputs).into_values().collect()
    }

    /// The operation of one operand on the input `x`.
    pub(super) fn one(&mut self, f: impl FnOnce(&Tensor) -> Tensor) -> Outcome {
        Ok(f(&self.input("x")?).into())
    }

    /// The operation of two operands on the inputs `a` and `b`.
    pub(super) fn two(&mut self, f: impl FnOnce(&Tensor, &Tensor) -> Tensor) -> Outcome {
        Ok(f(&self.input("a")?, &self.input("b")?).into())
    }

    /// Holds when no input and no attribute was overlooked.
    pub(super) fn all_used(&self) -> Result<(), String> {
        if let Some(name) = self.inputs.keys().next() {
            return Err(format!("unknown input {name}"));
        }
        self.attrs.all_used()
    }
}
