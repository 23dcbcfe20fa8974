//! Every instruction runs on the device: nothing is read back, waited for or computed by the host.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use hammerhead_gpu::Vulkan;
use hammerhead_tensor::DType;
use hammerhead_tensor::prim::Prim;
use hammerhead_testkit::parity::results;
use hammerhead_testkit::samples::{KINDS, all, kind};

#[test]
fn every_instruction_runs_without_the_host() {
    let gpu = Vulkan::new().unwrap();
    let mut kinds = BTreeSet::new();
    let doubles = gpu.info().features.contains(&"f64 arithmetic");
    let mut dtypes = vec![DType::F32, DType::F16, DType::BF16, DType::I64, DType::U8];
    dtypes.extend(doubles.then_some(DType::F64));
    for dtype in dtypes {
        for sample in all(dtype) {
            let before = Cell::default();
            let outputs = results(&sample, dtype, &gpu, || before.set(gpu.stats().queue));
            let (before, after) = (before.get(), gpu.stats().queue);
            let name = format!("{:?} of {dtype}", sample.prim);
            let outputs = match outputs {
                // What a device does not hold can't come of a cast.
                Err(why) => {
                    assert!(
                        !doubles && matches!(sample.prim, Prim::Cast(DType::F64)),
                        "{name}: {why}"
                    );
                    continue;
                }
                Ok(outputs) => outputs,
            };
            assert_eq!(after.reads, before.reads, "{name} read values back");
            assert_eq!(after.waits, before.waits, "{name} waited");
            assert_eq!(after.uploads, before.uploads, "{name} computed on the host");
            let views = matches!(sample.prim, Prim::View(_));
            let empty = outputs.iter().all(|output| output.numel() == 0);
            assert!(
                views || empty || after.dispatches > before.dispatches,
                "{name} did nothing"
            );
            for output in &outputs {
                assert!(Arc::ptr_eq(output.device(), &gpu), "{name} went elsewhere");
            }
            kinds.insert(kind(&sample.prim).0);
        }
    }
    assert_eq!(kinds, (0..KINDS).collect());
}
