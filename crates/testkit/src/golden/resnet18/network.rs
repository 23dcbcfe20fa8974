//! The model with its closed-form weights, its input, and a watch on its stages.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use hammerhead_nn::models::{ResNet, ResNetArgs, resnet18};
use hammerhead_nn::{Mode, Module, ModuleState, Strictness, listen};
use hammerhead_tensor::{DType, Tensor};
use serde::Deserialize;

use super::super::tensors::converted;
use crate::closed_form;

/// An input by its stream.
#[derive(Deserialize)]
pub(super) struct Input {
    pub(super) stream: u64,
    pub(super) shape: [usize; 4],
}

impl Input {
    pub(super) fn tensor(&self) -> Result<Tensor, String> {
        Ok(Tensor::from_vec(
            closed_form::image(self.stream, self.shape)?,
            self.shape,
        ))
    }
}

/// The values of an entry of the state dict at a position.
pub(super) fn entry(index: usize, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    if name.ends_with("num_batches_tracked") {
        return Ok(vec![0.0; shape.iter().product()]);
    }
    closed_form::state_entry(index as u64, name, shape)
}

/// The model for an input and a number of classes.
pub(super) fn model(input: &Input, num_classes: usize) -> Result<ResNet, String> {
    let model = resnet18(ResNetArgs {
        in_chans: input.shape[1],
        num_classes,
        ..ResNetArgs::default()
    });
    let state = model
        .state_dict()
        .into_iter()
        .enumerate()
        .map(|(index, (name, tensor))| {
            let values = entry(index, &name, tensor.shape())?;
            let value = Tensor::from_vec(values, tensor.shape()).to_dtype(tensor.dtype());
            Ok((name, value))
        });
    let state = state.collect::<Result<Vec<_>, String>>()?;
    model
        .load_state_dict(&state, Strictness::Strict)
        .map_err(|error| error.to_string())?;
    Ok(model)
}

/// Runs the model and keeps what each stage gave, under the names of the file.
pub(super) fn stages(model: &ResNet, x: Tensor, mode: Mode) -> BTreeMap<String, Tensor> {
    let seen = Rc::new(RefCell::new(BTreeMap::new()));
    let log = seen.clone();
    let listening = listen(move |call| {
        // The activation runs in the same pass as the norm before it.
        let name = if call.path == "bn1" {
            "act1"
        } else {
            call.path
        };
        if !name.contains('.') {
            log.borrow_mut()
                .insert(name.to_owned(), call.output.clone());
        }
    });
    let logits = model.forward(x, mode);
    drop(listening);
    let mut stages = seen.take();
    stages.remove("fc");
    stages.insert("logits".to_owned(), logits);
    stages
}

/// Class targets, which some files write as floats.
pub(super) fn targets(values: &[f64]) -> Tensor {
    converted(values, &[values.len()], DType::I64)
}
