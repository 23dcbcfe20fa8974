//! One case's inputs and attributes, handed to the interpreter of its operation.

use std::collections::BTreeMap;

use hammerhead_tensor::Tensor;

use crate::golden::arguments::Arguments;

/// The inputs and attributes of a case, each taken out when it is used.
pub(super) struct Call {
    inputs: BTreeMap<String, Tensor>,
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
    pub(super) fn new(inputs: BTreeMap<String, Tensor>, attrs: Arguments) -> Self {
        Self { inputs, attrs }
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
