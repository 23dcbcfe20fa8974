//! What the model is made of: state dict, modules, counts and printout.

use std::fs;
use std::path::Path;

use hammerhead_nn::models::{ResNet, ResNetArgs, resnet18};
use hammerhead_nn::{ModuleExt, ModuleState};
use hammerhead_tensor::{Meta, with_device};
use serde::Deserialize;

use crate::golden::{GoldenError, Report, read_json};

const STATE: &str = "resnet18_state.json";
const PRINTOUT: &str = "resnet18_repr.txt";

#[derive(Deserialize)]
struct File {
    param_count: usize,
    buffer_count: usize,
    param_count_in_chans1_classes10: usize,
    state_dict: Vec<StateEntry>,
    named_parameters: Vec<String>,
    named_modules: Vec<(String, String)>,
    feature_info: Vec<Feature>,
}

#[derive(Deserialize)]
struct StateEntry {
    index: usize,
    name: String,
    shape: Vec<usize>,
    dtype: String,
    kind: String,
}

#[derive(Deserialize, PartialEq, Debug)]
struct Feature {
    num_chs: usize,
    reduction: usize,
    module: String,
}

fn same<T: PartialEq + std::fmt::Debug>(ours: T, theirs: T) -> Result<(), String> {
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{ours:?} against {theirs:?}"))
    }
}

/// A model without values, which is all that structure needs.
fn skeleton(args: ResNetArgs) -> ResNet {
    with_device(&Meta::device(), || resnet18(args))
}

/// Compares every entry of the state dict in order, then modules, counts and features.
pub(in crate::golden) fn check_state(folder: &Path) -> Result<Report, GoldenError> {
    let file: File = read_json(&folder.join(STATE))?;
    let mut report = Report::new(STATE);
    let model = skeleton(ResNetArgs::default());
    let state = model.state_dict();
    let parameters: Vec<String> = model
        .named_parameters()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for entry in &file.state_dict {
        let ours = state.get(entry.index).map(|(name, tensor)| {
            let kind = if parameters.contains(name) {
                "param"
            } else {
                "buffer"
            };
            (
                name.clone(),
                tensor.shape().to_vec(),
                tensor.dtype().name().to_owned(),
                kind.to_owned(),
            )
        });
        let theirs = (
            entry.name.clone(),
            entry.shape.clone(),
            entry.dtype.clone(),
            entry.kind.clone(),
        );
        report.add(&entry.name, same(ours, Some(theirs)));
    }
    report.add(
        "the number of entries",
        same(state.len(), file.state_dict.len()),
    );
    report.add("named_parameters", same(parameters, file.named_parameters));
    let modules: Vec<(String, String)> = model
        .named_modules()
        .into_iter()
        .map(|(name, module)| (name, module.kind().to_owned()))
        .collect();
    report.add("named_modules", same(modules, file.named_modules));
    report.add(
        "param_count",
        same(model.num_parameters(), file.param_count),
    );
    let buffers = model
        .named_buffers()
        .iter()
        .map(|(_, buffer)| buffer.numel())
        .sum();
    report.add("buffer_count", same(buffers, file.buffer_count));
    let small = skeleton(ResNetArgs {
        in_chans: 1,
        num_classes: 10,
        ..ResNetArgs::default()
    });
    let expected = file.param_count_in_chans1_classes10;
    report.add(
        "param_count_in_chans1_classes10",
        same(small.num_parameters(), expected),
    );
    let features = model.feature_info().map(|feature| Feature {
        num_chs: feature.num_chs,
        reduction: feature.reduction,
        module: feature.module.to_owned(),
    });
    report.add("feature_info", same(Vec::from(features), file.feature_info));
    Ok(report)
}

/// Compares the printout byte by byte.
pub(in crate::golden) fn check_printout(folder: &Path) -> Result<Report, GoldenError> {
    let path = folder.join(PRINTOUT);
    let theirs = fs::read_to_string(&path).map_err(|source| GoldenError::Read { path, source })?;
    let ours = skeleton(ResNetArgs::default()).repr() + "\n";
    let outcome = match ours.lines().zip(theirs.lines()).position(|(a, b)| a != b) {
        _ if ours == theirs => Ok(()),
        Some(line) => same(ours.lines().nth(line), theirs.lines().nth(line)),
        None => Err(format!(
            "{} lines against {}",
            ours.lines().count(),
            theirs.lines().count()
        )),
    };
    let mut report = Report::new(PRINTOUT);
    report.add("repr", outcome);
    Ok(report)
}
