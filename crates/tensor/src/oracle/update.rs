//! One step of an optimiser, element by element, in the form PyTorch's documentation gives.

use super::Arrays;
use super::array::Array;
use crate::prim::Update;

/// The new values of `(parameter, state, ...)`.
pub(super) fn step(update: &Update, grad: &Array, current: &[Array]) -> Arrays {
    let mut next: Arrays = current.iter().cloned().collect();
    for place in 0..grad.values.len() {
        let mut now: Vec<f64> = current.iter().map(|array| array.values[place]).collect();
        element(update, grad.values[place], &mut now);
        for (array, value) in next.iter_mut().zip(now) {
            array.values[place] = value;
        }
    }
    next
}

/// Changes `now`, one element of the parameter and of each state.
fn element(update: &Update, mut g: f64, now: &mut [f64]) {
    match *update {
        Update::Sgd {
            lr,
            momentum,
            dampening,
            weight_decay,
            nesterov,
            first,
        } => {
            g += weight_decay * now[0];
            if momentum != 0.0 {
                now[1] = if first {
                    g
                } else {
                    momentum * now[1] + (1.0 - dampening) * g
                };
                g = if nesterov {
                    g + momentum * now[1]
                } else {
                    now[1]
                };
            }
            now[0] -= lr * g;
        }
        Update::Adam {
            lr,
            beta1,
            beta2,
            epsilon,
            weight_decay,
            decoupled,
            amsgrad,
            step,
        } => {
            if decoupled {
                now[0] *= 1.0 - lr * weight_decay;
            } else {
                g += weight_decay * now[0];
            }
            now[1] = beta1 * now[1] + (1.0 - beta1) * g;
            now[2] = beta2 * now[2] + (1.0 - beta2) * g * g;
            let mut square = now[2];
            if amsgrad {
                now[3] = now[3].max(square);
                square = now[3];
            }
            let mean = now[1] / (1.0 - beta1.powf(step as f64));
            let deviation = (square / (1.0 - beta2.powf(step as f64))).sqrt();
            now[0] -= lr * mean / (deviation + epsilon);
        }
        Update::RmsProp {
            lr,
            alpha,
            epsilon,
            weight_decay,
            momentum,
            centered,
        } => {
            g += weight_decay * now[0];
            now[1] = alpha * now[1] + (1.0 - alpha) * g * g;
            let mut variance = now[1];
            if centered {
                now[2] = alpha * now[2] + (1.0 - alpha) * g;
                variance -= now[2] * now[2];
            }
            let mut velocity = g / (variance.sqrt() + epsilon);
            if momentum != 0.0 {
                let buffer = now
                    .last_mut()
                    .expect("the momentum buffer is the last state");
                *buffer = momentum * *buffer + velocity;
                velocity = *buffer;
            }
            now[0] -= lr * velocity;
        }
        Update::Adagrad {
            lr,
            lr_decay,
            epsilon,
            weight_decay,
            step,
        } => {
            g += weight_decay * now[0];
            now[1] += g * g;
            let lr = lr / (1.0 + (step as f64 - 1.0) * lr_decay);
            now[0] -= lr * g / (now[1].sqrt() + epsilon);
        }
    }
}
