//! Parameters in groups, stepped together.

use hammerhead_autograd::Autograd;
use hammerhead_tensor::prim::Update;
use hammerhead_tensor::{Tensor, no_grad};

use crate::StateError;
use crate::pattern::matches;

/// An optimiser's formula with its settings.
pub trait Algorithm: Clone + Send + 'static {
    /// The learning rate.
    fn lr(&self) -> f64;

    /// Sets the learning rate.
    fn set_lr(&mut self, lr: f64);

    /// Momentum, or Adam's first beta; `None` where there is neither.
    fn momentum(&self) -> Option<f64>;

    /// Sets momentum or the first beta; nothing where there is neither.
    fn set_momentum(&mut self, momentum: f64);

    /// PyTorch's names of the tensors kept for each parameter, in the order of [`Update`]'s outputs.
    fn states(&self) -> Vec<&'static str>;

    /// How many of the states, counted from the first, the next step changes; all of them unless a setting
    /// that changes between steps leaves some out.
    fn used_states(&self) -> usize {
        self.states().len()
    }

    /// Value that the states start at; 0 unless the formula says otherwise.
    fn initial_state(&self) -> f64 {
        0.0
    }

    /// The instruction of a step, counted from 1.
    fn update(&self, step: u64) -> Update;
}

/// Parameters that share settings.
pub struct Group<A> {
    /// Their settings.
    pub settings: A,
    pub(crate) slots: Vec<Slot>,
}

impl<A> Group<A> {
    /// The names of the parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.name.as_str())
    }
}

/// A parameter and what is remembered of it.
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) parameter: Tensor,
    pub(crate) states: Vec<Tensor>,
    pub(crate) steps: u64,
}

/// Steps parameters by an [`Algorithm`]. Each step is one in-place pass over parameter, gradient and
/// state.
pub struct Optimizer<A: Algorithm> {
    groups: Vec<Group<A>>,
}

/// What a training loop needs of any optimiser.
pub trait Step: Send {
    /// Changes every parameter that has a gradient.
    ///
    /// # Panics
    /// If a gradient has another shape, dtype or device than its parameter.
    fn step(&mut self);

    /// Forgets all gradients.
    fn zero_grad(&mut self);

    /// The parameters of all groups.
    fn parameters(&self) -> Vec<Tensor>;

    /// The learning rate of each group.
    fn lrs(&self) -> Vec<f64>;

    /// Sets one learning rate for all groups; to keep groups apart, see [`Step::set_lrs`].
    fn set_lr(&mut self, lr: f64);

    /// Sets the learning rate of each group.
    fn set_lrs(&mut self, lrs: &[f64]);

    /// Momentum (or first beta) of the first group, if its formula has any.
    fn momentum(&self) -> Option<f64>;

    /// Sets momentum (or the first beta) of all groups.
    fn set_momentum(&mut self, momentum: f64);

    /// Everything that decides the steps to come, besides the parameters themselves.
    fn state_dict(&self) -> Vec<(String, Tensor)>;

    /// Takes over a saved state; nothing changes unless all fits.
    ///
    /// # Errors
    /// When an entry is missing, unexpected or of another shape.
    fn load_state_dict(&mut self, state: &[(String, Tensor)]) -> Result<(), StateError>;
}

impl<A: Algorithm> Optimizer<A> {
    /// An optimiser of named parameters, in one group.
    pub fn new<N: Into<String>, T: Into<Tensor>>(
        parameters: impl IntoIterator<Item = (N, T)>,
        settings: A,
    ) -> Self {
        let slots = parameters
            .into_iter()
            .map(|(name, parameter)| Slot {
                name: name.into(),
                parameter: parameter.into(),
                states: Vec::new(),
                steps: 0,
            })
            .collect();
        Self {
            groups: vec![Group { settings, slots }],
        }
    }

    /// Moves the parameters whose names match a pattern of `*` and `?` into a group with settings of
    /// its own, made from those of the group they were in.
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_optim::{Optimizer, Sgd};
    /// use hammerhead_tensor::Tensor;
    /// let leaf = || Tensor::ones([2]).requires_grad_();
    /// let optimizer = Optimizer::new([("fc.weight", leaf()), ("fc.bias", leaf())], Sgd::new(0.1).weight_decay(1e-4))
    ///     .group("*.bias", |sgd| sgd.weight_decay(0.0));
    /// assert_eq!(optimizer.groups().len(), 2);
    /// ```
    pub fn group(mut self, pattern: &str, settings: impl FnOnce(A) -> A) -> Self {
        let mut moved = Vec::new();
        let mut base = None;
        for group in &mut self.groups {
            let (matching, rest): (Vec<Slot>, Vec<Slot>) = group
                .slots
                .drain(..)
                .partition(|slot| matches(pattern, &slot.name));
            group.slots = rest;
            if !matching.is_empty() {
                base.get_or_insert_with(|| group.settings.clone());
            }
            moved.extend(matching);
        }
        if let Some(base) = base {
            self.groups.push(Group {
                settings: settings(base),
                slots: moved,
            });
        }
        self
    }

    /// The groups.
    pub fn groups(&self) -> &[Group<A>] {
        &self.groups
    }

    /// The groups, to change settings.
    pub fn groups_mut(&mut self) -> &mut [Group<A>] {
        &mut self.groups
    }
}

impl Slot {
    /// States appear at the first step, so that parameters without gradients cost nothing.
    pub(crate) fn ensure_states<A: Algorithm>(&mut self, settings: &A) {
        let parameter = &self.parameter;
        self.states.resize_with(settings.states().len(), || {
            parameter.full_like(settings.initial_state())
        });
    }

    fn step<A: Algorithm>(&mut self, settings: &A) {
        let Some(grad) = self.parameter.grad() else {
            return;
        };
        self.ensure_states(settings);
        self.steps += 1;
        let states: Vec<&Tensor> = self.states.iter().take(settings.used_states()).collect();
        let outcome = self
            .parameter
            .update_(settings.update(self.steps), &grad.detach(), &states);
        outcome.unwrap_or_else(|error| panic!("optimizer step of {}: {error}", self.name));
    }
}

impl<A: Algorithm> Step for Optimizer<A> {
    fn step(&mut self) {
        no_grad(|| {
            for group in &mut self.groups {
                group
                    .slots
                    .iter_mut()
                    .for_each(|slot| slot.step(&group.settings));
            }
        });
    }

    fn zero_grad(&mut self) {
        self.groups
            .iter()
            .flat_map(|group| &group.slots)
            .for_each(|slot| slot.parameter.zero_grad());
    }

    fn parameters(&self) -> Vec<Tensor> {
        self.groups
            .iter()
            .flat_map(|group| &group.slots)
            .map(|slot| slot.parameter.clone())
            .collect()
    }

    fn lrs(&self) -> Vec<f64> {
        self.groups
            .iter()
            .map(|group| group.settings.lr())
            .collect()
    }

    fn set_lr(&mut self, lr: f64) {
        self.groups
            .iter_mut()
            .for_each(|group| group.settings.set_lr(lr));
    }

    fn set_lrs(&mut self, lrs: &[f64]) {
        self.groups
            .iter_mut()
            .zip(lrs)
            .for_each(|(group, &lr)| group.settings.set_lr(lr));
    }

    fn momentum(&self) -> Option<f64> {
        self.groups
            .first()
            .and_then(|group| group.settings.momentum())
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.groups
            .iter_mut()
            .for_each(|group| group.settings.set_momentum(momentum));
    }

    fn state_dict(&self) -> Vec<(String, Tensor)> {
        crate::state::save(&self.groups)
    }

    fn load_state_dict(&mut self, state: &[(String, Tensor)]) -> Result<(), StateError> {
        crate::state::load(&mut self.groups, state)
    }
}
