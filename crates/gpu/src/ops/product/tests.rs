use hammerhead_tensor::device::DeviceRef;
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue, Prim, Transposed};
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
    assert_eq!(shared_tile(4096, 4096, 1, DType::F32).columns, 128);
    assert_eq!(shared_tile(512, 512, 1, DType::F32).columns, 64);
    assert_eq!(shared_tile(4096, 4096, 1, DType::F64).columns, 64);
    assert_eq!(shared_tile(8, 4096, 1, DType::F32).rows, 32);
    for lanes in [4, 8, 16] {
        for size in 1..200 {
            let tile = lane_tile(size, size, lanes, DType::F32);
            assert!(tile.rows <= 64 && tile.row_parts <= 8 && tile.column_parts <= 8);
            assert!(size >= lanes || (tile.rows, tile.columns) == (lanes, lanes));
        }
    }
}

/// How operands lie in memory: side by side, the other way round, or between what is no number.
#[derive(Clone, Copy, Debug)]
enum Lie {
    Plain,
    Turned,
    Framed,
}

fn same_bits(prim: &Prim, shapes: &[&[usize]], dtype: DType, lie: Lie) {
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
                match lie {
                    Lie::Plain => x,
                    Lie::Turned => {
                        let dims: Vec<isize> = (0..shape.len() as isize).rev().collect();
                        x.permute(dims.clone()).copy().permute(dims)
                    }
                    Lie::Framed => {
                        let size = shape[shape.len() - 1];
                        let framed = x.pad(&[8, 16 - size as isize % 8], f64::NAN);
                        framed.narrow(-1, 8, size)
                    }
                }
            })
            .collect();
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        Tensor::try_apply(prim.clone(), &inputs).unwrap()[0].to_vec::<f64>()
    };
    let ours = run(&Vulkan::as_gpu().unwrap());
    let others = run(&Vulkan::without_matrices().unwrap());
    let differ = ours.iter().zip(&others).position(|(a, b)| a != b);
    assert_eq!(differ, None, "{prim:?} {shapes:?} {dtype} {lie:?}");
}

#[test]
fn matrices_are_the_same_from_every_kernel() {
    let plain = Prim::Matmul(Transposed::default(), Epilogue::default());
    let fused = Prim::Matmul(
        Transposed::default(),
        Epilogue {
            bias: true,
            activation: Activation::Relu,
        },
    );
    // The small tile, with a split sum, the middle one, the large one.
    for (batch, m, k, n) in [
        (1, 33, 19, 38),
        (1, 9, 1500, 70),
        (32, 35, 20, 40),
        (128, 65, 5, 66),
        // The same from vectors of neighbours, with rows, columns and places that don't fill one.
        (1, 40, 16, 48),
        (1, 8, 1512, 64),
        (32, 36, 24, 40),
        (128, 72, 19, 80),
        (1, 27, 24, 13),
    ] {
        let (a, b) = ([batch, m, k], [batch, k, n]);
        same_bits(&plain, &[&a, &b], DType::F32, Lie::Plain);
        same_bits(&plain, &[&a, &b], DType::BF16, Lie::Turned);
        same_bits(&plain, &[&a, &b], DType::F32, Lie::Framed);
        same_bits(&plain, &[&a, &b], DType::BF16, Lie::Framed);
        same_bits(&fused, &[&a, &b, &[n]], DType::F16, Lie::Turned);
    }
}

#[test]
fn products_of_doubles_are_the_same_from_both_kernels() {
    let gpu = Vulkan::new().unwrap();
    if !gpu.info().features.contains(&"f64 arithmetic") {
        return;
    }
    // A split sum, and the middle tile by vectors of neighbours.
    let plain = Prim::Matmul(Transposed::default(), Epilogue::default());
    same_bits(&plain, &[&[9, 1500], &[1500, 70]], DType::F64, Lie::Plain);
    let (a, b) = ([32, 36, 24], [32, 24, 40]);
    same_bits(&plain, &[&a, &b], DType::F64, Lie::Framed);
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
    let dense = Conv2d::default();
    for (conv, x, weight, grad) in [
        (conv, [2, 10, 9, 14], [72, 5, 3, 3], [2, 72, 5, 14]),
        (dense, [2, 16, 4, 8], [24, 16, 1, 1], [2, 24, 4, 8]),
        (dense, [1, 8, 3, 5], [20, 8, 1, 1], [1, 20, 3, 5]),
        (dense, [2, 16, 4, 8], [24, 16, 3, 1], [2, 24, 2, 8]),
    ] {
        let [kernel, size] = [&weight, &x].map(|shape| [shape[2], shape[3]]);
        for (dtype, lie) in [
            (DType::F32, Lie::Turned),
            (DType::F32, Lie::Plain),
            (DType::BF16, Lie::Plain),
        ] {
            let forward = Prim::Conv2d(conv, fused);
            same_bits(&forward, &[&x, &weight, &[weight[0]]], dtype, lie);
            let input = Prim::Conv2dInputGrad(conv, size);
            same_bits(&input, &[&grad, &weight], dtype, lie);
            let taps = Prim::Conv2dWeightGrad(conv, kernel);
            same_bits(&taps, &[&grad, &x], dtype, lie);
        }
    }
}

#[test]
fn convolutions_by_squares_are_the_same_from_every_kernel() {
    let conv = Conv2d {
        padding: [1, 2],
        ..Conv2d::default()
    };
    let fused = Epilogue {
        bias: true,
        activation: Activation::Relu,
    };
    let (x, weight, grad) = ([1, 128, 31, 30], [128, 128, 3, 3], [1, 128, 31, 32]);
    let runs: [(Prim, &[&[usize]]); 3] = [
        (Prim::Conv2d(conv, fused), &[&x, &weight, &[128]]),
        (Prim::Conv2dInputGrad(conv, [31, 30]), &[&grad, &weight]),
        (Prim::Conv2dWeightGrad(conv, [3, 3]), &[&grad, &x]),
    ];
    for (prim, shapes) in runs {
        same_bits(&prim, shapes, DType::F32, Lie::Plain);
        same_bits(&prim, shapes, DType::BF16, Lie::Turned);
        same_bits(&prim, shapes, DType::F32, Lie::Framed);
    }
}
