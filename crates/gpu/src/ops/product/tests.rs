use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue, Prim};
use hammerhead_tensor::{DType, Tensor};

use super::*;
use crate::Vulkan;

#[test]
fn sums_are_split_for_work_and_for_accuracy() {
    assert_eq!(splits(64, 512, 1 << 18), 1);
    assert_eq!(splits(1, 512, 64), 1);
    assert_eq!(splits(9, 25_088, 36_864), 14);
    assert_eq!(splits(1024, 8192, 1 << 22), 2);
    assert_eq!(splits(1 << 16, 1 << 20, 1 << 28), 1);
}

#[test]
fn tiles_follow_the_shape() {
    assert_eq!(shared_tile(4096, 4096, 1, DType::F32).rows, 128);
    assert_eq!(shared_tile(512, 512, 1, DType::F32).rows, 64);
    assert_eq!(shared_tile(4096, 4096, 1, DType::F64).rows, 64);
    assert_eq!(shared_tile(8, 4096, 1, DType::F32).rows, 32);
    for lanes in [4, 8, 16] {
        for size in 1..200 {
            let tile = lane_tile(size, size, lanes, DType::F32);
            assert!(tile.rows <= 64 && tile.row_parts <= 8 && tile.column_parts <= 8);
            assert!(size >= lanes || (tile.rows, tile.columns) == (lanes, lanes));
        }
    }
}

fn same_bits(prim: &Prim, shapes: &[&[usize]], dtype: DType, turned: bool) {
    let run = |device: &DeviceRef| {
        let inputs: Vec<Tensor> = shapes
            .iter()
            .enumerate()
            .map(|(seed, shape)| {
                let count: usize = shape.iter().product();
                let number = |i: usize| ((i * 7919 + seed * 101) % 1013) as f32 / 500.0 - 1.0;
                let values: Vec<f32> = (0..count).map(number).collect();
                let x = Tensor::from_slice(&values, *shape)
                    .to(device)
                    .to_dtype(dtype);
                let dims: Vec<isize> = (0..shape.len() as isize).rev().collect();
                if turned {
                    x.permute(dims.clone()).copy().permute(dims)
                } else {
                    x
                }
            })
            .collect();
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        Tensor::try_apply(prim.clone(), &inputs).unwrap()[0].to_vec::<f64>()
    };
    let ours = run(&Vulkan::as_gpu().unwrap());
    let others = run(&Vulkan::new().unwrap());
    let differ = ours.iter().zip(&others).position(|(a, b)| a != b);
    assert_eq!(differ, None, "{prim:?} {shapes:?} {dtype} {turned}");
}

#[test]
fn matrices_are_the_same_from_every_kernel() {
    let plain = Prim::Matmul(Epilogue::default());
    let fused = Prim::Matmul(Epilogue {
        bias: true,
        activation: Activation::Relu,
    });
    // The small tile, with a split sum, the middle one, the large one.
    for (batch, m, k, n) in [
        (1, 33, 19, 38),
        (1, 9, 1500, 70),
        (32, 35, 20, 40),
        (128, 65, 5, 66),
    ] {
        let (a, b) = ([batch, m, k], [batch, k, n]);
        same_bits(&plain, &[&a, &b], DType::F32, false);
        same_bits(&fused, &[&a, &b, &[n]], DType::F16, true);
        if Vulkan::new()
            .unwrap()
            .info()
            .features
            .contains(&"f64 arithmetic")
        {
            same_bits(&fused, &[&a, &b, &[n]], DType::F64, false);
        }
    }
}

#[test]
fn convolutions_are_the_same_from_every_kernel() {
    let conv = Conv2d {
        stride: [2, 1],
        padding: [1, 2],
        dilation: [1, 2],
        groups: 2,
    };
    let fused = Epilogue {
        bias: true,
        activation: Activation::Relu,
    };
    let (x, weight, grad) = ([2, 10, 9, 14], [72, 5, 3, 3], [2, 72, 5, 14]);
    for (dtype, turned) in [(DType::F32, true), (DType::BF16, false)] {
        let forward = Prim::Conv2d(conv, fused);
        same_bits(&forward, &[&x, &weight, &[72]], dtype, turned);
        let input = Prim::Conv2dInputGrad(conv, [9, 14]);
        same_bits(&input, &[&grad, &weight], dtype, turned);
        let kernel = Prim::Conv2dWeightGrad(conv, [3, 3]);
        same_bits(&kernel, &[&grad, &x], dtype, turned);
    }
}
