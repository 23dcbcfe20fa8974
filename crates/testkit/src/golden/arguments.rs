//! The named arguments of a case.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The arguments of a case, each taken out when it is used, so that none is overlooked.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(super) fn new(args: &Map<String, Value>) -> Self {
        Self(args.clone())
    }

    /// An argument that may be left out or null.
    pub(super) fn maybe<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, String> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value)
                .map(Some)
                .map_err(|e| format!("argument {name}: {e}")),
        }
    }

    /// An argument with PyTorch's default.
    pub(super) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &str,
        default: T,
    ) -> Result<T, String> {
        Ok(self.maybe(name)?.unwrap_or(default))
    }

    pub(super) fn number(&mut self, name: &str, default: f64) -> Result<f64, String> {
        self.optional(name, default)
    }

    pub(super) fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, String> {
        self.maybe(name)?
            .ok_or_else(|| format!("argument {name} is missing"))
    }

    /// One value for both axes of a plane, or one for each.
    pub(super) fn maybe_pair(&mut self, name: &str) -> Result<Option<[usize; 2]>, String> {
        Ok(self.maybe::<OneOrTwo>(name)?.map(OneOrTwo::pair))
    }

    /// [`Arguments::maybe_pair`] with PyTorch's default for both.
    pub(super) fn pair(&mut self, name: &str, default: usize) -> Result<[usize; 2], String> {
        Ok(self.maybe_pair(name)?.unwrap_or([default; 2]))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn all_used(&self) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("unknown argument {name}")),
            None => Ok(()),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum OneOrTwo {
    One(usize),
    Alone([usize; 1]),
    Two([usize; 2]),
}

impl OneOrTwo {
    fn pair(self) -> [usize; 2] {
        match self {
            OneOrTwo::One(both) | OneOrTwo::Alone([both]) => [both; 2],
            OneOrTwo::Two(pair) => pair,
        }
    }
}

/// One dim, or a list of them.
#[derive(serde::Deserialize)]
#[serde(untagged)]
pub(super) enum DimList {
    One(isize),
    Many(Vec<isize>),
}

impl DimList {
    pub(super) fn dims(self) -> Vec<isize> {
        match self {
            DimList::One(dim) => vec![dim],
            DimList::Many(dims) => dims,
        }
    }
}
