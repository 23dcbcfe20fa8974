//! Training steps and inference of whole networks.

use super::scale::Scale;
use crate::bench::case::Case;
use crate::bench::network::Network;

/// What there is: a name, channels and size of the pictures.
const NETWORKS: [(&str, usize, usize); 4] = [
    ("mlp", 1, 28),
    ("cnn", 1, 28),
    ("resnet18", 1, 28),
    ("resnet18", 3, 224),
];

pub fn cases(scale: Scale) -> Vec<Case> {
    let batch = scale.pick(4, 64, 64);
    let networks = &NETWORKS[..scale.pick(2, 3, 4)];
    let mut cases = Vec::new();
    for &(name, channels, size) in networks {
        let network = network(name, [batch, channels, size, size]);
        cases.extend([true, false].map(|training| network.case(training)));
    }
    cases
}

/// A network for ten classes, trained without momentum.
pub fn network(name: &'static str, shape: [usize; 4]) -> Network {
    Network {
        name,
        shape,
        classes: 10,
        momentum: 0.0,
    }
}
