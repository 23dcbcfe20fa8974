//! Prints the device, and a digest of the bits of every instruction's results: what the size of subgroups
//! must not change.
//!
//! The first line is the device; then a line per result, `DIGEST NAME`.

use std::fmt::Write;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hammerhead_gpu::Vulkan;
use hammerhead_tensor::prim::{Activation, Axes, Conv2d, Epilogue, Prim, Reduce, Transposed};
use hammerhead_tensor::{DType, Result, Tensor};
use hammerhead_testkit::parity::results;
use hammerhead_testkit::samples::{Input, Sample, Values, all};

fn main() -> Result<()> {
    let gpu = Vulkan::new()?;
    println!("{}, subgroups of {}", gpu.info().name, gpu.info().subgroup);
    let mut lines = String::new();
    for dtype in [DType::F32, DType::F16, DType::BF16, DType::I64, DType::U8] {
        let mut samples = all(dtype);
        if dtype.is_float() {
            samples.extend(long());
        }
        for (number, sample) in samples.iter().enumerate() {
            // A cast may go to a dtype that the device does not hold.
            let Ok(outputs) = results(sample, dtype, &gpu) else {
                continue;
            };
            for (which, output) in outputs.iter().enumerate() {
                let digest = digest(output);
                writeln!(
                    lines,
                    "{digest:016x} {dtype} {number}.{which} {:?}",
                    sample.prim
                )
                .expect("writing to a String");
            }
        }
    }
    print!("{lines}");
    Ok(())
}

/// A number for the bits of a tensor, whose values doubles hold exactly.
fn digest(x: &Tensor) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    for value in x.to_vec::<f64>() {
        hasher.write_u64(value.to_bits());
    }
    hasher.finish()
}

/// Sums long enough to be split: over many workgroups, tiles and subgroups.
fn long() -> Vec<Sample> {
    let any = |shape: &[usize]| Input {
        shape: shape.into(),
        values: Values::Between(-2.0, 2.0),
    };
    let sample = |prim, inputs| Sample {
        prim,
        inputs,
        targets: Vec::new(),
    };
    let axes = |dim| Axes {
        dims: [dim].as_slice().into(),
        keepdim: false,
    };
    let epilogue = Epilogue {
        bias: true,
        activation: Activation::Relu,
    };
    let conv = Conv2d {
        padding: [1, 1],
        ..Conv2d::default()
    };
    let mut samples = Vec::new();
    for [m, k, n] in [
        [5, 9001, 7],
        [128, 64, 96],
        [67, 129, 33],
        [1, 300, 250],
        [256, 130, 1],
    ] {
        let inputs = vec![any(&[m, k]), any(&[k, n]), any(&[n])];
        samples.push(sample(
            Prim::Matmul(Transposed::default(), epilogue),
            inputs,
        ));
    }
    for shape in [[3, 20_011], [20_011, 3], [513, 257]] {
        for dim in [0, 1] {
            for fold in [Reduce::Sum, Reduce::Max] {
                samples.push(sample(Prim::Reduce(fold, axes(dim)), vec![any(&shape)]));
            }
        }
    }
    for c in [3, 64, 130] {
        let (x, weight) = (any(&[2, c, 17, 19]), any(&[33, c, 3, 3]));
        let grad = || any(&[2, 33, 17, 19]);
        let forward = vec![x.clone(), weight.clone(), any(&[33])];
        samples.push(sample(Prim::Conv2d(conv, epilogue), forward));
        samples.push(sample(
            Prim::Conv2dInputGrad(conv, [17, 19]),
            vec![grad(), weight],
        ));
        samples.push(sample(
            Prim::Conv2dWeightGrad(conv, [3, 3]),
            vec![grad(), x],
        ));
    }
    samples
}
