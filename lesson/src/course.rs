//! Runs a chapter.

use std::collections::BTreeMap;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead::prelude::{Figure, manual_seed};

use crate::check::Outcome;
use crate::rows;
use crate::transcript::{Transcript, record};

/// One chapter of the lesson.
pub struct Chapter {
    /// Its name in files, and for `--chapter`.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its listings and checks.
    pub run: fn(&mut Course) -> Result<(), Box<dyn Error>>,
}

/// What a run of a chapter left.
#[derive(Default)]
pub struct Ran {
    /// The listings, in order.
    pub listings: Vec<Listing>,
    /// What became of each row, by its id.
    pub rows: BTreeMap<&'static str, Outcome>,
    /// Why the chapter ended before its end.
    pub error: Option<String>,
}

/// A listing that ran.
pub struct Listing {
    /// Its name, which its `ANCHOR`s have too.
    pub name: &'static str,
    /// What it printed.
    pub transcript: Transcript,
    /// Whether that has times in it, which no two runs share.
    pub measured: bool,
}

/// What happens while a chapter runs.
pub enum Event<'a> {
    /// A listing ran.
    Listing(&'a str, &'a Transcript),
    /// A value of a row was judged.
    Row(&'a str, &'a Outcome),
}

/// The chapter that runs, as its code sees it.
pub struct Course<'a> {
    ran: Ran,
    quick: bool,
    watch: &'a mut dyn FnMut(Event<'_>),
}

impl Course<'_> {
    /// Runs a listing, whose code stands between `ANCHOR`s of the same name.
    pub fn listing<T>(&mut self, name: &'static str, code: impl FnOnce() -> T) -> T {
        self.run(name, false, code)
    }

    /// Runs a listing that measures times: what it prints is shown, and not compared with another run's.
    pub fn measured<T>(&mut self, name: &'static str, code: impl FnOnce() -> T) -> T {
        self.run(name, true, code)
    }

    fn run<T>(&mut self, name: &'static str, measured: bool, code: impl FnOnce() -> T) -> T {
        let (value, transcript) = record(code);
        (self.watch)(Event::Listing(name, &transcript));
        self.ran.listings.push(Listing {
            name,
            transcript,
            measured,
        });
        value
    }

    /// What the last listing printed.
    pub fn text(&self) -> String {
        self.last().text().trim_end().to_owned()
    }

    /// A line of it, counted from 0; from the end where it is negative.
    ///
    /// # Panics
    /// If there are fewer lines.
    #[track_caller]
    pub fn line(&self, at: isize) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        let from_start = if at < 0 {
            lines.len() as isize + at
        } else {
            at
        };
        match usize::try_from(from_start)
            .ok()
            .and_then(|at| lines.get(at))
        {
            Some(line) => (*line).to_owned(),
            None => panic!("no line {at} in {text:?}"),
        }
    }

    /// The last picture that the last listing showed.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn picture(&self) -> Figure {
        let picture = self.last().pictures().last();
        picture.expect("the listing shows a picture").clone()
    }

    /// All the pictures that it showed.
    pub fn pictures(&self) -> Vec<Figure> {
        self.last().pictures().cloned().collect()
    }

    fn last(&self) -> &Transcript {
        &self.ran.listings.last().expect("a listing ran").transcript
    }

    /// Judges a row, or one value of it.
    pub fn row(&mut self, id: &'static str, outcome: Outcome) {
        (self.watch)(Event::Row(id, &outcome));
        let so_far = self.ran.rows.remove(id);
        let whole = match so_far {
            Some(so_far) => so_far.and(outcome),
            None => outcome,
        };
        self.ran.rows.insert(id, whole);
    }

    /// Whether long trainings are left out.
    pub fn quick(&self) -> bool {
        self.quick
    }
}

/// Runs a chapter, without its long trainings if it is to be quick, and reports each event as it happens.
pub fn run(chapter: &Chapter, quick: bool, watch: &mut dyn FnMut(Event<'_>)) -> Ran {
    let mut course = Course {
        ran: Ran::default(),
        quick,
        watch,
    };
    // So that a chapter does not depend on those before it.
    manual_seed(42);
    let outcome = catch_unwind(AssertUnwindSafe(|| (chapter.run)(&mut course)));
    let mut ran = course.ran;
    ran.error = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(panic) => Some(match panic.downcast_ref::<String>() {
            Some(message) => message.clone(),
            None => "a panic, see above".to_owned(),
        }),
    };
    ran
}

/// How a row of the lesson stands after some chapters ran.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// All its values are right.
    Right(&'a Outcome),
    /// One is not.
    Wrong(&'a Outcome),
    /// It is a matter of words, which a page has.
    Words(&'static str),
    /// Its chapter, or the training that it needs, was not asked for.
    NotRun,
    /// Its chapter ran and said nothing of it, or broke off, maybe before it had said all.
    Missing,
}

/// How a row stands, given the chapters that ran by name.
pub fn verdict<'a>(
    row: &rows::Row,
    ran: &'a BTreeMap<&'static str, Ran>,
    quick: bool,
) -> Verdict<'a> {
    if let rows::Kind::Words(page) = row.kind {
        return Verdict::Words(page);
    }
    let Some(chapter) = ran.get(row.chapter) else {
        return Verdict::NotRun;
    };
    match chapter.rows.get(row.id) {
        Some(outcome) if !outcome.right => Verdict::Wrong(outcome),
        // Of a chapter that broke off nobody knows which values were still to come.
        Some(_) if chapter.error.is_some() => Verdict::Missing,
        Some(outcome) => Verdict::Right(outcome),
        None if quick && row.kind == rows::Kind::Long => Verdict::NotRun,
        None => Verdict::Missing,
    }
}
