//! What a model says when it is used wrongly: each text to the letter.

use hammerhead_nn::models::{ResNet, ResNetArgs, resnet18};
use hammerhead_nn::{Mode, Module, ModuleState, StateDictError, Strictness};
use hammerhead_tensor::{DType, Meta, Tensor, no_grad};

fn model() -> ResNet {
    resnet18(ResNetArgs {
        num_classes: 10,
        ..Default::default()
    })
}

fn panic_text(x: Tensor) -> String {
    let model = model();
    let run = std::panic::AssertUnwindSafe(|| no_grad(|| model.forward(x, Mode::Eval)));
    let panic = std::panic::catch_unwind(run).expect_err("the input is refused");
    panic
        .downcast_ref::<String>()
        .expect("a panic with a text")
        .clone()
}

#[test]
fn a_wrong_rank() {
    assert_eq!(
        panic_text(Tensor::zeros([3, 64, 64])),
        "conv2d: the input must have 4 dims [batch, channels, height, width], got 3 dims [3, 64, 64]; for a single \
         item add a batch dim with unsqueeze(0)\n  in module conv1"
    );
}

#[test]
fn wrong_channels() {
    assert_eq!(
        panic_text(Tensor::zeros([2, 1, 64, 64])),
        "conv2d: the input [2, 1, 64, 64] has 1 channels, the weight [64, 3, 7, 7] with groups=1 takes 3\n  in module conv1"
    );
}

#[test]
fn a_wrong_dtype() {
    assert_eq!(
        panic_text(Tensor::zeros_with([2, 3, 64, 64], DType::I64)),
        "conv2d: dtypes int64 and float32 must be equal; convert one with to_dtype(..)\n  in module conv1"
    );
}

#[test]
fn a_wrong_device() {
    assert_eq!(
        panic_text(Tensor::zeros([2, 3, 64, 64]).to(&Meta::device())),
        "conv2d: tensors on meta and on cpu; move one with to(&device)\n  in module conv1"
    );
}

#[test]
fn a_state_dict_with_missing_renamed_and_wrongly_shaped_entries() {
    let model = model();
    let before = model.state_dict()[0].1.to_vec::<f32>();
    let mut state = model.state_dict();
    state.retain(|(name, _)| name != "bn1.bias");
    for (name, tensor) in &mut state {
        match name.as_str() {
            "conv1.weight" => *tensor = Tensor::zeros([64, 1, 7, 7]),
            "layer1.0.conv1.weight" => *name = "layer1.0.conv_1.weight".into(),
            _ => {}
        }
    }
    let error = model
        .load_state_dict(&state, Strictness::Strict)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "load_state_dict: 2 missing, 1 unexpected, 1 of the wrong shape; nothing was loaded:\n  \
         missing     bn1.bias\n  \
         missing     layer1.0.conv1.weight\n  \
         unexpected  layer1.0.conv_1.weight (did you mean layer1.0.conv1.weight?)\n  \
         wrong shape conv1.weight: the model has [64, 3, 7, 7], the state dict [64, 1, 7, 7]"
    );
    assert!(matches!(error, StateDictError::Mismatch(_)));
    assert_eq!(
        model.state_dict()[0].1.to_vec::<f32>(),
        before,
        "nothing changed"
    );
}

#[test]
fn a_lenient_load_takes_what_fits_and_reports_the_rest() {
    let model = model();
    let mut state = model.state_dict();
    state.retain(|(name, _)| !name.starts_with("fc."));
    let report = model.load_state_dict(&state, Strictness::Lenient).unwrap();
    assert_eq!(report.missing, ["fc.weight", "fc.bias"]);
    assert!(report.unexpected.is_empty() && report.wrong_shapes.is_empty());
}

#[test]
fn a_state_dict_with_a_name_twice() {
    let model = hammerhead_nn::Linear::new(3, 2);
    let mut state = model.state_dict();
    state.push(("weight".to_owned(), Tensor::zeros([7])));
    for strictness in [Strictness::Strict, Strictness::Lenient] {
        let error = model.load_state_dict(&state, strictness).unwrap_err();
        assert!(matches!(error, StateDictError::Mismatch(_)));
        assert!(
            error.to_string().ends_with("\n  repeated    weight"),
            "{error}"
        );
    }
}
