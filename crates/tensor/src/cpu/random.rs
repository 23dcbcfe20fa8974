//! Draws from a block of the counter-based generator's stream.

use super::float::{Float, for_float};
use super::host::Dst;
use crate::Result;
use crate::device::Operand;
use crate::prim::{Distribution, Random};
use crate::random::{CounterGenerator, Generator};

/// Runs `Prim::Random`.
pub(super) fn run(random: &Random, output: &Operand<'_>) -> Result<()> {
    for_float!("random", output.dtype, T => {
        draw::<T>(random, output);
        Ok(())
    })
}

/// The generator's draws of a float type.
trait Draw: Float {
    fn uniform(generator: &mut CounterGenerator, out: &mut [Self]);
    fn normal(generator: &mut CounterGenerator, out: &mut [Self]);
    /// The next number towards minus infinity.
    fn below(self) -> Self;
}

macro_rules! draw {
    ($($float:ident: $uniform:ident, $normal:ident;)*) => {$(
        impl Draw for $float {
            fn uniform(generator: &mut CounterGenerator, out: &mut [Self]) { generator.$uniform(out) }
            fn normal(generator: &mut CounterGenerator, out: &mut [Self]) { generator.$normal(out) }
            fn below(self) -> Self { self.next_down() }
        }
    )*};
}

draw! {
    f32: uniform_f32, normal_f32;
    f64: uniform_f64, normal_f64;
}

fn draw<T: Draw>(random: &Random, output: &Operand<'_>) {
    // SAFETY: the output is contiguous, and there is no input.
    #[allow(unsafe_code)]
    let out = unsafe { Dst::<T>::new(output).slice_mut() };
    let mut generator = CounterGenerator::with_stream(random.seed, random.stream);
    generator.seek(random.position);
    match random.distribution {
        Distribution::Uniform { low, high } => {
            T::uniform(&mut generator, out);
            let (low, width) = (T::from_f64(low), T::from_f64(high - low));
            // Rounding may reach the upper bound, which is excluded.
            let most = T::from_f64(high).below();
            for value in out {
                let drawn = low + width * *value;
                *value = if drawn > most && most >= low {
                    most
                } else {
                    drawn
                };
            }
        }
        Distribution::Normal { mean, std } => {
            T::normal(&mut generator, out);
            let (mean, std) = (T::from_f64(mean), T::from_f64(std));
            for value in out {
                *value = mean + std * *value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use crate::cpu::testing::{Host, on_threads, run};
    use crate::prim::Prim;

    fn drawn(distribution: Distribution, position: u64, len: usize) -> Vec<f32> {
        let out = Host::output::<f32>(&[len]);
        let random = Random {
            distribution,
            seed: 5,
            stream: 2,
            position,
        };
        run(
            &Prim::Random([len].as_slice().into(), DType::F32, random),
            &[],
            &[&out],
        )
        .unwrap();
        out.values()
    }

    #[test]
    fn a_later_position_continues_the_stream() {
        let normal = Distribution::Normal {
            mean: 1.0,
            std: 2.0,
        };
        let whole = drawn(normal, 0, 100);
        assert_eq!(drawn(normal, 40, 60), whole[40..]);
    }

    #[test]
    fn draws_have_the_moments_and_bounds_asked_for() {
        let moments = |values: &[f32]| {
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
            let squares = values
                .iter()
                .map(|&v| (f64::from(v) - mean).powi(2))
                .sum::<f64>();
            (mean, (squares / values.len() as f64).sqrt())
        };
        let (mean, std) = moments(&drawn(
            Distribution::Normal {
                mean: 3.0,
                std: 0.5,
            },
            0,
            200_000,
        ));
        assert!(
            (mean - 3.0).abs() < 0.01 && (std - 0.5).abs() < 0.01,
            "{mean} {std}"
        );
        let values = drawn(
            Distribution::Uniform {
                low: -1.0,
                high: 3.0,
            },
            0,
            200_000,
        );
        assert!(values.iter().all(|v| (-1.0..3.0).contains(v)));
        let (mean, std) = moments(&values);
        assert!(
            (mean - 1.0).abs() < 0.01 && (std - 4.0 / 12f64.sqrt()).abs() < 0.01,
            "{mean} {std}"
        );
    }

    #[test]
    fn the_upper_bound_is_never_drawn() {
        // The width is a single step between neighbours, so that rounding would reach the bound.
        let (low, high) = (1.0, f64::from(f32::EPSILON) + 1.0);
        let values = drawn(Distribution::Uniform { low, high }, 0, 1000);
        assert!(values.iter().all(|&v| v == 1.0));
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let draw = || {
            drawn(
                Distribution::Normal {
                    mean: 0.0,
                    std: 1.0,
                },
                7,
                100_000,
            )
        };
        assert_eq!(on_threads(1, draw), on_threads(2, draw));
    }
}
