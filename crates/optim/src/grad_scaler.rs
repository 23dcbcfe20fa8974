//! Loss scaling, for gradients that pass through 16-bit floats.

use hammerhead_autograd::Autograd;
use hammerhead_tensor::{DType, Tensor, no_grad, stack, with_device};

use crate::{StateError, Step};

/// Scales a loss so that its gradients, on their way through [`F16`](DType::F16), do not vanish below the
/// smallest numbers of that dtype (PyTorch's `torch.amp.GradScaler`): Micikevicius and others, [Mixed Precision
/// Training](https://arxiv.org/abs/1710.03740).
///
/// The scale starts at 2^16. A step whose gradients are not all finite is left out, parameters and states
/// as they were, and halves the scale; after 2000 steps in a row that are made, the scale doubles. All of that is
/// decided where the gradients are: nothing waits for a device.
///
/// [`BF16`](DType::BF16) has the range of `F32` and needs no scaling.
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_optim::{GradScaler, Optimizer, Sgd, Step};
/// use hammerhead_tensor::{DType, Tensor, tensor, with_autocast};
///
/// let w = tensor([[1.0], [2.0]]).requires_grad_();
/// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
/// let mut scaler = GradScaler::new();
/// let y = with_autocast(DType::F16, || Tensor::ones([1, 2]).matmul(&w));
/// let loss = y.float().sum() * 0.5;
/// scaler.scale(&loss).backward();
/// scaler.step(&mut optimizer);
/// scaler.update();
/// optimizer.zero_grad();
/// assert_eq!(w.to_vec::<f32>(), [0.95, 1.95]);
/// ```
#[derive(Clone, Debug)]
pub struct GradScaler {
    growth_factor: f64,
    backoff_factor: f64,
    growth_interval: i64,
    /// `F32` of rank 0.
    scale: Tensor,
    /// Steps in a row that were made since the scale last changed, `I64` of rank 0.
    growth_tracker: Tensor,
    /// Since the last update: the optimisers whose gradients were unscaled, each known by its first parameter,
    /// and whether those are all finite.
    unscaled: Vec<(Option<Tensor>, Tensor)>,
    required: Option<Tensor>,
}

impl Default for GradScaler {
    fn default() -> Self {
        Self::new()
    }
}

impl GradScaler {
    /// A scaler with PyTorch's settings: 2^16 at first, halved by an overflow, doubled after 2000 steps without one.
    ///
    /// ```
    /// use hammerhead_optim::GradScaler;
    /// assert_eq!(GradScaler::new().current_scale(), 65_536.0);
    /// ```
    pub fn new() -> Self {
        Self {
            growth_factor: 2.0,
            backoff_factor: 0.5,
            growth_interval: 2000,
            scale: Tensor::full((), 65536.0),
            growth_tracker: Tensor::zeros_with((), DType::I64),
            unscaled: Vec::new(),
            required: None,
        }
    }

    /// What the scale starts at; 2^16 by default.
    ///
    /// ```
    /// use hammerhead_optim::GradScaler;
    /// assert_eq!(GradScaler::new().init_scale(8.0).current_scale(), 8.0);
    /// ```
    ///
    /// # Panics
    /// If it is not above 0 or not finite.
    #[track_caller]
    pub fn init_scale(mut self, scale: f64) -> Self {
        assert!(
            scale > 0.0 && (scale as f32).is_finite(),
            "GradScaler: a scale must be finite and above 0, got {scale}"
        );
        self.scale = Tensor::full((), scale);
        self
    }

    /// What the scale grows by; 2 by default.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{GradScaler, Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// let mut scaler = GradScaler::new().init_scale(8.0).growth_factor(4.0).growth_interval(1);
    /// scaler.scale(&w).backward();
    /// scaler.step(&mut optimizer);
    /// scaler.update();
    /// assert_eq!(scaler.current_scale(), 32.0);
    /// ```
    ///
    /// # Panics
    /// If it is not above 1.
    #[track_caller]
    pub fn growth_factor(mut self, factor: f64) -> Self {
        assert!(
            factor > 1.0,
            "GradScaler: a growth factor must be above 1, got {factor}"
        );
        self.growth_factor = factor;
        self
    }

    /// What the scale is multiplied by after an overflow; 0.5 by default.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{GradScaler, Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// let mut scaler = GradScaler::new().init_scale(8.0).backoff_factor(0.25);
    /// scaler.scale(&(&w * f64::INFINITY)).backward();
    /// scaler.step(&mut optimizer);
    /// scaler.update();
    /// assert_eq!((scaler.current_scale(), w.item()), (2.0, 1.0));
    /// ```
    ///
    /// # Panics
    /// If it is not between 0 and 1.
    #[track_caller]
    pub fn backoff_factor(mut self, factor: f64) -> Self {
        assert!(
            factor > 0.0 && factor < 1.0,
            "GradScaler: a backoff factor must be between 0 and 1, got {factor}"
        );
        self.backoff_factor = factor;
        self
    }

    /// Steps in a row without an overflow after which the scale grows; 2000 by default.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{GradScaler, Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// let mut scaler = GradScaler::new().init_scale(8.0).growth_interval(1);
    /// scaler.scale(&w).backward();
    /// scaler.step(&mut optimizer);
    /// scaler.update();
    /// assert_eq!(scaler.current_scale(), 16.0);
    /// ```
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn growth_interval(mut self, steps: usize) -> Self {
        assert!(
            steps > 0,
            "GradScaler: a growth interval is at least 1 step"
        );
        self.growth_interval = steps as i64;
        self
    }

    /// The scale now (PyTorch's `get_scale`). Waits for the device.
    ///
    /// ```
    /// use hammerhead_optim::GradScaler;
    /// assert_eq!(GradScaler::new().current_scale(), 65_536.0);
    /// ```
    pub fn current_scale(&self) -> f64 {
        self.scale.item()
    }

    /// A loss times the scale: what to call `backward` on.
    ///
    /// ```
    /// use hammerhead_optim::GradScaler;
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(GradScaler::new().init_scale(8.0).scale(&tensor(0.5)).item(), 4.0);
    /// ```
    pub fn scale(&mut self, loss: &Tensor) -> Tensor {
        let device = loss.device();
        self.scale = self.scale.to(device);
        self.growth_tracker = self.growth_tracker.to(device);
        loss * &self.scale
    }

    /// Divides an optimiser's gradients by the scale (PyTorch's `unscale_`). [`GradScaler::step`] does so
    /// unless it was done before, to clip the gradients for instance.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{GradScaler, Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// let mut scaler = GradScaler::new();
    /// scaler.scale(&(&w * 3.0)).backward();
    /// scaler.unscale(&optimizer);
    /// assert_eq!(w.grad().unwrap().item(), 3.0);
    /// ```
    ///
    /// # Panics
    /// If it was done before since the last update, or gradients are of a 16-bit dtype.
    #[track_caller]
    pub fn unscale(&mut self, optimizer: &dyn Step) {
        let parameters = optimizer.parameters();
        assert!(
            self.finite(&parameters).is_none(),
            "GradScaler: the gradients of this optimizer were unscaled before; call update() after its step"
        );
        let grads: Vec<Tensor> = parameters
            .iter()
            .filter_map(|parameter| parameter.grad())
            .collect();
        let finite = no_grad(|| {
            let inverse = self.scale.reciprocal();
            let sums: Vec<Tensor> = grads
                .iter()
                .map(|grad| unscale(&grad.detach(), &inverse))
                .collect();
            if sums.is_empty() {
                return with_device(self.scale.device(), || Tensor::full((), true));
            }
            stack(&sums, 0).is_finite().all()
        });
        self.unscaled.push((parameters.into_iter().next(), finite));
    }

    /// What was found when the gradients of these parameters were unscaled.
    fn finite(&self, parameters: &[Tensor]) -> Option<&Tensor> {
        let known = |first: &Option<Tensor>| match (first, parameters.first()) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        };
        let found = self.unscaled.iter().find(|(first, _)| known(first));
        found.map(|(_, finite)| finite)
    }

    /// Has the steps until the next update depend on one thing more, a bool of rank 0: that the loss is
    /// finite, for instance. What does not hold counts as an overflow.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{GradScaler, Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// let mut scaler = GradScaler::new();
    /// let loss = scaler.scale(&w);
    /// loss.backward();
    /// scaler.require(&tensor(false));
    /// scaler.step(&mut optimizer);
    /// assert_eq!(w.item(), 1.0);
    /// ```
    pub fn require(&mut self, condition: &Tensor) {
        self.required = Some(match self.required.take() {
            Some(others) => others.logical_and(condition),
            None => condition.clone(),
        });
    }

    /// The optimiser's step, if its gradients are all finite (PyTorch's `scaler.step(optimizer)`).
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{GradScaler, Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// let mut scaler = GradScaler::new();
    /// scaler.scale(&w).backward();
    /// scaler.step(&mut optimizer);
    /// assert_eq!(w.item(), 0.9f32.into());
    /// ```
    ///
    /// # Panics
    /// As [`Step::step_if`], and if gradients are of a 16-bit dtype.
    #[track_caller]
    pub fn step(&mut self, optimizer: &mut dyn Step) {
        let parameters = optimizer.parameters();
        if self.finite(&parameters).is_none() {
            self.unscale(optimizer);
        }
        let finite = self.finite(&parameters).expect("just unscaled");
        let go = match &self.required {
            Some(required) => finite.logical_and(required),
            None => finite.clone(),
        };
        optimizer.step_if(&go);
    }

    /// Makes the scale smaller or larger, after the steps of all optimisers (PyTorch's `scaler.update()`).
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{GradScaler, Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// let mut scaler = GradScaler::new();
    /// scaler.scale(&(&w * f64::NAN)).backward();
    /// scaler.step(&mut optimizer);
    /// scaler.update();
    /// assert_eq!(scaler.current_scale(), 32_768.0);
    /// ```
    ///
    /// # Panics
    /// If no gradient was looked at since the last update.
    #[track_caller]
    pub fn update(&mut self) {
        let found = self.unscaled.drain(..).map(|(_, finite)| finite);
        let finite = found
            .chain(self.required.take())
            .reduce(|all, finite| all.logical_and(&finite));
        let finite = finite.expect("GradScaler: update() comes after step() or unscale()");
        no_grad(|| {
            let made = &self.growth_tracker + 1;
            let due = made.ge(self.growth_interval);
            let grown = &self.scale * self.growth_factor;
            let grown = due
                .logical_and(&grown.is_finite())
                .select_from(&grown, &self.scale);
            self.scale = finite.select_from(&grown, &self.scale * self.backoff_factor);
            let counting = finite.logical_and(&due.logical_not());
            self.growth_tracker = counting.select_from(&made, 0);
        });
    }

    /// Scale and count of steps, under PyTorch's names.
    ///
    /// ```
    /// use hammerhead_optim::GradScaler;
    /// let state = GradScaler::new().state_dict();
    /// assert_eq!((state[0].0.as_str(), state[1].0.as_str()), ("scale", "growth_tracker"));
    /// ```
    pub fn state_dict(&self) -> Vec<(String, Tensor)> {
        vec![
            ("scale".to_owned(), self.scale.clone()),
            ("growth_tracker".to_owned(), self.growth_tracker.clone()),
        ]
    }

    /// Takes over a saved state; nothing changes unless all fits.
    ///
    /// ```
    /// use hammerhead_optim::GradScaler;
    /// let mut scaler = GradScaler::new();
    /// scaler.load_state_dict(&GradScaler::new().init_scale(8.0).state_dict())?;
    /// assert_eq!(scaler.current_scale(), 8.0);
    /// # Ok::<(), hammerhead_optim::StateError>(())
    /// ```
    ///
    /// # Errors
    /// When an entry is missing, unexpected, or of another shape or dtype.
    pub fn load_state_dict(&mut self, state: &[(String, Tensor)]) -> Result<(), StateError> {
        let own = self.state_dict();
        let known = |name: &str| own.iter().any(|(other, _)| other == name);
        if let Some((name, _)) = state.iter().find(|(name, _)| !known(name)) {
            return Err(StateError::Unexpected(name.clone()));
        }
        let find = |(name, own): &(String, Tensor)| {
            let found = state.iter().find(|(other, _)| other == name);
            let (_, tensor) = found.ok_or_else(|| StateError::Missing(name.clone()))?;
            if (tensor.shape(), tensor.dtype()) == (own.shape(), own.dtype()) {
                return Ok(tensor.copy());
            }
            Err(StateError::Mismatch {
                name: name.clone(),
                found: format!("{:?} {}", tensor.shape(), tensor.dtype()),
                expected: format!("{:?} {}", own.shape(), own.dtype()),
            })
        };
        let (scale, growth_tracker) = (find(&own[0])?, find(&own[1])?);
        (self.scale, self.growth_tracker) = (scale, growth_tracker);
        Ok(())
    }
}

/// Multiplies a gradient by the inverse scale and gives its sum before, which is finite if all of it is, unless
/// the sum itself is beyond `F32`: a step of that size is no use either.
#[track_caller]
fn unscale(grad: &Tensor, inverse: &Tensor) -> Tensor {
    assert!(
        !matches!(grad.dtype(), DType::F16 | DType::BF16),
        "GradScaler: gradients of {} lose what the scale was to save; keep the parameters in float32 and compute \
         in with_autocast(..)",
        grad.dtype()
    );
    let sum = grad.sum().to_dtype(DType::F32);
    grad.mul_(inverse);
    sum
}
