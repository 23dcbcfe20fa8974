//! 200 digits drawn as strokes: twenty of each, by the styles of `digits.toml` and a [`Hand`].

mod hand;
mod path;

use std::collections::BTreeMap;

use hammerhead::datasets::mnist_digit;

use super::drawing::Drawing;
use super::net::Net;
use crate::say::say;
use hand::Hand;

/// Drawings of each digit.
const EACH: usize = 20;
/// The seed of the hand.
const SEED: u64 = 42;

/// The drawings, each with the digit that it shows.
pub fn all() -> Vec<(u8, Drawing)> {
    let mut hand = Hand::new(SEED, 10 * EACH);
    let mut drawings = Vec::with_capacity(10 * EACH);
    for (digit, styles) in styles() {
        for i in 0..EACH {
            drawings.push((digit, hand.draw(&styles[i % styles.len()])));
        }
    }
    drawings
}

/// Asks a network for all of them, says what it takes for what, and gives how many it gets right, of how many.
pub fn measure(net: &Net) -> (usize, usize) {
    let mut counts = [[0; 10]; 10];
    for (digit, drawing) in all() {
        let guess = net.guess(&mnist_digit(&drawing.ink()));
        counts[usize::from(digit)][usize::from(guess)] += 1;
    }
    for (digit, row) in counts.iter().enumerate() {
        let wrong = (0..10).filter(|&other| other != digit && row[other] > 0);
        let wrong: Vec<String> = wrong
            .map(|other| format!(", {} taken for {other}", row[other]))
            .collect();
        say(format_args!(
            "{digit}: {} of {EACH}{}",
            row[digit],
            wrong.concat()
        ));
    }
    let right: usize = (0..10).map(|digit| counts[digit][digit]).sum();
    let all = 10 * EACH;
    let share = 100.0 * right as f64 / all as f64;
    say(format_args!(
        "digits drawn as strokes: {share:.1} % right ({right}/{all})"
    ));
    (right, all)
}

type Style = Vec<Vec<[f32; 2]>>;

/// The ways to write each digit.
fn styles() -> BTreeMap<u8, Vec<Style>> {
    const WHOLE: &str = "the file of the styles belongs to this program";
    let file: toml::Table = include_str!("digits.toml").parse().expect(WHOLE);
    file.into_iter()
        .map(|(digit, paths)| {
            let paths: Vec<String> = paths.try_into().expect(WHOLE);
            let styles = paths
                .iter()
                .map(|path| path::strokes(path).unwrap_or_else(|why| panic!("{WHOLE}: {why}")));
            (digit.parse().expect(WHOLE), styles.collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twenty_of_each_digit_all_on_the_sheet_and_no_two_alike() {
        let drawings = all();
        for digit in 0..10 {
            let own = drawings.iter().filter(|(label, _)| *label == digit);
            assert_eq!(own.count(), EACH, "{digit}");
        }
        for (i, (digit, drawing)) in drawings.iter().enumerate() {
            let mut points = drawing.strokes.iter().flatten().flatten();
            assert!(points.all(|x| (-0.05..=1.05).contains(x)), "{digit}");
            let same = |other: &(u8, Drawing)| other.1.strokes == drawing.strokes;
            assert!(!drawings[..i].iter().any(same), "{digit}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let strokes = || all().into_iter().map(|(_, drawing)| drawing.strokes);
        assert!(strokes().eq(strokes()));
    }
}
