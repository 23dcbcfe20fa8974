//! Two-dimensional convolutions: the digits' network and the layers of resnet18.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hammerhead_benches::{name, normal};
use hammerhead_tensor::prim::Conv2d;

/// A layer: its name, input shape, output channels, kernel, stride and padding.
type Layer = (&'static str, [usize; 4], usize, usize, usize, usize);

const LAYERS: [Layer; 6] = [
    ("digits_first_3x3", [64, 1, 28, 28], 32, 3, 1, 0),
    ("digits_second_3x3", [64, 32, 26, 26], 64, 3, 1, 0),
    ("stem_7x7", [8, 3, 224, 224], 64, 7, 2, 3),
    ("block_3x3", [8, 64, 56, 56], 64, 3, 1, 1),
    ("deep_3x3", [8, 512, 7, 7], 512, 3, 1, 1),
    ("downsample_1x1", [8, 64, 56, 56], 128, 1, 2, 0),
];

fn layers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("conv");
    group.sample_size(20);
    for (layer, shape, out_channels, kernel, stride, padding) in LAYERS {
        let [_, in_channels, ..] = shape;
        let x = normal(shape);
        let weight = normal([out_channels, in_channels, kernel, kernel]);
        let conv = Conv2d {
            stride: [stride; 2],
            padding: [padding; 2],
            ..Conv2d::default()
        };
        let output = x.conv2d(&weight, None, conv);
        let work = 2 * output.numel() * in_channels * kernel * kernel;
        group.throughput(Throughput::Elements(work as u64));
        group.bench_function(format!("{layer}/{}", name(&shape)), |bench| {
            bench.iter(|| black_box(&x).conv2d(black_box(&weight), None, conv));
        });
    }
    group.finish();
}

criterion_group!(benches, layers);
criterion_main!(benches);
