//! Vulkan against the oracle: every instruction, every dtype, operands lying in memory in every way.

use hammerhead_gpu::Vulkan;
use hammerhead_tensor::DType;
use hammerhead_testkit::parity::{misses, strided_targets, tolerance};

/// Devices may round divisions and square roots a little more than the CPU does.
const FACTOR: f64 = 2.0;

/// Whether a device computes with doubles.
fn has_doubles(gpu: &Vulkan) -> bool {
    gpu.info().features.contains(&"f64 arithmetic")
}

fn parity(dtype: DType, every_lie: bool) {
    let gpu = Vulkan::new().unwrap();
    let mut misses = misses(&gpu, dtype, every_lie, FACTOR);
    if !has_doubles(&gpu) {
        // Casts to a dtype that the device does not hold are refused by name.
        misses.retain(|miss| {
            !(miss.starts_with("Cast(F64)") && miss.contains("f64 tensors are not supported"))
        });
    }
    assert!(
        misses.is_empty(),
        "{} misses:\n{}",
        misses.len(),
        misses.join("\n")
    );
}

#[test]
fn single_precision() {
    parity(DType::F32, false);
}

/// `tests/doubles.rs` sees to it that other devices refuse them.
#[test]
fn double_precision_where_the_device_has_it() {
    if has_doubles(&Vulkan::new().unwrap()) {
        parity(DType::F64, false);
    }
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
    let gpu = Vulkan::new().unwrap();
    let mut dtypes = vec![DType::F32, DType::F16, DType::BF16, DType::I64, DType::U8];
    dtypes.extend(has_doubles(&gpu).then_some(DType::F64));
    for dtype in dtypes {
        let [ours, oracle] = strided_targets(&gpu, dtype);
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 4.0 * tolerance(dtype);
        assert!(ours.iter().zip(&oracle).all(close), "{dtype}");
    }
}
