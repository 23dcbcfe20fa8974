//! Sixel: pixels between the lines of a terminal, six rows in a band.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::color::Rgb;
use crate::draw::scene::Scene;
use crate::output::raster;

/// Colours that every sixel terminal has registers for.
const REGISTERS: usize = 256;

pub(super) fn text(scene: &Scene) -> String {
    let (width, pixels) = raster::pixels(scene, 1.0);
    encode(width, &pixels)
}

fn encode(width: usize, pixels: &[Rgb]) -> String {
    let (palette, indices) = quantised(pixels);
    let height = pixels.len() / width;
    let mut out = format!("\x1bP0;1q\"1;1;{width};{height}");
    for (i, rgb) in palette.iter().enumerate() {
        let [r, g, b] = rgb.map(|channel| (u32::from(channel) * 100 + 127) / 255);
        write!(out, "#{i};2;{r};{g};{b}").expect("text grows");
    }
    for band in indices.chunks(width * 6) {
        let mut rows: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for (at, color) in band.iter().enumerate() {
            let row = rows.entry(*color).or_insert_with(|| vec![0; width]);
            row[at % width] |= 1 << (at / width);
        }
        for (i, (color, row)) in rows.iter().enumerate() {
            // `$` goes back to the start of the band.
            let back = if i == 0 { "" } else { "$" };
            write!(out, "{back}#{color}").expect("text grows");
            run_lengths(&mut out, row);
        }
        out.push('-');
    }
    out + "\x1b\\\n"
}

fn run_lengths(out: &mut String, row: &[u8]) {
    for run in row.chunk_by(|a, b| a == b) {
        let sign = char::from(63 + run[0]);
        match run.len() {
            1..=3 => out.extend(std::iter::repeat_n(sign, run.len())),
            length => write!(out, "!{length}{sign}").expect("text grows"),
        }
    }
}

/// A palette and each pixel's place in it; channels lose as many bits as it takes to fit.
fn quantised(pixels: &[Rgb]) -> (Vec<Rgb>, Vec<usize>) {
    for lost in 0..8 {
        let round = |rgb: &Rgb| rgb.map(|channel| (channel >> lost) << lost);
        let mut places: BTreeMap<Rgb, usize> = pixels.iter().map(|rgb| (round(rgb), 0)).collect();
        if places.len() > REGISTERS {
            continue;
        }
        for (i, place) in places.values_mut().enumerate() {
            *place = i;
        }
        let indices = pixels.iter().map(|rgb| places[&round(rgb)]).collect();
        // The middle of what was rounded together.
        let half = if lost == 0 { 0 } else { 1u8 << (lost - 1) };
        let palette = places.keys().map(|rgb| match rgb {
            [r, g, b] => [r | half, g | half, b | half],
        });
        return (palette.collect(), indices);
    }
    unreachable!("one bit a channel makes eight colours")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_colours_in_two_bands() {
        let (black, white) = ([0; 3], [255; 3]);
        let pixels: Vec<Rgb> = (0..5 * 7)
            .map(|i| if i % 5 < 4 { black } else { white })
            .collect();
        let expected =
            "\x1bP0;1q\"1;1;5;7#0;2;0;0;0#1;2;100;100;100#0!4~?$#1!4?~-#0!4@?$#1!4?@-\x1b\\\n";
        assert_eq!(encode(5, &pixels), expected);
    }

    #[test]
    fn many_colours_fit_the_registers() {
        let pixels: Vec<Rgb> = (0..=255u8)
            .flat_map(|r| (0..4u8).map(move |g| [r, g * 60, 255 - r]))
            .collect();
        let (palette, indices) = quantised(&pixels);
        assert!(
            palette.len() <= REGISTERS && palette.len() > 50,
            "{}",
            palette.len()
        );
        for (pixel, index) in pixels.iter().zip(indices) {
            let near = (0..3).all(|i| pixel[i].abs_diff(palette[index][i]) <= 16);
            assert!(near, "{pixel:?} {:?}", palette[index]);
        }
    }
}
