//! Cells as plain characters, for files and for terminals without colours.

use super::cells::{Cell, Cells, DOWN, UP};
use crate::color::{Rgb, SERIES, Theme, mix};
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
        for cell in row {
            match cell.letter {
                _ if cell.covered => {}
                Some((letter, _)) => line += &plain(letter),
                None => line.push(character(cell, theme)),
            }
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn character(cell: &Cell, theme: Theme) -> char {
    let series = |signs: [char; 6], rgb: Rgb| {
        let found = SERIES.iter().position(|color| theme.shade(*color) == rgb);
        signs[found.unwrap_or(0)]
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
    let marks = cell
        .halves
        .map(|half| half.filter(|(_, role)| *role == Role::Mark));
    match marks {
        [None, None] => match cell.lines {
            0 => ' ',
            bits if bits & !(UP | DOWN) == 0 => '|',
            bits if bits & (UP | DOWN) == 0 => '-',
            _ => '+',
        },
        [Some((upper, _)), Some((lower, _))] => shade(mix(upper, lower, 0.5), theme),
        [None, Some((rgb, _))] | [Some((rgb, _)), None] => {
            shade(mix(theme.background(), rgb, 0.5), theme)
        }
    }
}

fn shade(rgb: Rgb, theme: Theme) -> char {
    let ground = theme.background();
    let off = (0..3)
        .map(|i| (f64::from(rgb[i]) - f64::from(ground[i])).abs())
        .fold(0.0, f64::max);
    let most = ground.map(|channel| f64::from(channel.max(255 - channel)));
    let share = off / most[0].max(most[1]).max(most[2]);
    SHADES[((share * 10.0) as usize).min(9)]
}

/// A letter without its accents and signs; a sign that has no like is a question mark.
fn plain(letter: char) -> String {
    if letter.is_ascii() {
        return letter.to_string();
    }
    if let Some((sign, plain)) = lowered(letter) {
        return if plain == '−' {
            format!("{sign}-")
        } else {
            format!("{sign}{plain}")
        };
    }
    match letter {
        '−' | '–' | '—' => "-",
        '×' | '·' => "*",
        '→' | '⇒' => ">",
        '←' => "<",
        '≤' => "<",
        '≥' => ">",
        '≈' => "~",
        '…' => ".",
        '’' | '‘' | '′' => "'",
        '“' | '”' => "\"",
        _ => "?",
    }
    .into()
}
