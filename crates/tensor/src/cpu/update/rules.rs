//! The rules of the optimisers, for one element of a parameter and its state.

use super::super::float::Float;

/// What happens to one element of the `N` tensors that an update changes, the parameter first.
pub(super) trait Rule<T, const N: usize>: Copy + Sync {
    fn step(&self, grad: T, state: &mut [T; N]);
}

#[derive(Clone, Copy)]
pub(super) struct PlainSgd<T> {
    pub(super) lr: T,
    pub(super) weight_decay: T,
}

impl<T: Float> Rule<T, 1> for PlainSgd<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter]: &mut [T; 1]) {
        let grad = grad + self.weight_decay * *parameter;
        *parameter = *parameter - self.lr * grad;
    }
}

#[derive(Clone, Copy)]
pub(super) struct Sgd<T> {
    pub(super) lr: T,
    pub(super) momentum: T,
    pub(super) kept: T,
    pub(super) added: T,
    pub(super) weight_decay: T,
    pub(super) nesterov: bool,
    pub(super) first: bool,
}

impl<T: Float> Rule<T, 2> for Sgd<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter, velocity]: &mut [T; 2]) {
        let grad = grad + self.weight_decay * *parameter;
        // The first step must not read the velocity, which may hold anything, NaN too.
        let before = if self.first { T::default() } else { *velocity };
        *velocity = self.kept * before + self.added * grad;
        let step = if self.nesterov {
            grad + self.momentum * *velocity
        } else {
            *velocity
        };
        *parameter = *parameter - self.lr * step;
    }
}

#[derive(Clone, Copy)]
pub(super) struct Adam<T> {
    pub(super) step_size: T,
    pub(super) root_correction: T,
    pub(super) new1: T,
    pub(super) beta2: T,
    pub(super) new2: T,
    pub(super) epsilon: T,
    pub(super) kept: T,
    pub(super) penalty: T,
}

impl<T: Float> Adam<T> {
    /// The means, and the parameter after its decay.
    #[inline(always)]
    fn advance(&self, grad: T, parameter: T, mean: &mut T, square: &mut T) -> T {
        let grad = grad + self.penalty * parameter;
        *mean = *mean + self.new1 * (grad - *mean);
        *square = self.beta2 * *square + self.new2 * (grad * grad);
        self.kept * parameter
    }

    #[inline(always)]
    fn moved(&self, parameter: T, mean: T, square: T) -> T {
        parameter - self.step_size * (mean / (square.sqrt() / self.root_correction + self.epsilon))
    }
}

impl<T: Float> Rule<T, 3> for Adam<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter, mean, square]: &mut [T; 3]) {
        let decayed = self.advance(grad, *parameter, mean, square);
        *parameter = self.moved(decayed, *mean, *square);
    }
}

/// Adam that divides by the greatest mean square so far.
#[derive(Clone, Copy)]
pub(super) struct Amsgrad<T>(pub(super) Adam<T>);

impl<T: Float> Rule<T, 4> for Amsgrad<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter, mean, square, greatest]: &mut [T; 4]) {
        let decayed = self.0.advance(grad, *parameter, mean, square);
        let grown = *square > *greatest || square.is_nan();
        *greatest = if grown { *square } else { *greatest };
        *parameter = self.0.moved(decayed, *mean, *greatest);
    }
}

#[derive(Clone, Copy)]
pub(super) struct RmsProp<T> {
    pub(super) lr: T,
    pub(super) alpha: T,
    pub(super) new: T,
    pub(super) epsilon: T,
    pub(super) weight_decay: T,
    pub(super) momentum: T,
}

impl<T: Float> RmsProp<T> {
    /// The gradient with its penalty; advances the mean square.
    #[inline(always)]
    fn advance(&self, grad: T, parameter: T, square: &mut T) -> T {
        let grad = grad + self.weight_decay * parameter;
        *square = self.alpha * *square + self.new * (grad * grad);
        grad
    }

    /// The denominator when the mean is subtracted; advances the mean.
    #[inline(always)]
    fn centre(&self, grad: T, square: T, mean: &mut T) -> T {
        *mean = *mean + self.new * (grad - *mean);
        (square - *mean * *mean).sqrt() + self.epsilon
    }

    #[inline(always)]
    fn roll(&self, parameter: &mut T, velocity: &mut T, step: T) {
        *velocity = self.momentum * *velocity + step;
        *parameter = *parameter - self.lr * *velocity;
    }
}

impl<T: Float> Rule<T, 2> for RmsProp<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter, square]: &mut [T; 2]) {
        let grad = self.advance(grad, *parameter, square);
        *parameter = *parameter - self.lr * (grad / (square.sqrt() + self.epsilon));
    }
}

/// RMSprop with a velocity.
#[derive(Clone, Copy)]
pub(super) struct WithMomentum<T>(pub(super) RmsProp<T>);

impl<T: Float> Rule<T, 3> for WithMomentum<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter, square, velocity]: &mut [T; 3]) {
        let grad = self.0.advance(grad, *parameter, square);
        self.0
            .roll(parameter, velocity, grad / (square.sqrt() + self.0.epsilon));
    }
}

/// RMSprop that subtracts the squared mean, without and with a velocity.
#[derive(Clone, Copy)]
pub(super) struct Centered<T>(pub(super) RmsProp<T>);

impl<T: Float> Rule<T, 3> for Centered<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter, square, mean]: &mut [T; 3]) {
        let grad = self.0.advance(grad, *parameter, square);
        *parameter = *parameter - self.0.lr * (grad / self.0.centre(grad, *square, mean));
    }
}

impl<T: Float> Rule<T, 4> for Centered<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter, square, mean, velocity]: &mut [T; 4]) {
        let grad = self.0.advance(grad, *parameter, square);
        self.0.roll(
            parameter,
            velocity,
            grad / self.0.centre(grad, *square, mean),
        );
    }
}

#[derive(Clone, Copy)]
pub(super) struct Adagrad<T> {
    pub(super) lr: T,
    pub(super) epsilon: T,
    pub(super) weight_decay: T,
}

impl<T: Float> Rule<T, 2> for Adagrad<T> {
    #[inline(always)]
    fn step(&self, grad: T, [parameter, sum]: &mut [T; 2]) {
        let grad = grad + self.weight_decay * *parameter;
        *sum += grad * grad;
        *parameter = *parameter - self.lr * (grad / (sum.sqrt() + self.epsilon));
    }
}
