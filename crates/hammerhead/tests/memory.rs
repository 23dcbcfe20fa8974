//! A warmed-up training step takes no memory from the system: nothing large, a constant number of small
//! blocks, every tensor from the pool; and 200 steps leave the process as large as it was.
#![allow(unsafe_code)] // An allocator is unsafe by its trait.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use hammerhead::nn::models::{mlp, mnist_cnn, resnet18};
use hammerhead::prelude::*;
use hammerhead::tensor::{pool, with_threads};

struct Counting;

static SMALL: AtomicUsize = AtomicUsize::new(0);
static LARGE: AtomicUsize = AtomicUsize::new(0);

/// What counts as a large block.
const LARGE_FROM: usize = 4096;

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE_FROM {
            &LARGE
        } else {
            &SMALL
        }
        .fetch_add(1, Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Resident bytes, where the system tells.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    statm
        .split_whitespace()
        .nth(1)?
        .parse::<usize>()
        .ok()
        .map(|pages| pages * 4096)
}

fn step(model: &dyn Module, optimizer: &mut Optimizer<Sgd>, x: &Tensor, y: &Tensor) {
    loss::cross_entropy(&model.forward(x.clone(), Mode::Train), y).backward();
    optimizer.step();
    optimizer.zero_grad();
}

fn check(name: &str, model: &dyn Module, x: &Tensor, steps: usize) {
    let y = Tensor::randint([x.size(0)], 0, 10);
    let mut optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.01).momentum(0.9));
    for _ in 0..5 {
        step(model, &mut optimizer, x, &y);
    }
    let misses = pool::stats().misses;
    LARGE.store(0, Relaxed);
    let before = resident();
    let mut counts = Vec::with_capacity(steps);
    for _ in 0..steps {
        let small = SMALL.load(Relaxed);
        step(model, &mut optimizer, x, &y);
        counts.push(SMALL.load(Relaxed) - small);
    }
    assert_eq!(
        LARGE.load(Relaxed),
        0,
        "{name}: blocks of {LARGE_FROM} bytes or more"
    );
    assert_eq!(
        pool::stats().misses,
        misses,
        "{name}: the pool had to ask the system"
    );
    // A thread takes working memory of its own with its first task, which may come late.
    let usual = counts.iter().min().copied().unwrap_or(0);
    let more: usize = counts.iter().map(|count| count - usual).sum();
    assert!(more <= 16, "{name}: small blocks per step {counts:?}");
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(
            after <= before + (1 << 20),
            "{name}: grew from {before} to {after} bytes"
        );
    }
}

#[test]
fn a_warm_step_takes_nothing_from_the_system() {
    // On the threads themselves, so that handing work in from outside is not counted.
    with_threads(2, || {
        manual_seed(1);
        check("mlp", &mlp(&[784, 256, 10]), &Tensor::rand([64, 784]), 200);
        check("cnn", &mnist_cnn(10), &Tensor::rand([16, 1, 28, 28]), 200);
        let args = hammerhead::nn::models::ResNetArgs {
            in_chans: 1,
            num_classes: 10,
            ..Default::default()
        };
        check(
            "resnet18",
            &resnet18(args),
            &Tensor::rand([4, 1, 28, 28]),
            20,
        );
    });
}
