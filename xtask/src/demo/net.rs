//! A network with its weights.

use std::path::Path;

use clap::ValueEnum;
use hammerhead::nn::{Mode, Module, ModuleState, StateDict, Strictness, load_file};
use hammerhead::prelude::*;

use crate::failure::Failure;
use crate::mnist::network::Network;
use crate::mnist::train::NORMALIZATION;

/// A network for digits that answers one drawing at a time.
pub struct Net {
    pub kind: Network,
    pub module: Box<dyn Module>,
}

impl Net {
    /// One that has learnt nothing.
    pub fn fresh(kind: Network) -> Self {
        manual_seed(42);
        Self {
            kind,
            module: kind.build(),
        }
    }

    /// The network whose weights a file holds, whichever it is.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let (state, _) = load_file(path).map_err(|e| Failure::input(format!("--model: {e}")))?;
        let nets = Network::value_variants()
            .iter()
            .map(|kind| Self::fresh(*kind));
        let mut whys = Vec::new();
        for net in nets {
            match net.adopt(&state) {
                Ok(()) => return Ok(net),
                Err(_) => whys.push(net.kind.name()),
            }
        }
        Err(Failure::input(format!(
            "--model {}: holds the weights of none of the networks {}; give a model.safetensors that `cargo xtask \
             mnist` left",
            path.display(),
            whys.join(", ")
        )))
    }

    /// Takes over weights, all of them or none.
    pub fn adopt(&self, state: &StateDict) -> Result<(), String> {
        let loaded = self.module.load_state_dict(state, Strictness::Strict);
        loaded.map(drop).map_err(|e| e.to_string())
    }

    /// What it thinks a digit `[28, 28]` is: the probability of each.
    pub fn probabilities(&self, digit: &Tensor) -> Vec<f64> {
        let (mean, std) = NORMALIZATION;
        let input = (digit - f64::from(mean)) / f64::from(std);
        let scores = no_grad(|| {
            self.module
                .forward(input.reshape([1, 1, 28, 28]), Mode::Eval)
        });
        scores.double().softmax(1).to_vec()
    }

    /// The digit that it thinks most likely.
    pub fn guess(&self, digit: &Tensor) -> u8 {
        let all = self.probabilities(digit);
        let best = (0..all.len()).max_by(|&a, &b| all[a].total_cmp(&all[b]));
        best.unwrap_or(0) as u8
    }
}
