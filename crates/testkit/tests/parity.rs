//! The CPU against the oracle.

use hammerhead_tensor::{Cpu, DType};
use hammerhead_testkit::parity::{misses, strided_targets, tolerance};

fn parity(dtype: DType, every_lie: bool) {
    let misses = misses(&Cpu::device(), dtype, every_lie, 1.0);
    assert!(
        misses.is_empty(),
        "{} misses:\n{}",
        misses.len(),
        misses.join("\n")
    );
}

#[test]
fn single_precision() {
    parity(DType::F32, true);
}

#[test]
fn double_precision() {
    parity(DType::F64, false);
}

#[test]
fn half_precision() {
    parity(DType::F16, false);
    parity(DType::BF16, false);
}

#[test]
fn integers() {
    parity(DType::I64, false);
    parity(DType::U8, false);
}

#[test]
fn views_are_written_through() {
    for dtype in [DType::F32, DType::F64, DType::BF16, DType::I64, DType::U8] {
        let [cpu, oracle] = strided_targets(&Cpu::device(), dtype);
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 4.0 * tolerance(dtype);
        assert!(cpu.iter().zip(&oracle).all(close), "{dtype}");
    }
}
