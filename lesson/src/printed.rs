//! The outputs that are committed: `printed/CHAPTER/LISTING.txt` and `.svg`, and `printed/rows.json`.
//!
//! The book shows them beside the code, and a test fails when a run prints something else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hammerhead::plot::Theme;

use crate::chapters::CHAPTERS;
use crate::course::{Listing, Ran};
use crate::processor;
use crate::rows::ROWS;

/// The folder of the outputs, in the sources.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("printed")
}

/// The name of the file of the rows' values.
const VALUES: &str = "rows.json";
/// The name of the file that says on what kind of processor the outputs were printed.
const PROCESSOR: &str = "processor.txt";

/// The kind of processor that the committed outputs come from, if it is not this one: their digits can't be asked
/// for here. What a row must be is asked for everywhere.
///
/// # Errors
/// If the file can't be read.
pub fn printed_elsewhere(folder: &Path) -> io::Result<Option<String>> {
    let kind = fs::read_to_string(folder.join(PROCESSOR))?;
    let kind = kind.trim();
    Ok((kind != processor::kind()).then(|| kind.to_owned()))
}

/// The files that some chapters leave, by path below the folder. A listing's second picture is `LISTING-2.svg`.
pub fn files(ran: &BTreeMap<&'static str, Ran>) -> BTreeMap<PathBuf, String> {
    files_of(ran, |_| true)
}

fn files_of(
    ran: &BTreeMap<&'static str, Ran>,
    which: impl Fn(&Listing) -> bool,
) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for (chapter, ran) in ran {
        for listing in ran.listings.iter().filter(|listing| which(listing)) {
            let Listing {
                name: listing,
                transcript,
                ..
            } = listing;
            let text = transcript.text();
            if !text.is_empty() {
                files.insert(PathBuf::from(format!("{chapter}/{listing}.txt")), text);
            }
            for (at, figure) in transcript.pictures().enumerate() {
                let number = match at {
                    0 => String::new(),
                    at => format!("-{}", at + 1),
                };
                for (theme, ending) in [(Theme::Light, ""), (Theme::Dark, ".dark")] {
                    let path = format!("{chapter}/{listing}{number}{ending}.svg");
                    files.insert(path.into(), figure.clone().theme(theme).svg() + "\n");
                }
            }
        }
    }
    files
}

/// The values of the rows that some chapters leave.
fn values(ran: &BTreeMap<&'static str, Ran>) -> BTreeMap<String, String> {
    let rows = ran.values().flat_map(|ran| &ran.rows);
    rows.map(|(id, outcome)| ((*id).to_owned(), outcome.got.clone()))
        .collect()
}

fn committed_values(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let path = folder.join(VALUES);
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(&fs::read_to_string(path)?).map_err(io::Error::other)
}

/// Where a run and the committed outputs differ; listings and rows that did not run are not looked at, nor are
/// listings that measure times.
///
/// # Errors
/// If a file can't be read.
pub fn differences(folder: &Path, ran: &BTreeMap<&'static str, Ran>) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for (path, text) in files_of(ran, |listing| !listing.measured) {
        let name = path.display();
        match fs::read_to_string(folder.join(&path)) {
            Ok(committed) if committed == text => {}
            Ok(committed) => {
                let lines = committed.lines().zip(text.lines());
                let (old, new) = lines
                    .into_iter()
                    .find(|(old, new)| old != new)
                    .unwrap_or_default();
                let short = |line: &str| line.chars().take(200).collect::<String>();
                found.push(format!(
                    "{name}: committed `{}`, now `{}`",
                    short(old),
                    short(new)
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                found.push(format!("{name}: not committed"));
            }
            Err(error) => return Err(error),
        }
    }
    let committed = committed_values(folder)?;
    for (id, got) in values(ran) {
        match committed.get(&id) {
            Some(value) if *value == got => {}
            Some(value) => found.push(format!("row {id}: committed `{value}`, now `{got}`")),
            None => found.push(format!("row {id}: not committed")),
        }
    }
    Ok(found)
}

/// Writes the outputs of some chapters over the committed ones.
///
/// # Errors
/// If a file can't be written, or only some of the outputs would be of this kind of processor.
pub fn bless(folder: &Path, ran: &BTreeMap<&'static str, Ran>) -> io::Result<()> {
    if ran.len() < CHAPTERS.len()
        && let Some(kind) = printed_elsewhere(folder)?
    {
        let why = format!(
            "the outputs were printed on `{kind}`, this is `{}`; write those of all chapters",
            processor::kind()
        );
        return Err(io::Error::other(why));
    }
    fs::write(folder.join(PROCESSOR), processor::kind() + "\n")?;
    for (path, text) in files(ran) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a chapter's folder"))?;
        fs::write(path, text)?;
    }
    let mut all = committed_values(folder)?;
    all.extend(values(ran));
    let lines = ROWS.iter().filter_map(|row| {
        let value = all.get(row.id)?;
        Some(format!(
            "  {:?}: {}",
            row.id,
            serde_json::to_string(value).expect("a text is JSON")
        ))
    });
    let lines: Vec<String> = lines.collect();
    fs::write(
        folder.join(VALUES),
        format!("{{\n{}\n}}\n", lines.join(",\n")),
    )
}
