//! What it costs the host to tell a device what to do.

use std::time::Instant;

use hammerhead::gpu::Vulkan;
use hammerhead::tensor::Tensor;

use super::networks;
use super::scale::Scale;
use crate::bench::case::median;
use crate::bench::report::Fact;

const OPERATION: &str = "recording, one operation";

/// Operations between two waits that are surely not handed over before the second.
const FEW: usize = 6;

/// The numbers whose names are wanted.
pub fn facts(gpu: &Vulkan, scale: Scale, wanted: impl Fn(&str) -> bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    if wanted(OPERATION) {
        facts.extend(costs(gpu, scale));
    }
    let networks = ["mlp", "cnn", "resnet18"];
    for network in &networks[..scale.pick(2, 3, 3)] {
        let name = format!("recording, {network}");
        if wanted(&name) {
            facts.extend(counts(gpu, scale, network, &name));
        }
    }
    facts
}

/// Nanoseconds for recording one operation, and for recording one, handing it over and waiting for it.
fn costs(gpu: &Vulkan, scale: Scale) -> Vec<Fact> {
    let x = Tensor::ones([4]);
    let nanoseconds = |start: Instant| start.elapsed().as_nanos() as f64;
    let (mut recording, mut waiting) = (Vec::new(), Vec::new());
    for _ in 0..scale.pick(10, 2000, 2000) {
        gpu.sync();
        let submits = gpu.stats().queue.submits;
        let start = Instant::now();
        for _ in 0..FEW {
            drop(x.relu());
        }
        recording.push(nanoseconds(start) / FEW as f64);
        assert_eq!(gpu.stats().queue.submits, submits, "nothing is handed over");
        gpu.sync();
        let start = Instant::now();
        drop(x.relu());
        gpu.sync();
        waiting.push(nanoseconds(start));
    }
    let middle = |numbers: &mut [f64]| median(numbers).expect("it was measured");
    let (recording, waiting) = (middle(&mut recording), middle(&mut waiting));
    let fact = |more: &str, value, unit| Fact {
        name: format!("{OPERATION}{more}"),
        value,
        unit,
    };
    vec![
        fact("", recording, "ns"),
        fact(", submitted and awaited", waiting, "ns"),
        fact(", the share of it", recording / waiting, "(at most 0.1)"),
    ]
}

/// How a step's work is handed over.
fn counts(gpu: &Vulkan, scale: Scale, network: &'static str, title: &str) -> Vec<Fact> {
    let mut step = networks::network(network, [64, 1, 28, 28]).step();
    step(true);
    gpu.sync();
    let steps = scale.pick(1, 5, 20);
    let before = gpu.stats().queue;
    for _ in 0..steps {
        step(true);
    }
    gpu.sync();
    let after = gpu.stats().queue;
    let per_step = |count: u64| count as f64 / steps as f64;
    let dispatches = per_step(after.dispatches - before.dispatches);
    let submits = per_step(after.submits - before.submits);
    let fact = |name: &str, value| Fact {
        name: format!("{title}, {name}"),
        value,
        unit: "",
    };
    vec![
        fact("dispatches per step", dispatches),
        fact("submits per step", submits),
        fact("dispatches per submit", dispatches / submits),
        fact(
            "barriers per step",
            per_step(after.barriers - before.barriers),
        ),
    ]
}
