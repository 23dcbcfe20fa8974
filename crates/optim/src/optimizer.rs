//! Parameters in groups, stepped together.

use hammerhead_autograd::Autograd;
use hammerhead_tensor::prim::Update;
use hammerhead_tensor::{DType, Tensor, no_grad};

use crate::pattern::matches;
use crate::{StateError, Step};

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
    ///
    /// What depends on the step is left to the instruction, which [`Update::at`] can count anew.
    fn update(&self, step: u64) -> Update;
}

/// Parameters that share settings.
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_optim::{Algorithm, Optimizer, Sgd};
/// use hammerhead_tensor::tensor;
/// let mut optimizer = Optimizer::new([("w", tensor(1.0).requires_grad_())], Sgd::new(0.1));
/// let group = &mut optimizer.groups_mut()[0];
/// group.settings.set_lr(0.2);
/// assert!(group.names().eq(["w"]));
/// ```
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
    /// Steps made, unless the device counts them.
    pub(crate) steps: u64,
}

/// Steps parameters by an [`Algorithm`] (PyTorch's `torch.optim.Optimizer`). Each step is one in-place pass over
/// parameter, gradient and state.
pub struct Optimizer<A: Algorithm> {
    groups: Vec<Group<A>>,
    /// The steps made of each parameter, `I64`, once the device decides which are.
    counts: Option<Tensor>,
}

impl<A: Algorithm> Optimizer<A> {
    /// An optimiser of named parameters, in one group (PyTorch's `optim.SGD(params, ..)` and so on).
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// assert_eq!(optimizer.groups()[0].names().collect::<Vec<_>>(), ["w"]);
    /// ```
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
            counts: None,
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
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// assert_eq!(optimizer.groups().len(), 1);
    /// ```
    pub fn groups(&self) -> &[Group<A>] {
        &self.groups
    }

    /// The groups, to change settings.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// optimizer.groups_mut()[0].settings = Sgd::new(0.2);
    /// assert_eq!(optimizer.lrs(), [0.2]);
    /// ```
    pub fn groups_mut(&mut self) -> &mut [Group<A>] {
        &mut self.groups
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.groups.iter().flat_map(|group| &group.slots)
    }

    /// The steps made of each parameter; waits for the device if it decides which are.
    fn steps(&self) -> Vec<u64> {
        match &self.counts {
            None => self.slots().map(|slot| slot.steps).collect(),
            Some(counts) => {
                let counts = counts.to_vec::<i64>();
                counts.into_iter().map(|count| count as u64).collect()
            }
        }
    }

    /// Counts the steps on the host again.
    fn settle(&mut self) {
        if self.counts.is_none() {
            return;
        }
        let steps = self.steps();
        self.counts = None;
        let slots = self.groups.iter_mut().flat_map(|group| &mut group.slots);
        slots
            .zip(steps)
            .for_each(|(slot, steps)| slot.steps = steps);
    }

    /// Counts a step of every parameter that has a gradient, where `go` holds, and gives the counts.
    fn count(&mut self, go: &Tensor) -> Tensor {
        let place = |numbers: Vec<i64>| {
            let size = numbers.len();
            Tensor::from_vec(numbers, [size]).to(go.device())
        };
        let counts = match self.counts.take() {
            Some(counts) => counts.to(go.device()),
            None => place(self.slots().map(|slot| slot.steps as i64).collect()),
        };
        let stepping: Vec<i64> = self
            .slots()
            .map(|slot| i64::from(slot.parameter.grad().is_some()))
            .collect();
        let go = go.to_dtype(DType::I64);
        if stepping.contains(&0) {
            counts.add_(&(place(stepping) * go));
        } else {
            counts.add_(&go);
        }
        self.counts = Some(counts.clone());
        counts
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

    /// A step if there is a gradient; one that the device decides on if it is given whether and which.
    fn step<A: Algorithm>(&mut self, settings: &A, decided: Option<(&Tensor, Tensor)>) {
        let Some(grad) = self.parameter.grad() else {
            return;
        };
        self.ensure_states(settings);
        let states: Vec<&Tensor> = self.states.iter().take(settings.used_states()).collect();
        let parameter = &self.parameter;
        let outcome = match decided {
            None => {
                self.steps += 1;
                parameter.update_(settings.update(self.steps), &grad, &states)
            }
            Some((go, number)) => {
                parameter.update_if_(go, &number, settings.update(1), &grad, &states)
            }
        };
        outcome.unwrap_or_else(|error| panic!("optimizer step of {}: {error}", self.name));
    }
}

impl<A: Algorithm> Step for Optimizer<A> {
    fn step(&mut self) {
        self.settle();
        no_grad(|| {
            for group in &mut self.groups {
                group
                    .slots
                    .iter_mut()
                    .for_each(|slot| slot.step(&group.settings, None));
            }
        });
    }

    fn step_if(&mut self, go: &Tensor) {
        no_grad(|| {
            let counts = self.count(go);
            let mut index = 0;
            for group in &mut self.groups {
                for slot in &mut group.slots {
                    slot.step(&group.settings, Some((go, counts.select(0, index))));
                    index += 1;
                }
            }
        });
    }

    fn zero_grad(&mut self) {
        self.slots().for_each(|slot| slot.parameter.zero_grad());
    }

    fn parameters(&self) -> Vec<Tensor> {
        self.slots().map(|slot| slot.parameter.clone()).collect()
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
        crate::state::save(&self.groups, &self.steps())
    }

    fn load_state_dict(&mut self, state: &[(String, Tensor)]) -> Result<(), StateError> {
        crate::state::load(&mut self.groups, state)?;
        self.counts = None;
        Ok(())
    }
}
