//! The lesson's tour of a model: rows M1 to M10, on this library's own registry.

use hammerhead::nn::models::{
    ModelArgs, ResNetArgs, create_model, is_model, list_models, resnet18,
};
use hammerhead::nn::{BatchNorm2d, Entry, ModuleExt, ModuleState, Tree};
use hammerhead::prelude::*;

#[test]
fn row_m1_models_are_listed_sorted() {
    let names = list_models("*");
    assert_eq!(names, ["mlp", "mnist_cnn", "resnet18", "resnet34"]);
    assert!(names.is_sorted());
}

#[test]
fn row_m2_a_pattern_filters_the_list() {
    assert_eq!(list_models("resnet*"), ["resnet18", "resnet34"]);
    assert!(list_models("convnext*").is_empty());
    assert!(is_model("resnet18") && !is_model("resnet19"));
    let error = create_model("resnet19", ModelArgs::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "create_model: there is no model `resnet19`; there are mlp, mnist_cnn, resnet18, resnet34"
    );
}

#[test]
fn row_m3_resnet18_has_the_known_numbers() {
    let model = create_model("resnet18", ModelArgs::default()).unwrap();
    assert_eq!(model.num_parameters(), 11_689_512);
    assert_eq!(model.named_parameters().len(), 62);
    assert_eq!(model.state_dict().len(), 122);
    let kinds = |kind: &str| {
        model
            .named_modules()
            .iter()
            .filter(|(_, module)| module.kind() == kind)
            .count()
    };
    assert_eq!((kinds("Conv2d"), kinds("BatchNorm2d")), (20, 20));
}

#[test]
fn row_m4_the_printout_is_timms() {
    let expected = include_str!("../../../testkit/fixtures/resnet18_repr.txt");
    assert_eq!(format!("{}\n", resnet18(ResNetArgs::default())), expected);
}

#[test]
fn row_m5_a_dotted_path_leads_to_a_leaf() {
    let model = resnet18(ResNetArgs::default());
    let layer = model.get_submodule("layer1.0.bn1").unwrap();
    assert_eq!(
        layer.to_string(),
        "BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"
    );
    let error = model.get_submodule("layer1.0.bn3").unwrap_err().to_string();
    assert_eq!(
        error,
        "`layer1.0.bn3`: `layer1.0` has no submodule `bn3`; it has conv1, bn1, drop_block, act1, aa, conv2, bn2, act2"
    );
}

#[test]
fn row_m6_a_batch_norm_holds_ones_and_zeros() {
    let model = resnet18(ResNetArgs::default());
    let parameters = model.get_submodule("layer1.0.bn1").unwrap().parameters();
    let [weight, bias] = parameters.as_slice() else {
        panic!("two parameters")
    };
    assert_eq!(weight.to_vec::<f32>(), [1.0; 64]);
    assert_eq!(bias.to_vec::<f32>(), [0.0; 64]);
    let text = weight.to_string();
    assert!(
        text.starts_with("Parameter containing:\ntensor([1., 1., 1.,"),
        "{text}"
    );
    assert!(text.ends_with("1.], requires_grad=True)"), "{text}");
}

#[test]
fn row_m7_a_large_weight_is_summarised() {
    let model = resnet18(ResNetArgs::default());
    let parameters = model.get_submodule("layer1.0.conv2").unwrap().parameters();
    assert_eq!(parameters.len(), 1);
    assert_eq!(parameters[0].shape(), [64, 64, 3, 3]);
    let text = parameters[0].to_string();
    assert!(
        text.contains("...,") && text.lines().count() < 200,
        "{text}"
    );
}

#[test]
fn row_m8_the_last_batch_norm_of_a_block_starts_at_zero() {
    manual_seed(1);
    let model = resnet18(ResNetArgs::default());
    for (name, parameter) in model.named_parameters() {
        if name.ends_with("bn2.weight") {
            assert!(parameter.eq(0.0).all().to_scalar::<bool>(), "{name}");
        } else if name.ends_with("bn1.weight") {
            assert!(parameter.eq(1.0).all().to_scalar::<bool>(), "{name}");
        }
    }
    // Kaiming normal by fan out: standard deviation sqrt(2 / (64 * 3 * 3)).
    let weight = model.get_parameter("layer1.0.conv2.weight").unwrap();
    let expected = (2.0 / (64.0 * 9.0f64)).sqrt();
    assert!((weight.detach().std().item() / expected - 1.0).abs() < 0.02);
    let plain = resnet18(ResNetArgs {
        zero_init_last: false,
        ..Default::default()
    });
    assert!(
        plain
            .get_parameter("layer1.0.bn2.weight")
            .unwrap()
            .eq(1.0)
            .all()
            .to_scalar::<bool>()
    );
}

#[test]
fn row_m9_batch_norm_has_the_papers_defaults() {
    let layer = BatchNorm2d::new(64);
    assert_eq!(
        layer.to_string(),
        "BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"
    );
}

#[test]
fn row_m10_the_kinds_of_layers() {
    let model = resnet18(ResNetArgs::default());
    let mut kinds: Vec<&str> = model
        .named_modules()
        .iter()
        .map(|(_, module)| module.kind())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in [
        "Conv2d",
        "BatchNorm2d",
        "ReLU",
        "MaxPool2d",
        "Sequential",
        "BasicBlock",
        "Identity",
        "Linear",
    ] {
        assert!(kinds.contains(&kind), "{kind}");
    }
    let downsample = model.get_submodule("layer2.0.downsample").unwrap();
    assert!(
        downsample
            .to_string()
            .contains("kernel_size=(1, 1), stride=(2, 2), bias=False")
    );
    let mut names = Vec::new();
    model.entries(&mut |name, entry| {
        if let Entry::Module(_) = entry {
            names.push(name.to_owned());
        }
    });
    assert_eq!(
        names.join(" "),
        "conv1 bn1 act1 maxpool layer1 layer2 layer3 layer4 global_pool fc"
    );
}
