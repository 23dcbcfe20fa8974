//! PyTorch's numbers on Vulkan.

use hammerhead_gpu::Vulkan;
use hammerhead_testkit::golden::{CHECKS, check_ops_in_f64_on, check_ops_on, committed};

#[track_caller]
fn whole(title: &str, cases: usize) {
    let check = CHECKS.iter().find(|check| check.title == title);
    let gpu = Vulkan::new().unwrap();
    check
        .expect("there is such a check")
        .run_on(&committed(), &gpu)
        .unwrap()
        .assert_all(cases);
}

#[test]
fn every_operation() {
    let gpu = Vulkan::new().unwrap();
    check_ops_on(&committed(), &gpu).unwrap().assert_all(464);
}

/// The device, if it computes with doubles; `tests/doubles.rs` sees to it that others refuse them.
fn with_doubles() -> Option<Vulkan> {
    let gpu = Vulkan::new().unwrap();
    gpu.info()
        .features
        .contains(&"f64 arithmetic")
        .then_some(gpu)
}

#[test]
fn every_operation_in_doubles() {
    if let Some(gpu) = with_doubles() {
        let report = check_ops_in_f64_on(&committed(), &gpu).unwrap();
        report.assert_all(464);
    }
}

#[test]
fn every_optimizer_step_in_doubles() {
    if with_doubles().is_some() {
        whole("optimizers.json", 15);
        whole("optimizers.json, clipping", 1);
    }
}

#[test]
fn every_optimizer_step() {
    whole("optimizers.json in f32", 15);
}

#[test]
fn the_numbers_of_resnet18() {
    whole("resnet18_check.json", 317);
}
