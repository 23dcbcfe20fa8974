//! The training digits that look most like a drawing.

use hammerhead::datasets::{Dataset as _, ImageSet};
use serde::Serialize;

use super::pictures::Picture;

/// How many are shown.
const SHOWN: usize = 8;

/// A training digit and how far it is away.
#[derive(Serialize)]
pub struct Neighbour {
    label: u8,
    /// The root of the mean square of the difference of pixels, which are from 0 to 1.
    distance: f64,
    picture: Picture,
}

/// The nearest digits, the nearest first.
pub fn nearest(known: &ImageSet, digit: &[f32]) -> Vec<Neighbour> {
    let bytes: Vec<u8> = digit
        .iter()
        .map(|share| (share * 255.0).round() as u8)
        .collect();
    let mut order: Vec<(u32, usize)> = (0..known.len())
        .map(|i| (difference(known.picture(i), &bytes), i))
        .collect();
    let shown = SHOWN.min(order.len());
    if shown < order.len() {
        order.select_nth_unstable(shown);
    }
    order.truncate(shown);
    order.sort_unstable();
    order
        .into_iter()
        .map(|(sum, i)| Neighbour {
            label: known.label_bytes()[i],
            distance: (f64::from(sum) / bytes.len() as f64).sqrt() / 255.0,
            picture: Picture::of_bytes(known.width(), known.picture(i)),
        })
        .collect()
}

/// The sum of the squares of the differences.
fn difference(a: &[u8], b: &[u8]) -> u32 {
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first() {
        let pixels = [
            [0u8; 4],
            [255, 0, 0, 0],
            [250, 0, 0, 0],
            [255, 255, 255, 255],
        ]
        .concat();
        let known = ImageSet::new(2, 2, pixels, vec![0, 1, 2, 3]);
        let found = nearest(&known, &[1.0, 0.0, 0.0, 0.0]);
        let labels: Vec<u8> = found.iter().map(|one| one.label).collect();
        assert_eq!(labels, [1, 2, 0, 3]);
        assert_eq!((found[0].distance, found[2].distance), (0.0, 0.5));
    }
}
