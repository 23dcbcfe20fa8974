//! Comparing a state dict with a model.

use std::fmt;

use hammerhead_tensor::Tensor;

/// An entry whose shape is not the model's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongShape {
    /// The entry.
    pub name: String,
    /// The model's shape.
    pub model: Vec<usize>,
    /// The state dict's shape.
    pub state: Vec<usize>,
}

/// How a state dict and a model agree.
///
/// ```
/// use hammerhead_nn::{Linear, ModuleState, Strictness};
/// let state = Linear::without_bias(3, 2).state_dict();
/// let loaded = Linear::new(3, 2).load_state_dict(&state, Strictness::Lenient)?;
/// assert_eq!((loaded.is_exact(), loaded.missing), (false, vec!["bias".to_owned()]));
/// # Ok::<(), hammerhead_nn::StateDictError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Entries of the model that the state dict does not have.
    pub missing: Vec<String>,
    /// Entries of the state dict that the model does not have, each with the missing name it resembles.
    pub unexpected: Vec<(String, Option<String>)>,
    /// Entries of both with different shapes.
    pub wrong_shapes: Vec<WrongShape>,
    /// Names that the state dict has more than once.
    pub repeated: Vec<String>,
}

impl Loaded {
    /// True if all names and shapes agree.
    pub fn is_exact(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.fits()
    }

    /// True if there is one value of the right shape for every name in both.
    pub(super) fn fits(&self) -> bool {
        self.wrong_shapes.is_empty() && self.repeated.is_empty()
    }
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.missing {
            write!(f, "\n  missing     {name}")?;
        }
        for (name, near) in &self.unexpected {
            write!(f, "\n  unexpected  {name}")?;
            if let Some(near) = near {
                write!(f, " (did you mean {near}?)")?;
            }
        }
        for name in &self.repeated {
            write!(f, "\n  repeated    {name}")?;
        }
        for WrongShape { name, model, state } in &self.wrong_shapes {
            write!(
                f,
                "\n  wrong shape {name}: the model has {model:?}, the state dict {state:?}"
            )?;
        }
        Ok(())
    }
}

/// Why a state dict could not be loaded, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateDictError {
    /// Names or shapes differ.
    #[error(
        "load_state_dict: {} missing, {} unexpected, {} of the wrong shape; nothing was loaded:{}",
        .0.missing.len(),
        .0.unexpected.len(),
        .0.wrong_shapes.len(),
        .0
    )]
    Mismatch(Box<Loaded>),
    /// The file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not a whole safetensors file.
    #[error(
        "{path}: not a valid safetensors file ({reason}); it may be truncated or damaged, so save it again"
    )]
    Format {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor of a dtype that there is no counterpart for.
    #[error(
        "{path}: tensor `{name}` has dtype {dtype}, which is not supported; convert it when saving"
    )]
    DType {
        /// The file.
        path: String,
        /// The tensor.
        name: String,
        /// Its dtype.
        dtype: String,
    },
    /// A device could not take or give a tensor.
    #[error(transparent)]
    Tensor(#[from] hammerhead_tensor::Error),
}

pub(super) fn compare(model: &[(String, Tensor)], state: &[(String, Tensor)]) -> Loaded {
    let find = |entries: &[(String, Tensor)], name: &str| {
        entries
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, tensor)| tensor.shape().to_vec())
    };
    let mut report = Loaded::default();
    for (name, tensor) in model {
        match find(state, name) {
            None => report.missing.push(name.clone()),
            Some(shape) if shape != tensor.shape() => report.wrong_shapes.push(WrongShape {
                name: name.clone(),
                model: tensor.shape().to_vec(),
                state: shape,
            }),
            Some(_) => {}
        }
    }
    for (index, (name, _)) in state.iter().enumerate() {
        if state[..index].iter().any(|(before, _)| before == name) {
            report.repeated.push(name.clone());
        } else if find(model, name).is_none() {
            let near = report
                .missing
                .iter()
                .min_by_key(|missing| distance(missing, name));
            let near = near.filter(|near| distance(near, name) <= name.len().div_ceil(3));
            report.unexpected.push((name.clone(), near.cloned()));
        }
    }
    report
}

/// Levenshtein's: insertions, deletions and replacements between two names.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + (x != y) as usize;
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
