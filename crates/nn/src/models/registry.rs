//! Models by name, as in timm: `list_models`, `create_model`, `is_model`.

use super::mlp;
use super::mnist_cnn::mnist_cnn_of;
use super::resnet::{ResNetArgs, resnet18, resnet34};
use crate::Module;

/// Arguments that every registered model takes; `None` is the model's own default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelArgs {
    /// Channels of the input.
    pub in_chans: Option<usize>,
    /// Outputs.
    pub num_classes: Option<usize>,
}

/// A name that is not registered, with what is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("create_model: there is no model `{name}`; there are {}", list_models("*").join(", "))]
pub struct UnknownModel {
    /// The name asked for.
    pub name: String,
}

type Make = fn(ModelArgs) -> Box<dyn Module>;

/// Sorted by name.
const MODELS: [(&str, Make); 4] = [
    ("mlp", |args| {
        let pixels = 784 * args.in_chans.unwrap_or(1);
        Box::new(mlp(&[pixels, 256, args.num_classes.unwrap_or(10)]))
    }),
    ("mnist_cnn", |args| {
        let (channels, classes) = (args.in_chans.unwrap_or(1), args.num_classes.unwrap_or(10));
        Box::new(mnist_cnn_of(channels, classes))
    }),
    ("resnet18", |args| Box::new(resnet18(resnet_args(args)))),
    ("resnet34", |args| Box::new(resnet34(resnet_args(args)))),
];

fn resnet_args(args: ModelArgs) -> ResNetArgs {
    let default = ResNetArgs::default();
    ResNetArgs {
        in_chans: args.in_chans.unwrap_or(default.in_chans),
        num_classes: args.num_classes.unwrap_or(default.num_classes),
        ..default
    }
}

/// The registered names that match a pattern of `*` and `?`, sorted (timm's `list_models`).
///
/// ```
/// use hammerhead_nn::models::list_models;
/// assert_eq!(list_models("resnet*"), ["resnet18", "resnet34"]);
/// ```
pub fn list_models(pattern: &str) -> Vec<&'static str> {
    MODELS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| matches(pattern.as_bytes(), name.as_bytes()))
        .collect()
}

/// True if a model of this name is registered (timm's `is_model`).
///
/// ```
/// use hammerhead_nn::models::is_model;
/// assert!(is_model("resnet18") && !is_model("resnet19"));
/// ```
pub fn is_model(name: &str) -> bool {
    MODELS.iter().any(|(other, _)| *other == name)
}

/// A freshly initialised model by name (timm's `create_model`).
///
/// ```
/// use hammerhead_nn::models::{ModelArgs, create_model};
/// use hammerhead_nn::{Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let args = ModelArgs { num_classes: Some(2), ..Default::default() };
/// let model = create_model("mlp", args)?;
/// assert_eq!(model.forward(Tensor::zeros([4, 784]), Mode::Eval).shape(), [4, 2]);
/// # Ok::<(), hammerhead_nn::models::UnknownModel>(())
/// ```
///
/// # Errors
/// If there is none of this name; lists those that there are.
pub fn create_model(name: &str, args: ModelArgs) -> Result<Box<dyn Module>, UnknownModel> {
    match MODELS.iter().find(|(other, _)| *other == name) {
        Some((_, make)) => Ok(make(args)),
        None => Err(UnknownModel {
            name: name.to_owned(),
        }),
    }
}

fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, name) || (!name.is_empty() && matches(pattern, &name[1..]))
        }
        (Some((b'?', rest)), Some((_, tail))) => matches(rest, tail),
        (Some((expected, rest)), Some((found, tail))) => expected == found && matches(rest, tail),
        _ => false,
    }
}
