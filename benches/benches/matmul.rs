//! Matrix products: squares, and the skinny shapes that layers bring.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hammerhead_benches::{name, normal};

/// Rows, inner size, columns.
const SHAPES: [[usize; 3]; 8] = [
    [256, 256, 256],
    [512, 512, 512],
    [1024, 1024, 1024],
    [64, 784, 256],
    [64, 9216, 128],
    [512, 4608, 49],
    [64, 576, 3136],
    [32, 9, 676],
];

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("matmul");
    group.sample_size(30);
    for [m, k, n] in SHAPES {
        let (a, b) = (normal([m, k]), normal([k, n]));
        // A multiplication and an addition each.
        group.throughput(Throughput::Elements(2 * (m * k * n) as u64));
        group.bench_function(format!("plain/{}", name(&[m, k, n])), |bench| {
            bench.iter(|| black_box(&a).matmul(black_box(&b)));
        });
    }
    for [m, k, n] in [[64, 784, 256], [64, 9216, 128]] {
        let (a, b) = (normal([m, k]), normal([n, k]));
        group.throughput(Throughput::Elements(2 * (m * k * n) as u64));
        group.bench_function(format!("transposed/{}", name(&[m, k, n])), |bench| {
            bench.iter(|| black_box(&a).matmul(&black_box(&b).t()));
        });
    }
    group.finish();
}

criterion_group!(benches, products);
criterion_main!(benches);
