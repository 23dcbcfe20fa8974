//! Pointwise operations: the formulas in cache, and memory speed where the data is larger.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hammerhead_benches::{name, normal, positive};
use hammerhead_tensor::Tensor;

const ONE_M: usize = 1 << 20;

type Unary = fn(&Tensor) -> Tensor;

fn formulas(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pointwise");
    group.throughput(Throughput::Elements(ONE_M as u64));
    let x = positive([ONE_M]);
    let formulas: [(&str, Unary); 7] = [
        ("exp", Tensor::exp),
        ("log", Tensor::log),
        ("sqrt", Tensor::sqrt),
        ("tanh", Tensor::tanh),
        ("sigmoid", Tensor::sigmoid),
        ("gelu", Tensor::gelu),
        ("relu", Tensor::relu),
    ];
    for (operation, formula) in formulas {
        group.bench_function(format!("{operation}/{ONE_M}"), |bench| {
            bench.iter(|| formula(black_box(&x)));
        });
    }
    group.finish();
}

fn memory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pointwise");
    group.sample_size(20);
    for elements in [ONE_M, 16 * ONE_M] {
        let (a, b) = (normal([elements]), positive([elements]));
        // Two operands read and one result written, four bytes each.
        group.throughput(Throughput::Bytes(12 * elements as u64));
        group.bench_function(format!("add/{elements}"), |bench| {
            bench.iter(|| black_box(&a) + black_box(&b));
        });
        group.bench_function(format!("mul_in_place/{elements}"), |bench| {
            // Multiplying by one keeps the values the same over any number of rounds.
            let one = b.ones_like();
            bench.iter(|| {
                black_box(&a).mul_(&one);
            });
        });
    }
    let (matrix, row) = (normal([1024, 1024]), normal([1024]));
    group.throughput(Throughput::Elements(ONE_M as u64));
    group.bench_function(format!("add_row/{}", name(matrix.shape())), |bench| {
        bench.iter(|| black_box(&matrix) + black_box(&row));
    });
    group.bench_function(
        format!("add_transposed/{}", name(matrix.shape())),
        |bench| {
            bench.iter(|| black_box(&matrix) + black_box(&matrix.t()));
        },
    );
    group.finish();
}

criterion_group!(benches, formulas, memory);
criterion_main!(benches);
