//! The hand that draws: how wide its pen is, how large it writes, how far it leans, and where on the sheet.

use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use crate::demo::drawing::Drawing;

/// The pen's width as a share of the digit's height.
const PEN: [f32; 2] = [0.06, 0.16];
/// The digit's height as a share of the sheet's.
const SIZE: [f32; 2] = [0.3, 0.8];
/// How far the top leans to the right, as a share of the height.
const SLANT: [f32; 2] = [-0.2, 0.35];

/// Draws a style in as many ways as are asked for; the same seed gives the same drawings.
pub struct Hand {
    numbers: std::vec::IntoIter<f32>,
}

impl Hand {
    /// A hand for so many drawings.
    pub fn new(seed: u64, drawings: usize) -> Self {
        let numbers = with_generator(&mut TorchGenerator::new(seed), || {
            Tensor::rand([drawings * 5])
        });
        Self {
            numbers: numbers.to_vec().into_iter(),
        }
    }

    fn between(&mut self, [low, high]: [f32; 2]) -> f32 {
        let share = self.numbers.next().expect("five numbers for each drawing");
        low + (high - low) * share
    }

    /// The strokes of a style, drawn by this hand.
    pub fn draw(&mut self, style: &[Vec<[f32; 2]>]) -> Drawing {
        let (size, slant) = (self.between(SIZE), self.between(SLANT));
        let pen = size * self.between(PEN);
        let (top, bottom) = extent(style, 1);
        let scale = size / (bottom - top);
        let mut strokes: Vec<Vec<[f32; 2]>> = style.to_vec();
        for [x, y] in strokes.iter_mut().flatten() {
            *y = (*y - bottom) * scale;
            *x = *x * scale - slant * *y;
        }
        // Anywhere on the sheet, with as little as possible beyond its edges.
        for axis in 0..2 {
            let (low, high) = extent(&strokes, axis);
            let room = [pen / 2.0 - low, 1.0 - pen / 2.0 - high];
            let shift = self.between(room);
            let points = strokes.iter_mut().flatten();
            points.for_each(|point| point[axis] += shift);
        }
        Drawing { strokes, pen }
    }
}

/// The least and the greatest coordinate.
fn extent(strokes: &[Vec<[f32; 2]>], axis: usize) -> (f32, f32) {
    let values = strokes.iter().flatten().map(|point| point[axis]);
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}
