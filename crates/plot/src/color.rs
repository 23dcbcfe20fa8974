//! Colours that a colour-blind reader can tell apart, for paper and for the dark.

/// A colour by its role; [`Theme`] knows its shade.
///
/// The named ones are Okabe and Ito's, of which the dark theme takes lighter shades
/// ([Color Universal Design](https://jfly.uni-koeln.de/color/)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// The first series.
    Blue,
    /// The second series, and what the lesson draws in red: vermilion.
    Red,
    /// The third series: bluish green.
    Green,
    /// The fourth series: reddish purple.
    Purple,
    /// The fifth series.
    Orange,
    /// The sixth series: sky blue.
    Sky,
    /// The text's own colour.
    Ink,
    /// What stands back: labels, lines of reference.
    Grey,
    /// Red, green and blue, the same in both themes.
    Rgb(u8, u8, u8),
}

/// The colours that unnamed series take in turn.
pub(crate) const SERIES: [Color; 6] = [
    Color::Blue,
    Color::Red,
    Color::Green,
    Color::Purple,
    Color::Orange,
    Color::Sky,
];

/// What a picture stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on near-black.
    Dark,
}

/// Red, green and blue.
pub(crate) type Rgb = [u8; 3];

/// A colour and how much it covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Paint {
    pub rgb: Rgb,
    pub alpha: f64,
}

impl From<Rgb> for Paint {
    fn from(rgb: Rgb) -> Self {
        Paint { rgb, alpha: 1.0 }
    }
}

impl Theme {
    pub(crate) fn background(self) -> Rgb {
        match self {
            Theme::Light => [0xff, 0xff, 0xff],
            Theme::Dark => [0x15, 0x19, 0x1f],
        }
    }

    /// Frames of axes.
    pub(crate) fn axis(self) -> Rgb {
        match self {
            Theme::Light => [0x8c, 0x95, 0x9f],
            Theme::Dark => [0x5f, 0x6b, 0x78],
        }
    }

    /// Lines behind the data.
    pub(crate) fn grid(self) -> Rgb {
        match self {
            Theme::Light => [0xe6, 0xe9, 0xed],
            Theme::Dark => [0x29, 0x30, 0x39],
        }
    }

    pub(crate) fn shade(self, color: Color) -> Rgb {
        let (light, dark) = match color {
            Color::Blue => ([0x00, 0x72, 0xb2], [0x4a, 0xa3, 0xe0]),
            Color::Red => ([0xd5, 0x5e, 0x00], [0xf5, 0x85, 0x3f]),
            Color::Green => ([0x00, 0x9e, 0x73], [0x2c, 0xc1, 0x97]),
            Color::Purple => ([0xcc, 0x79, 0xa7], [0xe0, 0x9a, 0xc2]),
            Color::Orange => ([0xe6, 0x9f, 0x00], [0xf2, 0xbd, 0x42]),
            Color::Sky => ([0x56, 0xb4, 0xe9], [0x8f, 0xd3, 0xf7]),
            Color::Ink => ([0x1f, 0x23, 0x28], [0xe6, 0xe9, 0xed]),
            Color::Grey => ([0x59, 0x63, 0x6e], [0x9a, 0xa5, 0xb1]),
            Color::Rgb(r, g, b) => ([r, g, b], [r, g, b]),
        };
        match self {
            Theme::Light => light,
            Theme::Dark => dark,
        }
    }

    /// A step from the background (0) to the full colour (1), for cells that show a number.
    pub(crate) fn ramp(self, color: Color, share: f64) -> Rgb {
        mix(self.background(), self.shade(color), share)
    }

    /// Black or white, whichever can be read better on `behind`.
    pub(crate) fn text_on(behind: Rgb) -> Rgb {
        let (black, white) = (Theme::Light.shade(Color::Ink), [0xff, 0xff, 0xff]);
        if contrast(black, behind) > contrast(white, behind) {
            black
        } else {
            white
        }
    }
}

/// The colour `share` of the way from one to another.
pub(crate) fn mix(from: Rgb, to: Rgb, share: f64) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|i| {
        (f64::from(from[i]) + (f64::from(to[i]) - f64::from(from[i])) * share).round() as u8
    })
}

/// Relative luminance, from 0 to 1, as the contrast rules of the web define it.
pub(crate) fn luminance(rgb: Rgb) -> f64 {
    let linear = rgb.map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

/// How well one can be read on the other, from 1 to 21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_the_first_series_stand_out_from_the_background() {
        for theme in [Theme::Light, Theme::Dark] {
            for text in [Color::Ink, Color::Grey] {
                assert!(contrast(theme.shade(text), theme.background()) > 4.5);
            }
            for series in &SERIES[..3] {
                assert!(contrast(theme.shade(*series), theme.background()) > 3.0);
            }
        }
    }

    #[test]
    fn text_on_any_step_of_a_ramp_can_be_read() {
        for theme in [Theme::Light, Theme::Dark] {
            for color in [Color::Blue, Color::Ink, Color::Red] {
                for step in 0..=20 {
                    let behind = theme.ramp(color, f64::from(step) / 20.0);
                    let ratio = contrast(Theme::text_on(behind), behind);
                    assert!(ratio > 3.9, "{theme:?} {color:?} {step}: {ratio}");
                }
            }
        }
    }
}
