//! Vulkan against the oracle: every instruction, every dtype, operands lying in memory in every way; and the
//! host does nothing but record.

use std::collections::BTreeSet;
use std::sync::Arc;

use hammerhead_gpu::{QueueStats, Vulkan};
use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{DType, Tensors};
use hammerhead_testkit::parity::{misses_watched, strided_targets, tolerance};
use hammerhead_testkit::samples::{KINDS, Sample, kind};

/// Devices may round divisions and square roots a little more than the CPU does.
const FACTOR: f64 = 2.0;

/// Whether a device computes with doubles.
fn has_doubles(gpu: &Vulkan) -> bool {
    gpu.info().features.contains(&"f64 arithmetic")
}

/// Returns the kinds of instructions that ran on the device.
fn parity(dtype: DType, every_lie: bool) -> BTreeSet<usize> {
    let gpu = Vulkan::new().unwrap();
    let (mut before, mut kinds) = (QueueStats::default(), BTreeSet::new());
    let watch = |sample: &Sample, outputs: Option<&Tensors>| {
        let now = gpu.stats().queue;
        if let Some(outputs) = outputs {
            on_the_device(&gpu, sample, outputs, before, now)?;
            kinds.insert(kind(&sample.prim).0);
        }
        before = now;
        Ok(())
    };
    let mut misses = misses_watched(&gpu, dtype, every_lie, FACTOR, watch);
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
    kinds
}

/// Fails if the host had a part in more than recording an instruction.
fn on_the_device(
    gpu: &Vulkan,
    sample: &Sample,
    outputs: &Tensors,
    before: QueueStats,
    after: QueueStats,
) -> Result<(), String> {
    let idle = matches!(sample.prim, Prim::View(_)) || outputs.iter().all(|y| y.numel() == 0);
    let held = [
        ("read values back", after.reads == before.reads),
        ("waited", after.waits == before.waits),
        ("computed on the host", after.uploads == before.uploads),
        (
            "ran no shader",
            idle || after.dispatches > before.dispatches,
        ),
        (
            "went elsewhere",
            outputs.iter().all(|y| Arc::ptr_eq(y.device(), gpu)),
        ),
    ];
    match held.iter().find(|(_, held)| !held) {
        Some((what, _)) => Err(format!("{:?}: {what}", sample.prim)),
        None => Ok(()),
    }
}

#[test]
fn single_precision() {
    let kinds = parity(DType::F32, false);
    assert_eq!(
        kinds,
        (0..KINDS).collect(),
        "every instruction has a sample"
    );
}

/// `tests/doubles.rs` sees to it that other devices refuse them.
#[test]
fn double_precision_where_the_device_has_it() {
    if has_doubles(&Vulkan::new().unwrap()) {
        assert_eq!(parity(DType::F64, false), (0..KINDS).collect());
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
