//! `cargo xtask lesson`: the lesson in the terminal, every value beside the one expected.

use std::collections::BTreeMap;

use hammerhead::plot::Terminal;
use hammerhead_lesson::chapters::CHAPTERS;
use hammerhead_lesson::course::{self, Chapter, Ran};
use hammerhead_lesson::report::Tally;
use hammerhead_lesson::{printed, report};

use crate::failure::Failure;
use crate::say::say;

/// Run the lesson: print what each listing prints and every value beside the one expected, with pictures.
#[derive(clap::Args, Default)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// One chapter, by its name or its number
    #[arg(long, value_name = "NAME|N")]
    chapter: Option<String>,
    /// Leave out the trainings that take minutes
    #[arg(long)]
    quick: bool,
    /// Write what was printed over the committed outputs in lesson/printed
    #[arg(long)]
    bless: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask lesson                    all chapters, then a table of all rows
  cargo xtask lesson --chapter fitting  one of them
  cargo xtask lesson --quick            without the long trainings

Exit code 1 if a row is wrong or missing, or if something was printed that the book does not show.";

/// Runs the chapters and prints the table.
pub fn run(args: &Args) -> Result<(), Failure> {
    let chapters = chosen(args.chapter.as_deref())?;
    let terminal = Terminal::detect();
    let mut ran = BTreeMap::new();
    for chapter in chapters {
        say(report::heading(chapter));
        let mut watch =
            |event: course::Event<'_>| say(report::event(&event, &terminal).trim_end_matches('\n'));
        ran.insert(chapter.name, course::run(chapter, args.quick, &mut watch));
    }
    say(format_args!("\n{}", report::table(&ran, args.quick)));
    let errors = ran
        .iter()
        .filter_map(|(name, ran)| Some((name, ran.error.as_ref()?)));
    for (name, error) in errors.clone() {
        say(format_args!("{name} ended early: {error}"));
    }
    let folder = printed::folder();
    if args.bless && errors.count() == 0 {
        printed::bless(&folder, &ran).map_err(Failure::input)?;
    }
    close(&ran, args.quick)
}

/// What differs from the committed outputs, and the sum of the rows.
fn close(ran: &BTreeMap<&'static str, Ran>, quick: bool) -> Result<(), Failure> {
    let folder = printed::folder();
    let mut different = printed::differences(&folder, ran).map_err(Failure::input)?;
    for difference in &different {
        say(difference);
    }
    if let Some(kind) = printed::printed_elsewhere(&folder).map_err(Failure::input)?
        && !different.is_empty()
    {
        say(format_args!(
            "The book shows what `{kind}` prints; last digits of sums, and more of trainings, are others here."
        ));
        different.clear();
    }
    let tally = report::tally(ran, quick);
    say(tally);
    let Tally { wrong, missing, .. } = tally;
    let ended = ran.values().filter(|ran| ran.error.is_some()).count();
    if wrong + missing + ended == 0 && different.is_empty() {
        return Ok(());
    }
    Err(Failure::check(format!(
        "{wrong} rows wrong, {missing} missing, {ended} chapters ended early, {} outputs other than committed",
        different.len()
    )))
}

fn chosen(name: Option<&str>) -> Result<&'static [Chapter], Failure> {
    let Some(name) = name else {
        return Ok(&CHAPTERS);
    };
    let at = CHAPTERS
        .iter()
        .position(|chapter| chapter.name == name)
        .or_else(|| name.parse::<usize>().ok()?.checked_sub(1))
        .filter(|at| *at < CHAPTERS.len());
    match at {
        Some(at) => Ok(&CHAPTERS[at..=at]),
        None => {
            let names: Vec<&str> = CHAPTERS.iter().map(|chapter| chapter.name).collect();
            Err(Failure::input(format!(
                "there is no chapter `{name}`; there are {}, numbered from 1",
                names.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(chosen: Result<&[Chapter], Failure>) -> Vec<&str> {
        let chapters = chosen.expect("chapters").iter();
        chapters.map(|chapter| chapter.name).collect()
    }

    #[test]
    fn a_chapter_has_a_name_and_a_number() {
        assert_eq!(names(chosen(None)).len(), CHAPTERS.len());
        assert_eq!(names(chosen(Some("fitting"))), ["fitting"]);
        assert_eq!(names(chosen(Some("1"))), [CHAPTERS[0].name]);
    }

    #[test]
    fn another_name_is_refused_with_those_that_there_are() {
        for name in ["0", "99", "fittings"] {
            let Err(Failure::Input(message)) = chosen(Some(name)) else {
                panic!("{name} is no chapter");
            };
            assert!(message.contains(name) && message.contains("tour, fitting, "));
        }
    }
}
