//! An optimiser's memory as named tensors: `NAME.momentum_buffer`, `NAME.step`, and each group's
//! learning rate and momentum.

use hammerhead_tensor::{DType, Tensor, no_grad};

use crate::optimizer::{Algorithm, Group};

/// A saved state that is not this optimiser's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// An entry that the optimiser needs is not there.
    #[error(
        "optimizer state: `{0}` is missing; the state belongs to another model or another optimiser"
    )]
    Missing(String),
    /// An entry that the optimiser has no use for.
    #[error(
        "optimizer state: `{0}` is unexpected; the state belongs to another model or another optimiser"
    )]
    Unexpected(String),
    /// An entry of another shape or dtype.
    #[error("optimizer state: `{name}` is {found}, expected {expected}")]
    Mismatch {
        /// The entry.
        name: String,
        /// Its shape and dtype.
        found: String,
        /// The parameter's.
        expected: String,
    },
}

fn number(value: f64) -> Tensor {
    Tensor::from_vec(vec![value], ())
}

/// `steps` are those made of each parameter, over all groups.
pub(crate) fn save<A: Algorithm>(groups: &[Group<A>], steps: &[u64]) -> Vec<(String, Tensor)> {
    let mut state = Vec::new();
    let mut steps = steps.iter();
    for (index, group) in groups.iter().enumerate() {
        state.push((format!("group.{index}.lr"), number(group.settings.lr())));
        if let Some(momentum) = group.settings.momentum() {
            state.push((format!("group.{index}.momentum"), number(momentum)));
        }
        let names = group.settings.states();
        for (slot, &steps) in group.slots.iter().zip(&mut steps) {
            state.push((
                format!("{}.step", slot.name),
                Tensor::from_vec(vec![steps as i64], ()),
            ));
            // States of steps that the device did not make hold nothing yet.
            let states = if steps == 0 { &[] } else { &slot.states[..] };
            for (name, tensor) in names.iter().zip(states) {
                state.push((format!("{}.{name}", slot.name), tensor.detach()));
            }
        }
    }
    state
}

pub(crate) fn load<A: Algorithm>(
    groups: &mut [Group<A>],
    state: &[(String, Tensor)],
) -> Result<(), StateError> {
    let mut used = vec![false; state.len()];
    let mut find = |name: String, shape: &[usize], dtype: DType| {
        let Some(index) = state.iter().position(|(other, _)| *other == name) else {
            return Err(StateError::Missing(name));
        };
        used[index] = true;
        let tensor = &state[index].1;
        if tensor.shape() == shape && tensor.dtype() == dtype {
            return Ok(tensor.clone());
        }
        Err(StateError::Mismatch {
            name,
            found: format!("{:?} {}", tensor.shape(), tensor.dtype()),
            expected: format!("{shape:?} {dtype}"),
        })
    };
    // First everything is found and checked, then everything is taken over.
    let mut plan = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let lr = find(format!("group.{index}.lr"), &[], DType::F64)?.item();
        let momentum = match group.settings.momentum() {
            Some(_) => Some(find(format!("group.{index}.momentum"), &[], DType::F64)?.item()),
            None => None,
        };
        let mut slots = Vec::new();
        for slot in &group.slots {
            let steps =
                find(format!("{}.step", slot.name), &[], DType::I64)?.to_scalar::<i64>() as u64;
            let names = if steps == 0 {
                Vec::new()
            } else {
                group.settings.states()
            };
            let (shape, dtype) = (slot.parameter.shape(), slot.parameter.dtype());
            let states = names
                .iter()
                .map(|name| find(format!("{}.{name}", slot.name), shape, dtype))
                .collect::<Result<Vec<_>, _>>()?;
            slots.push((steps, states));
        }
        plan.push((lr, momentum, slots));
    }
    if let Some(index) = used.iter().position(|used| !used) {
        return Err(StateError::Unexpected(state[index].0.clone()));
    }
    for (group, (lr, momentum, slots)) in groups.iter_mut().zip(plan) {
        group.settings.set_lr(lr);
        if let Some(momentum) = momentum {
            group.settings.set_momentum(momentum);
        }
        for (slot, (steps, states)) in group.slots.iter_mut().zip(slots) {
            slot.steps = steps;
            slot.states.clear();
            if steps > 0 {
                slot.ensure_states(&group.settings);
                no_grad(|| {
                    for (own, saved) in slot.states.iter().zip(&states) {
                        own.copy_(saved);
                    }
                });
            }
        }
    }
    Ok(())
}
