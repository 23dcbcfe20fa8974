//! Reductions and what is built on them, over the last, the first and all dims.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hammerhead_benches::{name, normal};
use hammerhead_tensor::Tensor;

type Operation = fn(&Tensor) -> Tensor;

const SHAPE: [usize; 2] = [1024, 1024];
const ROWS: [usize; 2] = [256, 1000];

const OVER_SQUARE: [(&str, Operation); 6] = [
    ("sum_all", Tensor::sum),
    ("sum_last", |x| x.sum_dim(-1)),
    ("sum_first", |x| x.sum_dim(0)),
    ("mean_all", Tensor::mean),
    ("var_last", |x| x.var_dim(-1)),
    ("argmax_last", |x| x.argmax_dim(-1)),
];

const OVER_ROWS: [(&str, Operation); 2] = [
    ("softmax", |x| x.softmax(-1)),
    ("log_softmax", |x| x.log_softmax(-1)),
];

fn reductions(criterion: &mut Criterion) {
    for (shape, operations) in [(SHAPE, &OVER_SQUARE[..]), (ROWS, &OVER_ROWS[..])] {
        let x = normal(shape);
        let mut group = criterion.benchmark_group("reduce");
        group.throughput(Throughput::Elements(x.numel() as u64));
        for (operation, run) in operations {
            group.bench_function(format!("{operation}/{}", name(&shape)), |bench| {
                bench.iter(|| run(black_box(&x)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, reductions);
criterion_main!(benches);
