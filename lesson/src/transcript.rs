//! What a listing prints.
//!
//! A listing is to read like a program of the reader's own, so its `println!` and the `show` of its figures are the
//! usual words with another end: they write to the transcript of the listing that runs.

use std::cell::RefCell;
use std::fmt;

use hammerhead::plot::Figure;

/// One thing that was printed.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Whole lines.
    Text(String),
    /// A picture.
    Picture(Box<Figure>),
}

/// Everything that a listing printed, in order.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    /// The pieces; no two texts follow each other.
    pub pieces: Vec<Piece>,
}

impl Transcript {
    /// The lines without the pictures.
    pub fn text(&self) -> String {
        let texts = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Picture(_) => "",
        });
        texts.collect()
    }

    /// The pictures without the lines.
    pub fn pictures(&self) -> impl Iterator<Item = &Figure> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Picture(figure) => Some(&**figure),
        })
    }

    fn write(&mut self, more: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push_str(more),
            _ => self.pieces.push(Piece::Text(more.to_owned())),
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Transcript>> = const { RefCell::new(None) };
}

/// Runs a listing and gives what it returned and printed.
///
/// # Panics
/// If a listing runs already: they don't nest.
pub fn record<T>(listing: impl FnOnce() -> T) -> (T, Transcript) {
    /// Ends the transcript also of a listing that panics.
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            CURRENT.take();
        }
    }
    let before = CURRENT.replace(Some(Transcript::default()));
    assert!(before.is_none(), "a listing inside of a listing");
    let _ended = Ended;
    let value = listing();
    let transcript = CURRENT.take().expect("it was begun above");
    (value, transcript)
}

fn with_current(write: impl FnOnce(&mut Transcript)) {
    CURRENT.with_borrow_mut(|current| {
        write(
            current
                .as_mut()
                .expect("only the listings of the lesson print"),
        )
    });
}

/// Writes a line to the transcript.
pub fn line(text: fmt::Arguments<'_>) {
    with_current(|transcript| transcript.write(&format!("{text}\n")));
}

/// The listings' `println!`.
macro_rules! println {
    ($($text:tt)*) => { $crate::transcript::line(format_args!($($text)*)) };
}

/// The listings' `show`. It takes the figure itself, so that it is found before `Figure`'s own, which borrows.
pub trait Show {
    /// Adds the figure to the transcript.
    fn show(self);
}

impl Show for Figure {
    fn show(self) {
        with_current(|transcript| transcript.pieces.push(Piece::Picture(Box::new(self))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_keeps_what_it_prints_in_order() {
        let (sum, transcript) = record(|| {
            println!("one {}", 1);
            println!("two");
            Figure::new().curve([1, 2]).show();
            println!("three");
            1 + 2
        });
        assert_eq!(sum, 3);
        assert_eq!(transcript.text(), "one 1\ntwo\nthree\n");
        assert_eq!(
            (transcript.pieces.len(), transcript.pictures().count()),
            (3, 1)
        );
    }

    #[test]
    fn a_listing_that_panics_leaves_no_transcript_behind() {
        let panic = std::panic::catch_unwind(|| record(|| std::panic::panic_any(1)));
        assert!(panic.is_err());
        assert_eq!(record(|| println!("next")).1.text(), "next\n");
    }
}
