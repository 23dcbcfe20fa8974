//! Models by name, and resnet18 in print.

use hammerhead::nn::models::{ModelArgs, create_model, is_model, list_models};
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("list_models", || {
        // ANCHOR: list_models
        let names = list_models("*");
        println!("{} models: {}", names.len(), names.join(", "));
        // ANCHOR_END: list_models
    });
    let printed = "4 models: mlp, mnist_cnn, resnet18, resnet34";
    course.row("M1", equal(course.line(0), printed));
    course.row("M1", holds("sorted", list_models("*").is_sorted()));

    course.listing("patterns", || {
        // ANCHOR: patterns
        println!("{:?}", list_models("resnet*"));
        println!("{:?}", list_models("convnext*"));
        println!("{} {}", is_model("resnet18"), is_model("resnet19"));
        if let Err(error) = create_model("resnet19", ModelArgs::default()) {
            println!("{error}");
        }
        // ANCHOR_END: patterns
    });
    let printed = [
        r#"["resnet18", "resnet34"]"#,
        "[]",
        "true false",
        "create_model: there is no model `resnet19`; there are mlp, mnist_cnn, resnet18, resnet34",
    ];
    course.row("M2", equal(course.text(), printed.join("\n")));

    let model = course.listing("create_model", || {
        // ANCHOR: create_model
        let model = create_model("resnet18", ModelArgs::default())?;
        let modules = model.named_modules();
        let count = |kind| {
            modules
                .iter()
                .filter(|(_, module)| module.kind() == kind)
                .count()
        };
        println!(
            "{} parameters in {} tensors",
            model.num_parameters(),
            model.parameters().len()
        );
        println!(
            "{} convolutions, {} batch norms",
            count("Conv2d"),
            count("BatchNorm2d")
        );
        println!("{} entries in the state dict", model.state_dict().len());
        // ANCHOR_END: create_model
        Ok::<_, Box<dyn Error>>(model)
    })?;
    course.row(
        "M3",
        equal(course.line(0), "11689512 parameters in 62 tensors"),
    );
    course.row(
        "M3",
        equal(course.line(1), "20 convolutions, 20 batch norms"),
    );
    course.row("M3", equal(course.line(2), "122 entries in the state dict"));

    course.listing("print", || {
        // ANCHOR: print
        println!("{model}");
        // ANCHOR_END: print
    });
    let timms = include_str!("../../../../crates/testkit/fixtures/resnet18_repr.txt");
    course.row(
        "M4",
        holds(
            "timm's printout, byte for byte",
            course.text() == timms.trim_end(),
        ),
    );
    let printed = course.text();
    let kinds = [
        "Conv2d",
        "BatchNorm2d",
        "ReLU",
        "MaxPool2d",
        "Sequential",
        "BasicBlock",
        "Identity",
        "SelectAdaptivePool2d",
        "Linear",
    ];
    let all = kinds
        .iter()
        .all(|kind| printed.contains(&format!(": {kind}(")));
    course.row("M10", holds(&kinds.join(", "), all));
    let shortcut = "(downsample): Sequential(\n        (0): Conv2d(64, 128, kernel_size=(1, 1), stride=(2, 2), bias=False)";
    course.row(
        "M10",
        holds(
            "a shortcut with a 1x1 convolution",
            printed.contains(shortcut),
        ),
    );
    Ok(())
}
