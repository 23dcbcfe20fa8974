//! Numbers as pictures that the page draws in its own colours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hammerhead::prelude::*;
use serde::Serialize;

/// Rows of pixels: from 0, bare paper, to 255, full ink; or signed, where 128 is bare, less is red, more is blue.
#[derive(Serialize)]
pub struct Picture {
    width: usize,
    height: usize,
    signed: bool,
    pixels: String,
}

impl Picture {
    /// Bytes as they are.
    pub fn of_bytes(width: usize, pixels: &[u8]) -> Self {
        Self {
            width,
            height: pixels.len().checked_div(width).unwrap_or(0),
            signed: false,
            pixels: STANDARD.encode(pixels),
        }
    }

    /// Shares from 0 to 1.
    pub fn of_shares(width: usize, shares: &[f32]) -> Self {
        let bytes: Vec<u8> = shares
            .iter()
            .map(|share| (share * 255.0).round() as u8)
            .collect();
        Self::of_bytes(width, &bytes)
    }

    /// Numbers of which the greatest, of either sign, is `reach`.
    fn of_numbers(width: usize, numbers: &[f32], reach: f32, signed: bool) -> Self {
        let share = |number: f32| if reach > 0.0 { number / reach } else { 0.0 };
        let byte = |number: &f32| {
            let share = share(*number).clamp(-1.0, 1.0);
            if signed {
                (128.0 + 127.0 * share).round() as u8
            } else {
                (255.0 * share).round() as u8
            }
        };
        let bytes: Vec<u8> = numbers.iter().map(byte).collect();
        Self {
            signed,
            ..Self::of_bytes(width, &bytes)
        }
    }
}

/// What is in a tensor, `most` pictures at most, all on one scale: `[n, ...]` matrices, or a vector in rows.
pub fn of(tensor: &Tensor, most: usize) -> Vec<Picture> {
    let values: Vec<f32> = tensor.float().to_vec();
    let (width, size) = match *tensor.shape() {
        [.., height, width] if tensor.rank() >= 3 => (width, width * height),
        _ => (in_rows(values.len()), values.len()),
    };
    let reach = values
        .iter()
        .fold(0.0f32, |reach, value| reach.max(value.abs()));
    let signed = values.iter().any(|value| *value < 0.0);
    values
        .chunks(size.max(1))
        .take(most)
        .map(|numbers| Picture::of_numbers(width, numbers, reach, signed))
        .collect()
}

/// The length of the rows in which so many numbers look good.
fn in_rows(count: usize) -> usize {
    let fitting = [32, 16]
        .into_iter()
        .find(|width| count > 8 * width && count.is_multiple_of(*width));
    match fitting {
        Some(width) => width,
        None if count.is_multiple_of(16) => 16,
        None => count.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_share_a_scale_and_vectors_stand_in_rows() {
        let maps = of(
            &tensor([[[0.0, 1.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 2.0]]]),
            9,
        );
        let bytes = |picture: &Picture| STANDARD.decode(&picture.pixels).unwrap();
        assert_eq!(bytes(&maps[0]), [0, 64, 128, 255]);
        assert_eq!(bytes(&maps[1]), [0, 0, 0, 128]);
        assert!(!maps[0].signed);
        let vector = of(&tensor([[-1.0, 0.0, 0.5]]), 9);
        assert_eq!(bytes(&vector[0]), [1, 128, 192]);
        assert_eq!(
            (vector[0].width, vector[0].height, vector[0].signed),
            (3, 1, true)
        );
        assert_eq!([10, 16, 128, 256, 512].map(in_rows), [10, 16, 16, 16, 32]);
        assert_eq!(of(&Tensor::zeros([5, 3, 3]), 2).len(), 2);
    }
}
