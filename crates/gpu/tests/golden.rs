//! PyTorch's numbers on Vulkan.

use hammerhead_gpu::Vulkan;
use hammerhead_testkit::golden::{CHECKS, check_ops_on, committed};

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

#[test]
fn every_optimizer_step() {
    whole("optimizers.json in f32", 15);
}

#[test]
fn the_numbers_of_resnet18() {
    whole("resnet18_check.json", 317);
}
