//! The committed golden files, whole, with the number of cases each must have.

use hammerhead_testkit::golden::{CHECKS, committed};

#[track_caller]
fn whole(file: &str, cases: usize) {
    let (_, check) = CHECKS
        .iter()
        .find(|(name, _)| *name == file)
        .expect("the file has a check");
    check(&committed()).unwrap().assert_all(cases);
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
