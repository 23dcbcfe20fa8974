//! What the processor does at most, to judge kernels by.
#![allow(unsafe_code)] // Kernels are compiled for instruction sets.

use std::hint::black_box;

use super::gemm::kernels::Isa;

/// Multiplies and adds from registers alone, on the calling thread; returns how many floating-point operations
/// that were.
///
/// ```
/// use hammerhead_tensor::limits::multiply_add;
/// let start = std::time::Instant::now();
/// let flops = multiply_add(1000);
/// assert!(flops > 0.0);
/// println!("{} GFLOP/s", flops / start.elapsed().as_secs_f64() / 1e9);
/// ```
pub fn multiply_add(steps: usize) -> f64 {
    let kernels = Isa::detect().kernels();
    // SAFETY: the instruction set was just detected.
    black_box(unsafe { kernels.multiply_add(steps) });
    steps as f64 * kernels.flops_of_step()
}
