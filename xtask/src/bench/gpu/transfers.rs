//! Two operations whose operands come from the host and whose results go back, as ncnn's do.

use hammerhead::gpu::Vulkan;
use hammerhead::tensor::prim::Conv2d;
use hammerhead::tensor::{Cpu, Tensor, with_device};
use serde_json::json;

use super::scale::Scale;
use crate::bench::case::{Case, Work};

pub fn cases(gpu: &Vulkan, scale: Scale) -> Vec<Case> {
    let n: usize = scale.pick(64, 512, 512);
    let (channels, plane): (usize, usize) = scale.pick((4, 8), (64, 56), (64, 56));
    let host = |shape: &[usize]| with_device(&Cpu::device(), || Tensor::randn(shape));
    let product = {
        let gpu = gpu.clone();
        move || {
            let (a, b) = (host(&[n, n]), host(&[n, n]));
            move || drop(a.to(&gpu).matmul(&b.to(&gpu)).to_vec::<f32>())
        }
    };
    let convolution = {
        let gpu = gpu.clone();
        move || {
            let x = host(&[1, channels, plane, plane]);
            // Weights stay on the device.
            let weight = host(&[channels, channels, 3, 3]).to(&gpu);
            let conv = Conv2d {
                padding: [1; 2],
                ..Conv2d::default()
            };
            move || drop(x.to(&gpu).conv2d(&weight, None, conv).to_vec::<f32>())
        }
    };
    let taps = plane * plane * channels * channels * 9;
    vec![
        Case::new(
            format!("there and back, matmul f32 {n}"),
            Work::Flops(2.0 * (n * n * n) as f64),
            json!({ "kind": "matmul", "n": n }),
            product,
        ),
        Case::new(
            format!("there and back, conv f32 {channels}x{plane}x{plane}, 3x3"),
            Work::Flops(2.0 * taps as f64),
            json!({ "kind": "conv", "channels": channels, "plane": plane }),
            convolution,
        ),
    ]
}
