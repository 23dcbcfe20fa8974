//! A training run in the background.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use hammerhead::datasets::Mnist;
use hammerhead::learner::{Callback, Flow, Learner, Result as Fitted};
use hammerhead::nn::{ModuleState, StateDict};
use hammerhead::tensor::device::DeviceRef;
use hammerhead::tensor::{Cpu, with_threads};
use serde::Serialize;

use crate::failure::Failure;
use crate::mnist::network::Network;
use crate::mnist::settings::Settings;
use crate::mnist::train::learner;

/// Steps from one copy of the weights to the next.
const SHARED_EVERY: usize = 20;
/// Points of the curve that is sent.
const POINTS: usize = 300;

/// What is to be trained, and how far it is.
pub struct Training {
    settings: Settings,
    device: DeviceRef,
    digits: Mnist,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    running: bool,
    begun: Option<Instant>,
    seconds: f64,
    epoch: usize,
    steps: usize,
    losses: Vec<f64>,
    accuracies: Vec<f64>,
    error: Option<String>,
    weights: Option<StateDict>,
    version: u64,
}

/// Weights of a run, younger than those one has.
pub struct Newer {
    pub kind: Network,
    pub state: StateDict,
    pub version: u64,
}

/// How far the run is, for the page.
#[derive(Serialize)]
pub struct Report {
    running: bool,
    network: &'static str,
    seed: u64,
    epoch: usize,
    epochs: usize,
    step: usize,
    steps: usize,
    seconds: f64,
    /// Means of the losses of `every` steps each.
    losses: Vec<f64>,
    every: usize,
    accuracies: Vec<f64>,
    error: Option<String>,
    /// Grows with each copy of the weights that answers are made with.
    version: u64,
}

impl Training {
    /// Nothing is trained yet.
    pub fn new(settings: Settings, device: DeviceRef, digits: Mnist) -> Self {
        Self {
            settings,
            device,
            digits,
            state: Arc::default(),
            stop: Arc::default(),
            worker: Mutex::default(),
        }
    }

    /// Begins anew, with weights that know nothing.
    pub fn start(&self) -> Result<(), String> {
        let mut worker = locked(&self.worker);
        if locked(&self.state).running {
            return Err("a run is going on; stop it first".to_owned());
        }
        if let Some(done) = worker.take() {
            // What went wrong in it is in its state.
            let _ = done.join();
        }
        let version = locked(&self.state).version;
        *locked(&self.state) = State {
            running: true,
            begun: Some(Instant::now()),
            version,
            ..State::default()
        };
        self.stop.store(false, Relaxed);
        let (settings, device, digits) = (
            self.settings.clone(),
            self.device.clone(),
            self.digits.clone(),
        );
        let watch = Watch {
            state: self.state.clone(),
            stop: self.stop.clone(),
        };
        let run = move || {
            let ending = Ending(watch.state.clone());
            let fitted = with_threads(0, || fit(&settings, &device, digits, watch));
            if let Err(why) = fitted {
                locked(&ending.0).error = Some(why.to_string());
            }
        };
        let spawned = thread::Builder::new().spawn(run);
        *worker = Some(spawned.map_err(|e| {
            locked(&self.state).running = false;
            format!("no thread to train on: {e}")
        })?);
        Ok(())
    }

    /// Ends the run after its step; what it has learnt stays.
    pub fn stop(&self) {
        self.stop.store(true, Relaxed);
    }

    /// Waits for the run's end.
    pub fn join(&self) {
        if let Some(worker) = locked(&self.worker).take() {
            let _ = worker.join();
        }
    }

    /// The run's weights, if they are newer than a version.
    pub fn newer(&self, version: u64) -> Option<Newer> {
        let state = locked(&self.state);
        let weights = state.weights.as_ref().filter(|_| state.version > version)?;
        Some(Newer {
            kind: self.settings.model,
            state: weights.clone(),
            version: state.version,
        })
    }

    /// How far it is.
    pub fn report(&self) -> Report {
        let state = locked(&self.state);
        let every = state.losses.len().div_ceil(POINTS).max(1);
        let means = state
            .losses
            .chunks(every)
            .map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64);
        let now = state.begun.filter(|_| state.running);
        Report {
            running: state.running,
            network: self.settings.model.name(),
            seed: self.settings.seed,
            epoch: state.epoch,
            epochs: self.settings.epochs,
            step: state.losses.len(),
            steps: state.steps,
            seconds: now.map_or(state.seconds, |begun| begun.elapsed().as_secs_f64()),
            losses: means.collect(),
            every,
            accuracies: state.accuracies.clone(),
            error: state.error.clone(),
            version: state.version,
        }
    }
}

/// A run is over however it ends.
struct Ending(Arc<Mutex<State>>);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut state = locked(&self.0);
        state.running = false;
        state.seconds = state
            .begun
            .map_or(0.0, |begun| begun.elapsed().as_secs_f64());
        if thread::panicking() {
            state.error = Some("the run broke off; the terminal says why".to_owned());
        }
    }
}

fn fit(
    settings: &Settings,
    device: &DeviceRef,
    digits: Mnist,
    watch: Watch,
) -> Result<(), Failure> {
    let (learner, policy) = learner(settings, device, digits)?;
    let mut learner = learner.callback(watch);
    learner
        .fit_policy(settings.epochs, &policy)
        .map_err(Failure::check)
}

/// Tells how far a run is and ends it when asked to.
struct Watch {
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
}

impl Watch {
    /// Copies that the next steps leave alone, on the CPU.
    fn share(&self, learner: &Learner) {
        let copies: Result<StateDict, hammerhead::tensor::Error> = learner
            .model
            .state_dict()
            .into_iter()
            .map(|(name, tensor)| Ok((name, tensor.try_to(&Cpu::device())?.copy())))
            .collect();
        let mut state = locked(&self.state);
        match copies {
            Ok(copies) => {
                state.weights = Some(copies);
                state.version += 1;
            }
            Err(why) => state.error = Some(why.to_string()),
        }
    }
}

impl Callback for Watch {
    fn before_fit(&mut self, learner: &mut Learner) -> Fitted<()> {
        locked(&self.state).steps = learner.epochs() * learner.data.train.len();
        self.share(learner);
        Ok(())
    }

    fn after_batch(&mut self, learner: &mut Learner) -> Fitted<Flow> {
        let mut state = locked(&self.state);
        state.epoch = learner.epoch();
        let known = state.losses.len();
        state.losses.extend(&learner.recorder.losses[known..]);
        drop(state);
        if learner.step().is_multiple_of(SHARED_EVERY) {
            self.share(learner);
        }
        Ok(if self.stop.load(Relaxed) {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }

    fn after_epoch(&mut self, learner: &mut Learner) -> Fitted<Flow> {
        self.share(learner);
        let mut state = locked(&self.state);
        let known = state.losses.len();
        state.losses.extend(&learner.recorder.losses[known..]);
        state.accuracies = learner.recorder.metric("accuracy").unwrap_or_default();
        Ok(Flow::Continue)
    }
}

/// What is behind a lock is whole even if its last holder panicked: it is only ever replaced piece by piece.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
