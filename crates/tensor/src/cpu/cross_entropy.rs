//! Softmax and cross-entropy of class labels, row by row, and the gradient.
#![allow(unsafe_code)] // Two outputs are written by the same tasks.

use std::ops::Range;

use smallvec::SmallVec;

use super::float::{Float, for_float};
use super::host::Dst;
use super::split::ranges;
use super::workspace::{Contiguous, Shared};
use crate::device::Operand;
use crate::prim::CrossEntropy;
use crate::{Error, ErrorKind, Result};

/// An exponential costs about as much as this many reads, among others at once.
const EXP: usize = 2;

/// Numbers of some rows that are raised at once, so that rows of few classes fill registers too.
const AT_ONCE: usize = 1024;

/// Runs `Prim::CrossEntropy`.
pub(super) fn run(
    entropy: &CrossEntropy,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    for_float!("cross_entropy", inputs[0].dtype, T => forward::<T>(entropy, inputs, outputs))
}

/// Runs `Prim::CrossEntropyGrad`.
pub(super) fn grad(
    entropy: &CrossEntropy,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    for_float!("cross_entropy backward", output.dtype, T => backward::<T>(entropy, inputs, output))
}

fn forward<T: Float>(
    entropy: &CrossEntropy,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let classes = inputs[0].layout.shape()[1];
    let (logits, target) = (
        Contiguous::<T>::new(&inputs[0])?,
        Contiguous::<i64>::new(&inputs[1])?,
    );
    check(entropy, &target, classes)?;
    // SAFETY: outputs are contiguous and apart from each other and the inputs.
    let (loss, counted) = unsafe {
        (
            Dst::<T>::new(&outputs[0]).slice_mut(),
            Dst::<T>::new(&outputs[1]).slice_mut(),
        )
    };
    let (loss, counted) = (Shared::new(loss), Shared::new(counted));
    ranges(target.len(), classes * EXP, |rows| {
        let mut powers = SmallVec::<[T; AT_ONCE]>::new();
        let mut shifts = SmallVec::<[T; AT_ONCE]>::new();
        for rows in blocks(rows, classes) {
            let of = |row: usize| &logits[row * classes..][..classes];
            powers.clear();
            shifts.clear();
            for row in rows.clone() {
                let greatest = greatest(of(row));
                shifts.push(greatest);
                powers.extend(of(row).iter().map(|&logit| logit - greatest));
            }
            T::exp_all(&mut powers);
            for (index, (row, shift)) in rows.zip(&shifts).enumerate() {
                let (value, counts) = if target[row] == entropy.ignore_index {
                    (0.0, 0.0)
                } else {
                    let sum = sum(&powers[index * classes..][..classes]);
                    let total = shift.to_f64() + sum.ln();
                    (entropy.of(of(row), target[row] as usize, total), 1.0)
                };
                // SAFETY: every row is written once.
                unsafe {
                    loss.write(row, T::from_f64(value));
                    counted.write(row, T::from_f64(counts));
                }
            }
        }
    });
    Ok(())
}

fn backward<T: Float>(
    entropy: &CrossEntropy,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    let classes = inputs[1].layout.shape()[1];
    let (grad, logits) = (
        Contiguous::<T>::new(&inputs[0])?,
        Contiguous::<T>::new(&inputs[1])?,
    );
    let target = Contiguous::<i64>::new(&inputs[2])?;
    check(entropy, &target, classes)?;
    // SAFETY: the output is contiguous and apart from the inputs.
    let gx = unsafe { Dst::<T>::new(output).slice_mut() };
    let smoothing = entropy.label_smoothing;
    let (chosen, others) = (
        T::from_f64(1.0 - smoothing),
        T::from_f64(smoothing / classes.max(1) as f64),
    );
    let gx = Shared::new(gx);
    ranges(target.len(), classes * EXP, |rows| {
        for rows in blocks(rows, classes) {
            // The softmax is made again from the row: its logarithm, rounded to the dtype, would have lost
            // digits to a large maximum.
            // SAFETY: every row is met once.
            let powers = unsafe { gx.part(rows.start * classes, rows.len() * classes) };
            for (index, row) in rows.clone().enumerate() {
                let logits = &logits[row * classes..][..classes];
                let greatest = greatest(logits);
                let powers = &mut powers[index * classes..][..classes];
                for (power, &logit) in powers.iter_mut().zip(logits) {
                    *power = logit - greatest;
                }
            }
            T::exp_all(powers);
            for (index, row) in rows.enumerate() {
                let gx = &mut powers[index * classes..][..classes];
                if target[row] == entropy.ignore_index {
                    gx.fill(T::default());
                    continue;
                }
                let (grad, sum) = (grad[row], T::from_f64(sum(gx)));
                let class = target[row] as usize;
                let probability = gx[class] / sum;
                for gx in gx.iter_mut() {
                    *gx = grad * (*gx / sum - others);
                }
                gx[class] = grad * (probability - others - chosen);
            }
        }
    });
    Ok(())
}

/// Some rows in blocks of about [`AT_ONCE`] numbers.
fn blocks(rows: Range<usize>, classes: usize) -> impl Iterator<Item = Range<usize>> {
    let at_once = (AT_ONCE / classes.max(1)).max(1);
    let end = rows.end;
    rows.step_by(at_once)
        .map(move |first| first..end.min(first + at_once))
}

impl CrossEntropy {
    /// The loss of a row that counts, given the logarithm of the sum of its powers.
    fn of<T: Float>(&self, logits: &[T], class: usize, total: f64) -> f64 {
        let smoothing = self.label_smoothing;
        let chosen = total - logits[class].to_f64();
        if smoothing == 0.0 {
            return chosen;
        }
        let spread: f64 = logits.iter().map(|logit| total - logit.to_f64()).sum();
        (1.0 - smoothing) * chosen + smoothing * spread / logits.len() as f64
    }
}

/// What the powers are shifted by, so that none overflows.
fn greatest<T: Float>(logits: &[T]) -> T {
    logits
        .iter()
        .copied()
        .fold(T::NEG_INFINITY, |a, b| if b > a { b } else { a })
}

fn sum<T: Float>(powers: &[T]) -> f64 {
    powers.iter().map(|power| power.to_f64()).sum()
}

fn check(entropy: &CrossEntropy, target: &[i64], classes: usize) -> Result<()> {
    let wrong =
        |&class: &i64| class != entropy.ignore_index && !(0..classes as i64).contains(&class);
    match target.iter().position(wrong) {
        None => Ok(()),
        Some(row) => Err(Error::new(
            ErrorKind::Data,
            format!(
                "cross_entropy: the target of row {row} is class {}, but the input has {classes} classes, 0 to {}; \
                 use ignore_index ({}) for rows that don't count",
                target[row],
                classes as i64 - 1,
                entropy.ignore_index
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cpu::testing::{Host, noise, on_threads, run};
    use crate::prim::Prim;

    fn losses(
        entropy: CrossEntropy,
        logits: &[f64],
        classes: usize,
        target: &[i64],
    ) -> [Vec<f64>; 3] {
        let rows = target.len();
        let (x, t) = (
            Host::new(&[rows, classes], logits),
            Host::new(&[rows], target),
        );
        let (loss, counted) = (Host::output::<f64>(&[rows]), Host::output::<f64>(&[rows]));
        run(&Prim::CrossEntropy(entropy), &[&x, &t], &[&loss, &counted]).unwrap();
        let (ones, gx) = (
            Host::new(&[rows], &vec![1.0; rows]),
            Host::output::<f64>(&[rows, classes]),
        );
        run(&Prim::CrossEntropyGrad(entropy), &[&ones, &x, &t], &[&gx]).unwrap();
        [loss.values(), counted.values(), gx.values()]
    }

    proptest! {
        #[test]
        fn it_is_the_definition(rows in 1..9usize, classes in 1..40usize, seed in 0..1000u64, smoothing in 0..2u8, ignored in any::<bool>()) {
            let entropy = CrossEntropy {
                label_smoothing: 0.3 * f64::from(smoothing),
                ignore_index: if ignored { 0 } else { -100 },
            };
            let logits: Vec<f64> = noise(seed, rows * classes).iter().map(|v| v * 20.0).collect();
            let target: Vec<i64> = noise(seed + 1, rows).iter().map(|v| ((v + 1.0) / 2.0 * classes as f64) as i64).collect();
            let [loss, counted, gx] = losses(entropy, &logits, classes, &target);
            for row in 0..rows {
                let logits = &logits[row * classes..][..classes];
                let sum: f64 = logits.iter().map(|v| v.exp()).sum();
                let wanted = |class: usize| {
                    let spread = entropy.label_smoothing / classes as f64;
                    spread + if class as i64 == target[row] { 1.0 - entropy.label_smoothing } else { 0.0 }
                };
                let counts = if target[row] == entropy.ignore_index { 0.0 } else { 1.0 };
                prop_assert_eq!(counted[row], counts);
                let expected: f64 = (0..classes).map(|class| -wanted(class) * (logits[class].exp() / sum).ln()).sum();
                prop_assert!((loss[row] - counts * expected).abs() < 1e-9);
                for class in 0..classes {
                    let expected = counts * (logits[class].exp() / sum - wanted(class));
                    prop_assert!((gx[row * classes + class] - expected).abs() < 1e-12);
                }
            }
        }
    }

    const PLAIN: CrossEntropy = CrossEntropy {
        label_smoothing: 0.0,
        ignore_index: -100,
    };

    #[test]
    fn huge_logits_do_not_overflow() {
        let [loss, _, gx] = losses(PLAIN, &[1000.0, 999.0, -1000.0], 3, &[0]);
        assert!((loss[0] - (1.0f64 + (-1.0f64).exp()).ln()).abs() < 1e-12);
        assert!(gx.iter().all(|v| v.is_finite()));
    }

    #[test]
    fn a_class_out_of_range_is_named() {
        for class in [3i64, -1] {
            let (x, t) = (
                Host::new(&[2, 3], &[0.0f32; 6]),
                Host::new(&[2], &[0, class]),
            );
            let (loss, counted) = (Host::output::<f32>(&[2]), Host::output::<f32>(&[2]));
            let error = run(&Prim::CrossEntropy(PLAIN), &[&x, &t], &[&loss, &counted]).unwrap_err();
            let expected = format!("row 1 is class {class}, but the input has 3 classes, 0 to 2");
            assert!(error.to_string().contains(&expected), "{error}");
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let (rows, classes) = (3000, 17);
        let logits = noise(5, rows * classes);
        let target: Vec<i64> = (0..rows as i64).map(|row| row % classes as i64).collect();
        let on = |threads| on_threads(threads, || losses(PLAIN, &logits, classes, &target));
        assert_eq!(on(1), on(2));
    }
}
