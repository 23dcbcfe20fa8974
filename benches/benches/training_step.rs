//! One step of training: forward, loss, backward and the update, on the digits' two networks.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hammerhead_autograd::Autograd;
use hammerhead_benches::normal;
use hammerhead_nn::models::{mlp, mnist_cnn};
use hammerhead_nn::{Mode, Module, ModuleExt, loss};
use hammerhead_optim::{Optimizer, Sgd, Step};
use hammerhead_tensor::{Tensor, manual_seed};

const BATCH: usize = 64;

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training_step");
    group.sample_size(20);
    group.throughput(Throughput::Elements(BATCH as u64));
    manual_seed(42);
    let networks: [(&str, Box<dyn Module>); 2] = [
        ("mlp_784_256_10", Box::new(mlp(&[784, 256, 10]))),
        ("cnn", Box::new(mnist_cnn(10))),
    ];
    for (name, network) in networks {
        let x = normal([BATCH, 1, 28, 28]);
        let target = Tensor::from_vec((0..BATCH as i64).map(|image| image % 10).collect(), [BATCH]);
        let mut optimizer = Optimizer::new(network.named_parameters(), Sgd::new(0.01));
        group.bench_function(format!("{name}/{BATCH}"), |bench| {
            bench.iter(|| {
                optimizer.zero_grad();
                let predictions = network.forward(x.clone(), Mode::Train);
                loss::cross_entropy(&predictions, &target).backward();
                optimizer.step();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
