//! State dicts: a model's parameters and buffers by name, and their files.

mod file;
mod load;
mod replace;

pub use file::{load_file, save_file};
pub use load::{Loaded, StateDictError, WrongShape};
pub use replace::replace_file;

use hammerhead_tensor::{Tensor, no_grad};

use crate::{Entry, Module, ModuleExt};

/// Tensors by dotted name, in the model's order.
pub type StateDict = Vec<(String, Tensor)>;

/// Whether a state dict must have exactly the model's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Exactly the same names.
    Strict,
    /// Names on one side only are reported but allowed; shapes must still agree, and no name come twice.
    Lenient,
}

/// State dict methods of all modules.
pub trait ModuleState: ModuleExt {
    /// The parameters and buffers, sharing the model's memory (PyTorch's `state_dict()`).
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleState};
    /// let state = Linear::new(3, 2).state_dict();
    /// assert_eq!((state[0].0.as_str(), state[0].1.shape()), ("weight", &[2, 3][..]));
    /// ```
    fn state_dict(&self) -> StateDict {
        let mut state = StateDict::new();
        collect(self.as_module(), "", &mut state);
        state
    }

    /// Takes over values by name; nothing changes unless all fits.
    ///
    /// ```
    /// use hammerhead_nn::{Linear, ModuleState, Strictness};
    /// let (from, to) = (Linear::new(3, 2), Linear::new(3, 2));
    /// to.load_state_dict(&from.state_dict(), Strictness::Strict)?;
    /// assert_eq!(from.weight.to_vec::<f32>(), to.weight.to_vec::<f32>());
    /// let error = to.load_state_dict(&Linear::new(4, 2).state_dict(), Strictness::Strict).unwrap_err();
    /// assert!(error.to_string().contains("weight: the model has [2, 3], the state dict [2, 4]"));
    /// # Ok::<(), hammerhead_nn::StateDictError>(())
    /// ```
    ///
    /// # Errors
    /// With one table of missing, unexpected and wrongly shaped entries.
    fn load_state_dict(
        &self,
        state: &[(String, Tensor)],
        strictness: Strictness,
    ) -> Result<Loaded, StateDictError> {
        let own = self.state_dict();
        let report = load::compare(&own, state);
        if !report.fits() || (strictness == Strictness::Strict && !report.is_exact()) {
            return Err(StateDictError::Mismatch(Box::new(report)));
        }
        no_grad(|| {
            for (name, target) in &own {
                if let Some((_, value)) = state.iter().find(|(other, _)| other == name) {
                    target.copy_(value);
                }
            }
        });
        Ok(report)
    }
}

impl<M: ModuleExt + ?Sized> ModuleState for M {}

fn collect(module: &dyn Module, prefix: &str, state: &mut StateDict) {
    module.entries(&mut |name, entry| {
        let path = if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        };
        match entry {
            Entry::Parameter(parameter) => state.push((path, parameter.tensor().detach())),
            Entry::Buffer(buffer) => state.push((path, buffer.detach())),
            Entry::Module(child) => collect(child, &path, state),
        }
    });
}
