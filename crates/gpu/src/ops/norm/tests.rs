//! Norms and folds are the same bits whatever passes values between invocations, and right over ragged shapes.

use std::hash::{BuildHasher, Hasher};
use std::process::Command;

use foldhash::fast::FixedState;
use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::prim::{Activation, BatchNorm, NormMode, Prim};
use hammerhead_tensor::{Cpu, DType, Tensor};

use crate::Vulkan;

/// Planes that are and are not cut into fours, one workgroup and many, columns of a matrix.
const SHAPES: [&[usize]; 6] = [
    &[2, 3, 5, 7],
    &[3, 5, 4, 4],
    &[9, 2, 31, 33],
    &[5, 3, 64, 64],
    &[4099, 3],
    &[20, 1, 60, 60],
];

/// Numbers of about `centre`, two of them far away.
fn numbers(shape: &[usize], centre: f32, seed: usize) -> Vec<f32> {
    let scrambled = |i: usize| ((i + 31 * seed).wrapping_mul(2_654_435_761) >> 7) % 2039;
    let count: usize = shape.iter().product();
    let mut numbers: Vec<f32> = (0..count)
        .map(|i| centre + scrambled(i) as f32 / 1019.5 - 1.0)
        .collect();
    numbers[0] += 40.0;
    numbers[count / 2] -= 30.0;
    numbers
}

const NORM: BatchNorm = BatchNorm {
    mode: NormMode::Train,
    epsilon: 1e-5,
    affine: true,
    residual: true,
    activation: Activation::Relu,
};

/// An input, the residual and a gradient; weight and bias.
fn operands(device: &DeviceRef, dtype: DType, shape: &[usize], centre: f32) -> [Tensor; 5] {
    let make = |shape: &[usize], centre, seed| {
        Tensor::from_slice(&numbers(shape, centre, seed), shape)
            .to_dtype(dtype)
            .to(device)
    };
    let channels = &shape[1..2];
    [
        make(shape, centre, 1),
        make(shape, 0.0, 2),
        make(shape, 0.25, 3),
        make(channels, 1.0, 4),
        make(channels, 0.0, 5),
    ]
}

/// Output, mean and variance.
fn forward(device: &DeviceRef, dtype: DType, shape: &[usize], centre: f32) -> Vec<Tensor> {
    let [x, residual, _, weight, bias] = operands(device, dtype, shape, centre);
    let outputs = Tensor::try_apply(Prim::BatchNorm(NORM), &[&x, &weight, &bias, &residual]);
    outputs.unwrap().into_iter().collect()
}

/// The gradients, with the outputs that another device gave.
fn backward(
    device: &DeviceRef,
    dtype: DType,
    shape: &[usize],
    centre: f32,
    outputs: &[Tensor],
) -> Vec<Tensor> {
    let [x, _, gradient, weight, _] = operands(device, dtype, shape, centre);
    let [y, mean, variance] = [0, 1, 2].map(|i: usize| outputs[i].to(device));
    let inputs = [&gradient, &x, &mean, &variance, &weight, &y];
    let gradients = Tensor::try_apply(Prim::BatchNormGrad(NORM), &inputs);
    gradients.unwrap().into_iter().collect()
}

#[track_caller]
fn assert_close(ours: &[Tensor], right: &[Tensor], tolerance: f32, what: &str) {
    assert_eq!(ours.len(), right.len());
    for (i, (ours, right)) in ours.iter().zip(right).enumerate() {
        let (ours, right) = (ours.to_vec::<f32>(), right.to_vec::<f32>());
        let largest = right.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let worst = ours
            .iter()
            .zip(&right)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0f32, f32::max);
        assert!(
            worst <= tolerance * largest,
            "{what}, result {i}: off by {worst} of {largest}"
        );
    }
}

#[test]
fn norms_are_those_of_the_cpu() {
    let (gpu, cpu) = (Vulkan::new().unwrap(), Cpu::device());
    for (dtype, tolerance) in [
        (DType::F32, 4e-6),
        (DType::F16, 2e-3),
        (DType::BF16, 1.6e-2),
    ] {
        for shape in SHAPES {
            let what = format!("{dtype} {shape:?}");
            let right = forward(&cpu, dtype, shape, 0.5);
            let ours = forward(&gpu, dtype, shape, 0.5);
            assert_close(&ours, &right, tolerance, &what);
            let ours = backward(&gpu, dtype, shape, 0.5, &right);
            let right = backward(&cpu, dtype, shape, 0.5, &right);
            assert_close(&ours, &right, tolerance, &format!("{what} backward"));
        }
    }
}

#[test]
fn variances_far_from_zero_keep_their_digits() {
    let (gpu, cpu) = (Vulkan::new().unwrap(), Cpu::device());
    for shape in SHAPES {
        let right = forward(&cpu, DType::F32, shape, 1e4);
        let ours = forward(&gpu, DType::F32, shape, 1e4);
        assert_close(&ours[1..], &right[1..], 1e-6, &format!("{shape:?}"));
    }
}

/// A number that differs if any bit does.
fn digest(device: &DeviceRef) -> u64 {
    let mut hasher = FixedState::with_seed(1).build_hasher();
    let mut add = |x: &Tensor| {
        x.to_vec::<f32>()
            .iter()
            .for_each(|x| hasher.write_u32(x.to_bits()))
    };
    for shape in SHAPES {
        let outputs = forward(device, DType::F32, shape, 0.5);
        outputs.iter().for_each(&mut add);
        let gradients = backward(device, DType::F32, shape, 0.5, &outputs);
        gradients.iter().for_each(&mut add);
        let x = &operands(device, DType::F32, shape, 0.5)[0];
        add(&x.sum());
        add(&x.sum_dim(-1));
        add(&x.sum_dim(0));
        add(&(x * 0.02).prod_dim(1));
        add(&x.max());
    }
    hasher.finish()
}

#[test]
fn sums_are_the_same_bits_with_and_without_subgroups() {
    let plain = digest(&Vulkan::as_gpu().unwrap());
    assert_eq!(digest(&Vulkan::new().unwrap()), plain);
    println!("digest {plain:016x}");
}

/// Mesa's driver in software takes the size of its subgroups from the environment, as it is loaded.
#[test]
fn sums_are_the_same_bits_for_any_size_of_subgroups() {
    let run = |bits: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .env("LP_NATIVE_VECTOR_WIDTH", bits)
            .args(["--exact", "--nocapture"])
            .arg("ops::norm::tests::sums_are_the_same_bits_with_and_without_subgroups")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let digest = text.split("digest ").nth(1).unwrap_or_else(|| {
            panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
        });
        digest[..16].to_owned()
    };
    let [four, eight, sixteen] = ["128", "256", "512"].map(run);
    assert_eq!((&four, &four), (&eight, &sixteen));
}
