//! Choosing a device: the best, by number, by name, or by `HAMMERHEAD_DEVICE`.

use hammerhead_tensor::{Error, ErrorKind, Result};

use crate::vk::{Adapter, Matrices, adapters};

/// A device that a driver offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Its number, to choose it by.
    pub index: usize,
    /// What the driver calls it.
    pub name: String,
    /// `discrete gpu`, `integrated gpu`, `virtual gpu`, `software` or `other`.
    pub kind: &'static str,
    /// The driver and its version.
    pub driver: String,
    /// Bytes of memory of its own.
    pub memory: u64,
    /// Lanes of a subgroup, as far as it says; nothing but speed depends on it.
    pub subgroup: u32,
    /// What of the optional features it has.
    pub features: Vec<&'static str>,
    /// What it lacks to be used at all, if anything.
    pub missing: Option<&'static str>,
}

/// All devices of all installed drivers, in the order of their numbers.
///
/// # Errors
/// Without a loader or a driver; the text says what to install.
pub fn devices() -> Result<Vec<DeviceInfo>> {
    Ok(adapters()?
        .iter()
        .enumerate()
        .map(|(index, adapter)| info(index, adapter))
        .collect())
}

fn info(index: usize, adapter: &Adapter) -> DeviceInfo {
    let supported = adapter.physical.supported_features();
    let features = [
        (supported.shader_float16, "f16 arithmetic"),
        (supported.shader_float64, "f64 arithmetic"),
        (supported.shader_int64, "i64 arithmetic"),
        (
            Matrices::of(&adapter.physical).is_some(),
            "cooperative matrices",
        ),
        (supported.subgroup_size_control, "subgroup size control"),
    ];
    DeviceInfo {
        index,
        name: adapter.name().to_owned(),
        kind: adapter.kind(),
        driver: adapter.driver(),
        memory: adapter.memory(),
        subgroup: adapter.physical.properties().subgroup_size.unwrap_or(1),
        features: features
            .iter()
            .filter(|(has, _)| *has)
            .map(|(_, name)| *name)
            .collect(),
        missing: adapter.missing(),
    }
}

/// The device that is asked for: a number or a part of its name; the best one for an empty wish.
pub(crate) fn choose(wish: &str) -> Result<(Adapter, DeviceInfo)> {
    let adapters = adapters()?;
    let infos: Vec<DeviceInfo> = adapters
        .iter()
        .enumerate()
        .map(|(i, a)| info(i, a))
        .collect();
    let list = || {
        let known = infos
            .iter()
            .map(|d| format!("{}: {} ({}, {})", d.index, d.name, d.kind, d.driver));
        known.collect::<Vec<_>>().join("; ")
    };
    let refuse = |why: String| {
        Error::new(
            ErrorKind::Device,
            format!("vulkan: {why}; there is {}", list()),
        )
    };
    let index = if wish.is_empty() {
        let usable = infos.iter().filter(|device| device.missing.is_none());
        let best = usable.min_by_key(|device| adapters[device.index].order());
        best.ok_or_else(|| refuse("no device has what tensors need".into()))?
            .index
    } else if let Ok(number) = wish.parse::<usize>() {
        if number >= infos.len() {
            return Err(refuse(format!("no device has the number {number}")));
        }
        number
    } else {
        let wanted = wish.to_lowercase();
        let found = infos
            .iter()
            .find(|device| device.name.to_lowercase().contains(&wanted));
        found
            .ok_or_else(|| refuse(format!("no device is called `{wish}`")))?
            .index
    };
    if let Some(missing) = infos[index].missing {
        return Err(refuse(format!("{} lacks {missing}", infos[index].name)));
    }
    Ok((adapters[index].clone(), infos[index].clone()))
}

/// The variable that wishes for cooperative matrices or does without.
const COOPERATIVE: &str = "HAMMERHEAD_COOPERATIVE";

/// Whether products are to use cooperative matrices, if `HAMMERHEAD_COOPERATIVE` says so.
pub(crate) fn cooperate() -> Result<Option<bool>> {
    yes_or_no(&std::env::var(COOPERATIVE).unwrap_or_default())
}

fn yes_or_no(text: &str) -> Result<Option<bool>> {
    match text {
        "" => Ok(None),
        "0" => Ok(Some(false)),
        "1" => Ok(Some(true)),
        other => {
            let message = format!("vulkan: {COOPERATIVE} is `{other}`; it is 0, 1 or not set");
            Err(Error::new(ErrorKind::Device, message))
        }
    }
}

/// What is said when they are asked for in vain.
pub(crate) fn no_matrices() -> Error {
    let message = format!(
        "vulkan: {COOPERATIVE}=1, but the device has no cooperative matrices of f16 with sums in f32; \
         unset it to compute products of f16 without them"
    );
    Error::new(ErrorKind::Device, message)
}

#[cfg(test)]
mod tests {
    use super::yes_or_no;

    #[test]
    fn a_wish_that_is_not_understood_is_refused() {
        assert_eq!(yes_or_no("").unwrap(), None);
        assert_eq!(yes_or_no("0").unwrap(), Some(false));
        assert_eq!(yes_or_no("1").unwrap(), Some(true));
        let error = yes_or_no("yes").unwrap_err().to_string();
        assert!(error.contains("HAMMERHEAD_COOPERATIVE is `yes`"), "{error}");
    }
}
