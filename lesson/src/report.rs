//! The lesson in a terminal.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use hammerhead::plot::Terminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::course::{Chapter, Event, Ran, Verdict, verdict};
use crate::rows::{ROWS, Row};
use crate::transcript::Piece;

/// How wide the columns of expected and got values are.
const COLUMN: usize = 36;

/// A chapter's heading.
pub fn heading(chapter: &Chapter) -> String {
    format!("\n== {}: {}\n", chapter.name, chapter.title)
}

/// What a listing printed, or a value beside the one that the lesson has.
pub fn event(event: &Event<'_>, terminal: &Terminal) -> String {
    let mut out = String::new();
    match event {
        Event::Listing(name, transcript) => {
            out += &format!("\n-- {name}\n");
            for piece in &transcript.pieces {
                match piece {
                    Piece::Text(text) => out += text,
                    Piece::Picture(figure) => out += &figure.text(terminal),
                }
            }
        }
        Event::Row(id, outcome) => {
            let word = if outcome.right { "right" } else { "WRONG" };
            let indent = |text: &str| text.replace('\n', "\n             ");
            let _ = writeln!(out, "   {id:<4} {word}  {}", indent(&outcome.got));
            if outcome.got != outcome.expected {
                let _ = writeln!(out, "    expected  {}", indent(&outcome.expected));
            }
        }
    }
    out
}

/// How many rows stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All rows.
    pub rows: usize,
    /// Right by a check.
    pub right: usize,
    /// Wrong by a check.
    pub wrong: usize,
    /// On a page.
    pub words: usize,
    /// Not asked for.
    pub not_run: usize,
    /// Asked for, and not there.
    pub missing: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows: {} right, {} wrong, {} words, {} missing",
            self.rows, self.right, self.wrong, self.words, self.missing
        )?;
        if self.not_run > 0 {
            write!(f, ", {} not run", self.not_run)?;
        }
        Ok(())
    }
}

/// Counts the rows.
pub fn tally(ran: &BTreeMap<&'static str, Ran>, quick: bool) -> Tally {
    let mut tally = Tally::default();
    for row in &ROWS {
        tally.rows += 1;
        *match verdict(row, ran, quick) {
            Verdict::Right(_) => &mut tally.right,
            Verdict::Wrong(_) => &mut tally.wrong,
            Verdict::Words(_) => &mut tally.words,
            Verdict::NotRun => &mut tally.not_run,
            Verdict::Missing => &mut tally.missing,
        } += 1;
    }
    tally
}

/// Every row with the value expected, the value got, and how it stands.
pub fn table(ran: &BTreeMap<&'static str, Ran>, quick: bool) -> String {
    let mut out = String::new();
    let mut line = |row: &str, stands: &str, expected: &str, got: &str, what: &str| {
        let (expected, got) = (cut(expected), cut(got));
        let _ = writeln!(out, "{row:<4} {stands:<8} {expected} {got} {what}");
    };
    line("row", "", "expected", "got", "what");
    for row in &ROWS {
        let Row { id, what, .. } = row;
        match verdict(row, ran, quick) {
            Verdict::Right(outcome) => line(id, "right", &outcome.expected, &outcome.got, what),
            Verdict::Wrong(outcome) => line(id, "WRONG", &outcome.expected, &outcome.got, what),
            Verdict::Words(page) => line(id, "words", "", page, what),
            Verdict::NotRun => line(id, "not run", "", "", what),
            Verdict::Missing => line(id, "MISSING", "", "", what),
        }
    }
    out
}

/// A value in one line of the column's width.
fn cut(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    if text.width() <= COLUMN {
        return format!("{text}{}", " ".repeat(COLUMN - text.width()));
    }
    let (mut out, mut width) = (String::new(), 0);
    for letter in text.chars() {
        width += letter.width().unwrap_or(0);
        if width >= COLUMN {
            break;
        }
        out.push(letter);
    }
    let out = out + "…";
    let rest = COLUMN - out.width().min(COLUMN);
    out + &" ".repeat(rest)
}
