//! Cells as characters with colours.

use std::fmt::Write;

use super::cells::{Cell, Cells, DOWN, LEFT, RIGHT, UP};
use super::support::{Colours, Terminal};
use crate::color::Rgb;

/// What a character is written with; `None` is the terminal's own colour.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Ink {
    front: Option<Rgb>,
    behind: Option<Rgb>,
}

pub(super) fn text(cells: &Cells, terminal: &Terminal) -> String {
    let mut out = String::new();
    for row in cells.cells.chunks(cells.columns) {
        let mut current = Ink::default();
        let written = row
            .iter()
            .rposition(|cell| character(cell) != (' ', Ink::default()));
        for cell in &row[..written.map_or(0, |last| last + 1)] {
            if cell.covered {
                continue;
            }
            let (letter, ink) = character(cell);
            if ink != current {
                change(&mut out, current, ink, terminal.colours);
                current = ink;
            }
            out.push(letter);
        }
        if current != Ink::default() {
            out += "\x1b[0m";
        }
        out.push('\n');
    }
    out
}

fn character(cell: &Cell) -> (char, Ink) {
    let [upper, lower] = cell.halves.map(|half| half.map(|(rgb, _)| rgb));
    let on = |front: Option<Rgb>| Ink {
        front,
        behind: upper.or(lower),
    };
    if let Some((letter, rgb)) = cell.letter {
        return (letter, on(rgb));
    }
    if let Some((head, rgb)) = cell.head {
        return (head, on(Some(rgb)));
    }
    if let Some(rgb) = cell.point {
        return ('●', on(Some(rgb)));
    }
    if cell.dots != 0 {
        return (braille(cell.dots), on(Some(cell.dots_rgb)));
    }
    match (upper, lower) {
        (Some(upper), Some(lower)) if upper == lower => (
            ' ',
            Ink {
                front: None,
                behind: Some(upper),
            },
        ),
        (Some(upper), lower) => (
            '▀',
            Ink {
                front: Some(upper),
                behind: lower,
            },
        ),
        (None, Some(lower)) => (
            '▄',
            Ink {
                front: Some(lower),
                behind: None,
            },
        ),
        (None, None) if cell.lines != 0 => (box_line(cell.lines), on(Some(cell.lines_rgb))),
        (None, None) => (' ', Ink::default()),
    }
}

/// The braille pattern of dots in columns of four.
fn braille(dots: u8) -> char {
    const BITS: [u32; 8] = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80];
    let set = BITS
        .iter()
        .enumerate()
        .filter(|(i, _)| dots & (1 << i) != 0);
    let pattern: u32 = set.map(|(_, bit)| bit).sum();
    char::from_u32(0x2800 + pattern).expect("braille patterns have all 256 codes")
}

fn box_line(bits: u8) -> char {
    const VERTICAL: u8 = UP | DOWN;
    const LEVEL: u8 = LEFT | RIGHT;
    match bits {
        LEVEL | LEFT | RIGHT => '─',
        VERTICAL | UP | DOWN => '│',
        b if b == RIGHT | DOWN => '╭',
        b if b == LEFT | DOWN => '╮',
        b if b == RIGHT | UP => '╰',
        b if b == LEFT | UP => '╯',
        b if b == LEVEL | DOWN => '┬',
        b if b == LEVEL | UP => '┴',
        b if b == VERTICAL | LEFT => '┤',
        b if b == VERTICAL | RIGHT => '├',
        _ => '┼',
    }
}

fn change(out: &mut String, from: Ink, to: Ink, colours: Colours) {
    let mut codes = Vec::new();
    for (old, new, set, reset) in [
        (from.front, to.front, 38, 39),
        (from.behind, to.behind, 48, 49),
    ] {
        if old == new {
            continue;
        }
        codes.push(match new {
            None => format!("{reset}"),
            Some([r, g, b]) if colours == Colours::True => format!("{set};2;{r};{g};{b}"),
            Some(rgb) => format!("{set};5;{}", palette(rgb)),
        });
    }
    write!(out, "\x1b[{}m", codes.join(";")).expect("text grows");
}

/// The nearest of xterm's cube and grey ramp.
fn palette(rgb: Rgb) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let distance = |other: Rgb| -> i32 {
        let channel = |i: usize| i32::from(rgb[i]) - i32::from(other[i]);
        (0..3).map(|i| channel(i).pow(2)).sum()
    };
    let nearest = |value: u8| {
        let off = |i: &usize| (i32::from(LEVELS[*i]) - i32::from(value)).abs();
        (0..6).min_by_key(off).unwrap_or(0)
    };
    let cube = rgb.map(nearest);
    let mean = (i32::from(rgb[0]) + i32::from(rgb[1]) + i32::from(rgb[2])) / 3;
    let step = ((mean - 8 + 5) / 10).clamp(0, 23) as u8;
    let grey = 8 + 10 * step;
    if distance([grey; 3]) < distance(cube.map(|i| LEVELS[i])) {
        232 + step
    } else {
        (16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_find_their_nearest() {
        assert_eq!(palette([0, 0, 0]), 16);
        assert_eq!(palette([255, 255, 255]), 231);
        assert_eq!(palette([128, 128, 128]), 244);
        assert_eq!(palette([255, 0, 0]), 196);
        assert_eq!(palette([0, 114, 178]), 25);
    }

    #[test]
    fn dots_become_braille() {
        assert_eq!(braille(0b0000_0001), '⠁');
        assert_eq!(braille(0b1000_1000), '⣀');
        assert_eq!(braille(0xff), '⣿');
    }
}
