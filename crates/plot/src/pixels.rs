//! Pictures made of numbers.

use hammerhead_tensor::{DType, Tensor};

use crate::Values;
use crate::color::{Color, Rgb, Theme, mix};

/// How the numbers of a grey picture become light and dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shading {
    /// The greatest number is the colour of ink and the least that of the paper, as the lesson shows digits
    /// (matplotlib's `Greys`). In the dark theme ink is light.
    #[default]
    Ink,
    /// The greatest number is white and the least black in both themes, as photographs are shown.
    Light,
    /// Zero is the colour of the paper, numbers below it turn red and those above it blue: for weights and
    /// gradients.
    Signed,
}

/// A picture: rows from the top.
#[derive(Clone, Debug)]
pub(crate) struct Pixels {
    pub width: usize,
    pub height: usize,
    data: Data,
}

#[derive(Clone, Debug)]
enum Data {
    /// Numbers, and those at the ends of the scale.
    Grey(Vec<f64>, f64, f64),
    Rgb(Vec<Rgb>),
}

impl Pixels {
    /// Reads a tensor `[h, w]`, `[1, h, w]`, `[3, h, w]` or `[h, w, 3]`.
    #[track_caller]
    pub fn of(operation: &str, tensor: &Tensor) -> Self {
        match *tensor.shape() {
            [height, width] | [1, height, width] | [height, width, 1] => {
                let values = tensor.values();
                let (low, high) = scale(&values, tensor.dtype());
                Self {
                    width,
                    height,
                    data: Data::Grey(values, low, high),
                }
            }
            [3, height, width] => Self::coloured(&tensor.permute([1, 2, 0]), width, height),
            [height, width, 3] => Self::coloured(tensor, width, height),
            _ => panic!(
                "{operation}: a tensor of shape {:?}; expected [h, w] or [1, h, w] for grey, [3, h, w] or [h, w, 3] \
                 for colours; help: take one picture of a batch with .i(0)",
                tensor.shape()
            ),
        }
    }

    fn coloured(tensor: &Tensor, width: usize, height: usize) -> Self {
        let values = tensor.values();
        let (low, high) = scale(&values, tensor.dtype());
        let byte = |value: f64| ((value - low) / (high - low) * 255.0).round() as u8;
        let pixels = values.as_chunks::<3>().0;
        Self {
            width,
            height,
            data: Data::Rgb(pixels.iter().map(|rgb| rgb.map(byte)).collect()),
        }
    }

    /// The colour of each pixel, row by row.
    pub fn rgb(&self, theme: Theme, shading: Shading) -> Vec<Rgb> {
        let (values, low, high) = match &self.data {
            Data::Rgb(pixels) => return pixels.clone(),
            Data::Grey(values, low, high) => (values, *low, *high),
        };
        let (paper, ink) = (theme.background(), theme.shade(Color::Ink));
        let reach = low.abs().max(high.abs());
        let pixel = |value: &f64| {
            let share = (value - low) / (high - low);
            match shading {
                _ if value.is_nan() => theme.grid(),
                Shading::Ink => mix(paper, ink, share),
                Shading::Light => mix([0; 3], [255; 3], share),
                Shading::Signed if *value < 0.0 => {
                    mix(paper, theme.shade(Color::Red), -value / reach)
                }
                Shading::Signed => mix(paper, theme.shade(Color::Blue), value / reach),
            }
        };
        values.iter().map(pixel).collect()
    }
}

/// Bytes run from 0 to 255, shares from 0 to 1, and other numbers from their least to their greatest.
fn scale(values: &[f64], dtype: DType) -> (f64, f64) {
    let (low, high) = crate::ticks::extent(values.iter().copied()).unwrap_or((0.0, 1.0));
    match dtype {
        DType::U8 => (0.0, 255.0),
        _ if low >= 0.0 && high <= 1.0 => (0.0, 1.0),
        _ if low == high => (low.min(0.0), high.max(0.0)),
        _ => (low, high),
    }
}

#[cfg(test)]
mod tests {
    use hammerhead_tensor::{Tensor, tensor};

    use super::*;

    fn greys(tensor: &Tensor) -> Vec<u8> {
        let pixels = Pixels::of("test", tensor).rgb(Theme::Light, Shading::Light);
        pixels.into_iter().map(|rgb| rgb[0]).collect()
    }

    #[test]
    fn numbers_are_scaled_by_what_they_are() {
        assert_eq!(greys(&tensor([[0.0, 0.2], [0.4, 1.0]])), [0, 51, 102, 255]);
        assert_eq!(greys(&tensor([[-1.0, 0.0], [3.0, 1.0]])), [0, 64, 255, 128]);
        assert_eq!(
            greys(&Tensor::from_vec(vec![0u8, 51, 102, 255], [2, 2])),
            [0, 51, 102, 255]
        );
        assert_eq!(greys(&tensor([[5.0, 5.0]])), [255, 255]);
        assert_eq!(
            greys(&tensor([[f64::NAN, f64::INFINITY, 0.5]])),
            [230, 255, 128]
        );
    }

    #[test]
    fn channels_may_come_first_or_last() {
        let last = Tensor::from_vec((1..=12).collect::<Vec<u8>>(), [2, 2, 3]);
        let first = last.permute([2, 0, 1]);
        for tensor in [first, last] {
            let pixels = Pixels::of("test", &tensor);
            assert_eq!((pixels.width, pixels.height), (2, 2));
            let rows = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]];
            assert_eq!(pixels.rgb(Theme::Light, Shading::Ink), rows);
        }
    }

    #[test]
    fn ink_is_dark_on_paper_and_light_in_the_dark() {
        let pixels = Pixels::of("test", &tensor([[0.0, 1.0]]));
        for theme in [Theme::Light, Theme::Dark] {
            let ends = [theme.background(), theme.shade(Color::Ink)];
            assert_eq!(pixels.rgb(theme, Shading::Ink), ends);
        }
    }

    #[test]
    #[should_panic(expected = "show_image: a tensor of shape [2, 3, 4, 4]; expected [h, w]")]
    fn a_batch_is_no_picture() {
        Pixels::of("show_image", &Tensor::zeros([2, 3, 4, 4]));
    }
}
