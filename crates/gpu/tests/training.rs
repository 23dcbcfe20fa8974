//! Training steps: what they make the host and the driver do.

use hammerhead_autograd::Autograd;
use hammerhead_gpu::Vulkan;
use hammerhead_nn::models::{ResNetArgs, mlp, mnist_cnn, resnet18};
use hammerhead_nn::{Mode, Module, ModuleExt, loss};
use hammerhead_optim::{Adam, Algorithm, Optimizer, Sgd, Step};
use hammerhead_tensor::{Tensor, manual_seed};

/// Forward, loss, backward and update; returns the loss.
fn step<A: Algorithm>(
    model: &dyn Module,
    optimizer: &mut Optimizer<A>,
    x: &Tensor,
    y: &Tensor,
) -> Tensor {
    let loss = loss::cross_entropy(&model.forward(x.clone(), Mode::Train), y);
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    loss.detach()
}

/// Steps on values that the device has.
fn steps_without_the_host<A: Algorithm>(
    model: &dyn Module,
    algorithm: A,
    shape: &[usize],
    gpu: &Vulkan,
) {
    let x = Tensor::rand(shape).to(gpu);
    let y = Tensor::randint([shape[0]], 0, 10).to(gpu);
    let mut optimizer = Optimizer::new(model.named_parameters(), algorithm);
    let first = step(model, &mut optimizer, &x, &y);
    let before = gpu.stats().queue;
    let mut last = first.clone();
    for _ in 0..3 {
        last = step(model, &mut optimizer, &x, &y);
    }
    let after = gpu.stats().queue;
    assert_eq!(after.reads, before.reads, "values were read back");
    assert_eq!(after.waits, before.waits, "the host waited");
    assert_eq!(after.uploads, before.uploads, "the host gave values");
    assert!(after.dispatches > before.dispatches + 30);
    // What was not waited for has happened all the same.
    let (first, last) = (first.item(), last.item());
    assert!(last < first, "the loss went from {first} to {last}");
    assert_eq!(gpu.stats().queue.reads, before.reads + 2);
}

#[test]
fn a_step_neither_reads_nor_waits() {
    let gpu = Vulkan::new().unwrap();
    manual_seed(3);
    type Make = fn() -> Box<dyn Module>;
    let models: [(Make, &[usize]); 3] = [
        (|| Box::new(mlp(&[60, 40, 10])), &[32, 60]),
        (|| Box::new(mnist_cnn(10)), &[4, 1, 28, 28]),
        (
            || {
                Box::new(resnet18(ResNetArgs {
                    in_chans: 1,
                    num_classes: 10,
                    ..ResNetArgs::default()
                }))
            },
            &[2, 1, 32, 32],
        ),
    ];
    for (make, shape) in models {
        let build = || {
            let mut model = make();
            model.to(&gpu).unwrap();
            model
        };
        steps_without_the_host(&*build(), Sgd::new(0.01).momentum(0.9), shape, &gpu);
        steps_without_the_host(&*build(), Adam::new(0.001), shape, &gpu);
    }
}

#[test]
fn a_thousand_steps_take_nothing_from_the_driver() {
    let gpu = Vulkan::new().unwrap();
    manual_seed(4);
    let mut model = mlp(&[24, 16, 10]);
    model.to(&gpu).unwrap();
    let mut optimizer = Optimizer::new(model.named_parameters(), Adam::new(0.003));
    let mut losses = Vec::new();
    let mut train = |steps: usize| {
        for number in 0..steps {
            // A batch from the host, as a loader brings it; the last one is smaller.
            let rows = if number % 20 == 19 { 7 } else { 16 };
            let x = Tensor::rand([rows, 24]);
            let y = x.narrow(1, 0, 10).argmax_dim(1);
            let loss = step(&model, &mut optimizer, &x.to(&gpu), &y.to(&gpu));
            if number % 50 == 49 {
                losses.push(loss.item());
            }
        }
        gpu.stats()
    };
    let warm = train(100).memory;
    let after = train(1000).memory;
    assert_eq!(after.reserved, warm.reserved, "the memory grew");
    assert_eq!(
        after.driver_allocations, warm.driver_allocations,
        "the driver was asked"
    );
    assert_eq!(after.live, warm.live, "tensors stayed behind");
    assert!(after.staging > 0 && after.staging < after.reserved);
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    assert!(last < 0.8 * first, "the loss went from {first} to {last}");
}
