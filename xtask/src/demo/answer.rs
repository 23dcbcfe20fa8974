//! What a network makes of a drawing, and how.

use std::cell::RefCell;
use std::rc::Rc;

use hammerhead::datasets::{ImageSet, mnist_digit};
use hammerhead::nn::{Entry, Module, ModuleExt, listen};
use serde::Serialize;

use super::drawing::Drawing;
use super::nearest::{Neighbour, nearest};
use super::net::Net;
use super::pictures::{self, Picture};

/// Maps of a layer that are shown.
const MAPS: usize = 16;
/// Pictures of weights that are shown.
const WEIGHTS: usize = 32;

/// The answer to a drawing.
#[derive(Serialize)]
pub struct Answer {
    /// The drawing as the network is shown it.
    digit: Picture,
    guess: u8,
    probabilities: Vec<f64>,
    layers: Vec<Layer>,
    nearest: Vec<Neighbour>,
}

/// What came out of a layer.
#[derive(Serialize)]
struct Layer {
    path: String,
    kind: &'static str,
    shape: Vec<usize>,
    maps: Vec<Picture>,
}

impl Answer {
    /// Asks a network.
    pub fn to(drawing: &Drawing, net: &Net, known: &ImageSet) -> Self {
        let digit = mnist_digit(&drawing.ink());
        let shares: Vec<f32> = digit.to_vec();
        let layers = Rc::new(RefCell::new(Vec::new()));
        let log = layers.clone();
        let listening = listen(move |call| {
            if is_leaf(call.module) {
                log.borrow_mut().push(Layer {
                    path: call.path.to_owned(),
                    kind: call.module.kind(),
                    shape: call.output.shape()[1..].to_vec(),
                    maps: pictures::of(call.output, MAPS),
                });
            }
        });
        let probabilities = net.probabilities(&digit);
        drop(listening);
        let best = |&a: &usize, &b: &usize| probabilities[a].total_cmp(&probabilities[b]);
        let guess = (0..probabilities.len()).max_by(best).unwrap_or(0);
        Self {
            digit: Picture::of_shares(28, &shares),
            guess: guess as u8,
            nearest: nearest(known, &shares),
            layers: layers.take(),
            probabilities,
        }
    }
}

fn is_leaf(module: &dyn Module) -> bool {
    let mut leaf = true;
    module.entries(&mut |_, entry| leaf &= !matches!(entry, Entry::Module(_)));
    leaf
}

/// The weights of the first layer, a picture for each of its units.
#[derive(Serialize)]
pub struct Weights {
    name: String,
    shape: Vec<usize>,
    pictures: Vec<Picture>,
}

impl Weights {
    /// Those of a network.
    pub fn of(net: &Net) -> Self {
        let parameters = net.module.named_parameters();
        let first = parameters
            .into_iter()
            .find(|(_, parameter)| parameter.rank() >= 2)
            .expect("every network has a layer with weights");
        let (name, weight) = (first.0, first.1.detach());
        let shape = weight.shape().to_vec();
        let grid = match shape[..] {
            [units, _, height, width] => weight.i((.., 0)).reshape([units, height, width]),
            [units, 784] => weight.reshape([units, 28, 28]),
            _ => weight,
        };
        Self {
            name,
            shape,
            pictures: pictures::of(&grid, WEIGHTS),
        }
    }
}
