//! The committed golden files, whole, with the number of cases each must have.

use hammerhead_testkit::golden::{CHECKS, committed};

#[track_caller]
fn whole(file: &str, cases: usize) {
    let check = CHECKS.iter().find(|check| check.title == file);
    check
        .expect("there is such a check")
        .run(&committed())
        .unwrap()
        .assert_all(cases);
}

#[test]
fn every_random_draw() {
    whole("rng.json", 51);
    whole("rng_more.json", 60);
}

#[test]
fn every_schedule() {
    whole("schedules.json", 17);
}

#[test]
fn every_operation_on_the_oracle() {
    whole("ops.json on the oracle", 464);
}

#[test]
fn the_structure_of_resnet18() {
    whole("resnet18_state.json", 129);
    whole("resnet18_repr.txt", 1);
}

#[test]
fn every_optimizer_step() {
    whole("optimizers.json", 15);
    whole("optimizers.json in f32", 15);
    whole("optimizers.json, clipping", 1);
}

#[test]
fn every_operation_on_the_cpu() {
    whole("ops.json", 464);
}

#[test]
fn the_numbers_of_resnet18() {
    whole("resnet18_check.json", 317);
}
