//! Training steps and inference of whole networks.

use crate::bench::case::Case;
use crate::bench::network::Network;

const fn network(name: &'static str, shape: [usize; 4], classes: usize, momentum: f64) -> Network {
    Network {
        name,
        shape,
        classes,
        momentum,
    }
}

/// The convolutional network of 1-32-64 and 9216-128-10 on batches of digits.
pub const DIGITS_CNN: Network = network("cnn", [64, 1, 28, 28], 10, 0.9);

/// Those that are trained.
const TRAINED: [Network; 5] = [
    network("simple", [256, 1, 28, 28], 2, 0.0),
    network("mlp", [64, 1, 28, 28], 10, 0.0),
    DIGITS_CNN,
    network("resnet18", [64, 1, 28, 28], 10, 0.9),
    network("resnet18", [16, 3, 224, 224], 1000, 0.9),
];

/// Those that only look.
const LOOKING: [Network; 3] = [
    network("cnn", [1000, 1, 28, 28], 10, 0.0),
    network("resnet18", [8, 3, 224, 224], 1000, 0.0),
    network("resnet18", [1, 3, 224, 224], 1000, 0.0),
];

/// To see that all of it runs, on few small pictures.
const QUICK: [Network; 4] = [
    network("simple", [4, 1, 28, 28], 2, 0.0),
    network("mlp", [4, 1, 28, 28], 10, 0.0),
    network("cnn", [4, 1, 28, 28], 10, 0.9),
    network("resnet18", [2, 3, 32, 32], 10, 0.9),
];

pub fn cases(quick: bool) -> Vec<Case> {
    let (trained, looking) = match quick {
        true => (&QUICK[..], &QUICK[..]),
        false => (&TRAINED[..], &LOOKING[..]),
    };
    let training = trained.iter().map(|network| network.case(true));
    let inference = looking.iter().map(|network| network.case(false));
    let narrow = looking.iter().map(|network| network.narrow_case());
    training.chain(inference).chain(narrow).collect()
}
