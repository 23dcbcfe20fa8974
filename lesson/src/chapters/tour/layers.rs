//! Down to a layer, and to its numbers.

use hammerhead::nn::models::{ResNetArgs, resnet18};
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

pub fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    let model = resnet18(ResNetArgs::default());
    course.listing("get_submodule", || {
        // ANCHOR: get_submodule
        let layer = model.get_submodule("layer1.0.bn1")?;
        println!("{layer}");
        if let Err(error) = model.get_submodule("layer1.0.bn3") {
            println!("{error}");
        }
        // ANCHOR_END: get_submodule
        Ok::<_, Box<dyn Error>>(())
    })?;
    let norm = "BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)";
    let missing = "`layer1.0.bn3`: `layer1.0` has no submodule `bn3`; it has conv1, bn1, drop_block, act1, aa, \
                   conv2, bn2, act2";
    course.row("M5", equal(course.text(), format!("{norm}\n{missing}")));

    course.listing("parameters", || {
        // ANCHOR: parameters
        for parameter in model.get_submodule("layer1.0.bn1")?.parameters() {
            println!("{parameter}");
        }
        // ANCHOR_END: parameters
        Ok::<_, Box<dyn Error>>(())
    })?;
    // 18 ones stand in a line, and 24 zeros, as in PyTorch, which takes zeros for narrower.
    let lines = |digit: &str, counts: &[usize]| {
        let line = |count: &usize| vec![digit; *count].join(", ");
        let lines: Vec<String> = counts.iter().map(line).collect();
        format!(
            "Parameter containing:\ntensor([{}]",
            lines.join(",\n        ")
        )
    };
    let ones = lines("1.", &[18, 18, 18, 10]) + ", requires_grad=True)";
    let zeros = lines("0.", &[24, 24, 16]) + ",\n       requires_grad=True)";
    course.row("M6", equal(course.text(), format!("{ones}\n{zeros}")));

    course.listing("weight", || {
        // ANCHOR: weight
        let conv2 = model.get_submodule("layer1.0.conv2")?;
        let weight = &conv2.parameters()[0];
        println!("{:?}", weight.shape());
        println!("{weight}");
        // ANCHOR_END: weight
        Ok::<_, Box<dyn Error>>(())
    })?;
    course.row("M7", equal(course.line(0), "[64, 64, 3, 3]"));
    let text = course.text();
    // Three rows of numbers to a kernel; three kernels, and three filters, on each side of the dots.
    let kernels = "r".repeat(9);
    let filters = format!("{kernels}.{kernels}").repeat(3);
    let summarised = outline(&text) == format!("{filters}.{filters}");
    course.row(
        "M7",
        holds(
            "summarised",
            summarised && text.contains("requires_grad=True"),
        ),
    );

    let (zeros, ones, spread) = course.listing("start", || {
        // ANCHOR: start
        let all = |ending: &str, value: f64| {
            let weights = model.named_parameters().into_iter();
            let mut weights = weights.filter(|(name, _)| name.ends_with(ending));
            weights.all(|(_, weight)| weight.eq(value).all().to_scalar())
        };
        let (zeros, ones): (bool, bool) = (all("bn2.weight", 0.0), all("bn1.weight", 1.0));
        println!("bn2 at 0: {zeros}, bn1 at 1: {ones}");
        let weight = model.get_parameter("layer1.0.conv2.weight")?;
        let spread = weight.detach().std().item();
        let kaiming = (2.0 / (64.0 * 9.0_f64)).sqrt();
        println!("standard deviation {spread:.4}, by Kaiming's rule {kaiming:.4}");
        // ANCHOR_END: start
        Ok::<_, Box<dyn Error>>((zeros, ones, spread / kaiming))
    })?;
    course.row(
        "M8",
        equal(course.line(0), "bn2 at 0: true, bn1 at 1: true"),
    );
    course.row(
        "M8",
        holds(
            "the spread of Kaiming's rule",
            zeros && ones && (spread - 1.0).abs() < 0.02,
        ),
    );

    let plain = resnet18(ResNetArgs {
        zero_init_last: false,
        ..Default::default()
    });
    let weight = plain.get_parameter("layer1.0.bn2.weight")?;
    let ones = weight.eq(1.0).all().to_scalar::<bool>();
    course.row("M8", holds("bn2 at 1 without zero_init_last", ones));

    course.listing("batch_norm", || {
        // ANCHOR: batch_norm
        let norm = BatchNorm2d::new(64);
        println!("{norm}");
        // ANCHOR_END: batch_norm
    });
    course.row("M9", equal(course.line(0), norm));
    let source = include_str!("../../../../crates/nn/src/layers/batch_norm.rs");
    course.row(
        "M9",
        holds(
            "arxiv.org/abs/1502.03167 in its docs",
            source.contains("arxiv.org/abs/1502.03167"),
        ),
    );
    Ok(())
}

/// The lines of a weight printed under its shape: `r` for three numbers of four decimals, `.` for what is left out.
fn outline(text: &str) -> String {
    let four_decimals = |number: &str| {
        let (_, decimals) = number.split_once('.').unwrap_or_default();
        decimals.find('e') == Some(4)
    };
    let lines = text.lines().skip(1).map(str::trim).filter_map(|line| {
        let words = line.split(|letter: char| "[](), ".contains(letter));
        let numbers: Vec<&str> = words.filter(|word| word.parse::<f64>().is_ok()).collect();
        match numbers[..] {
            [] => (line == "...,").then_some('.'),
            [_, _, _] if numbers.iter().copied().all(four_decimals) => Some('r'),
            _ => Some('?'),
        }
    });
    lines.collect()
}
