//! Softmax cross-entropy with class targets, and its gradient.

use smallvec::smallvec;

use crate::prim::CrossEntropy;
use crate::{Error, ErrorKind, Result};

use super::Arrays;
use super::array::Array;

/// `(logits [n, c], target [n]) -> (loss [n], counted [n])`.
pub(super) fn forward(loss: &CrossEntropy, logits: &Array, target: &Array) -> Result<Arrays> {
    let (mut losses, mut counted) = (Array::zeros(&target.shape), Array::zeros(&target.shape));
    for (row, logits) in rows(logits).enumerate() {
        let Some(class) = class(loss, target.values[row], logits.len())? else {
            continue;
        };
        counted.values[row] = 1.0;
        let logsumexp = logsumexp(logits);
        let smoothing = loss.label_smoothing;
        let mut value = (1.0 - smoothing) * (logsumexp - logits[class]);
        if smoothing != 0.0 {
            let each = smoothing / logits.len() as f64;
            value += logits
                .iter()
                .map(|logit| each * (logsumexp - logit))
                .sum::<f64>();
        }
        losses.values[row] = value;
    }
    Ok(smallvec![losses, counted])
}

/// `(grad [n], logits, target) -> grad of the logits`.
pub(super) fn grad(loss: &CrossEntropy, operands: &[Array]) -> Result<Array> {
    let [grad, logits, target] = operands else {
        unreachable!("arity was checked")
    };
    let classes = logits.shape[1];
    let mut logits_grad = Array::zeros(&logits.shape);
    for (row, logits) in rows(logits).enumerate() {
        let Some(class) = class(loss, target.values[row], classes)? else {
            continue;
        };
        let total = logsumexp(logits);
        for (c, logit) in logits.iter().enumerate() {
            let hit = if c == class {
                1.0 - loss.label_smoothing
            } else {
                0.0
            };
            let wanted = hit + loss.label_smoothing / classes as f64;
            let predicted = (logit - total).exp();
            *logits_grad.at_mut(&[row, c]) = grad.values[row] * (predicted - wanted);
        }
    }
    Ok(logits_grad)
}

fn rows(logits: &Array) -> impl Iterator<Item = &[f64]> {
    let classes = logits.shape[1];
    (0..logits.shape[0]).map(move |row| &logits.values[row * classes..(row + 1) * classes])
}

fn logsumexp(row: &[f64]) -> f64 {
    let greatest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // An infinite maximum is the result itself, and would make NaN of the differences.
    let shift = if greatest.is_finite() { greatest } else { 0.0 };
    shift + row.iter().map(|x| (x - shift).exp()).sum::<f64>().ln()
}

/// The target's class, or nothing where it is to be ignored.
fn class(loss: &CrossEntropy, target: f64, classes: usize) -> Result<Option<usize>> {
    if target == loss.ignore_index as f64 {
        return Ok(None);
    }
    if !(0.0..classes as f64).contains(&target) {
        let message = format!(
            "cross_entropy: target {target} is out of range for {classes} classes; it must be 0 to {} or the \
             ignored {}",
            classes.saturating_sub(1),
            loss.ignore_index
        );
        return Err(Error::new(ErrorKind::Data, message));
    }
    Ok(Some(target as usize))
}
