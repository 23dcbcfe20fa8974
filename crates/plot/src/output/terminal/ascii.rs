//! Cells as plain characters, for files and for terminals without colours.

use super::cells::{Cell, Cells, DOWN, UP};
use crate::color::{Color, Rgb, Theme, mix};
use crate::draw::scene::Role;
use crate::tex::lowered;

/// Points of the series in turn.
const POINTS: [char; 6] = ['o', 'x', '+', '%', '@', '&'];
/// Lines of the series in turn.
const LINES: [char; 6] = ['*', '#', '=', '~', '^', ':'];
/// From the background to what stands out most.
const SHADES: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

pub(super) fn text(cells: &Cells, theme: Theme) -> String {
    let mut out = String::new();
    for row in cells.cells.chunks(cells.columns) {
        let mut line = String::new();
        // A letter that takes more places than it had takes them from the blanks after it.
        let mut ahead = 0;
        let mut small = None;
        for cell in row.iter().filter(|cell| !cell.covered) {
            let Some((letter, _)) = cell.letter else {
                let sign = character(cell, cells, theme);
                if sign == ' ' && ahead > 0 {
                    ahead -= 1;
                } else {
                    line.push(sign);
                }
                small = None;
                continue;
            };
            let before = line.len();
            match lowered(letter) {
                Some((sign, plain)) => {
                    if small != Some(sign) {
                        line.push(sign);
                    }
                    line.push(if plain == '−' { '-' } else { plain });
                    small = Some(sign);
                }
                None => {
                    line.push(plain(letter));
                    small = None;
                }
            }
            ahead += line.len() - before - 1;
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn character(cell: &Cell, cells: &Cells, theme: Theme) -> char {
    let series = |signs: [char; 6], rgb: Rgb| {
        let found = cells.series.iter().position(|other| *other == rgb);
        signs[found.unwrap_or(0) % signs.len()]
    };
    if let Some((head, _)) = cell.head {
        return match head {
            '◀' => '<',
            '▲' => '^',
            '▼' => 'v',
            _ => '>',
        };
    }
    if let Some(rgb) = cell.point {
        return series(POINTS, rgb);
    }
    if cell.dots != 0 {
        return series(LINES, cell.dots_rgb);
    }
    match cell.halves {
        [Some((_, Role::Mark)), Some((_, Role::Mark))] => '#',
        [Some((_, Role::Mark)), _] => '"',
        [_, Some((_, Role::Mark))] => '_',
        [Some((upper, Role::Pixel)), Some((lower, Role::Pixel))] => {
            shade(mix(upper, lower, 0.5), theme)
        }
        [Some((rgb, Role::Pixel)), _] | [_, Some((rgb, Role::Pixel))] => {
            shade(mix(theme.background(), rgb, 0.5), theme)
        }
        _ => match cell.lines {
            0 => ' ',
            bits if bits & !(UP | DOWN) == 0 => '|',
            bits if bits & (UP | DOWN) == 0 => '-',
            _ => '+',
        },
    }
}

fn shade(rgb: Rgb, theme: Theme) -> char {
    let off = |rgb: Rgb| {
        let channels = rgb.iter().zip(theme.background());
        channels
            .map(|(a, b)| f64::from(a.abs_diff(b)))
            .fold(0.0, f64::max)
    };
    let share = off(rgb) / off(theme.shade(Color::Ink));
    SHADES[((share * 10.0) as usize).min(9)]
}

/// A letter's like in ASCII; what has none is a question mark.
fn plain(letter: char) -> char {
    match letter {
        _ if letter.is_ascii() => letter,
        '−' | '–' | '—' => '-',
        '×' | '·' | '•' => '*',
        '→' | '⇒' | '≥' => '>',
        '←' | '≤' => '<',
        '≈' => '~',
        '…' => '.',
        '’' | '‘' | '′' => '\'',
        '“' | '”' => '"',
        _ => '?',
    }
}
