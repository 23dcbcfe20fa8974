//! The lesson without its long trainings: every row right, every output as committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hammerhead_lesson::chapters::CHAPTERS;
use hammerhead_lesson::course::{self, Ran, Verdict, verdict};
use hammerhead_lesson::printed;
use hammerhead_lesson::rows::{Kind, ROWS};

#[test]
fn every_row_is_right_and_every_output_as_committed() {
    let mut ran: BTreeMap<&str, Ran> = BTreeMap::new();
    for chapter in &CHAPTERS {
        ran.insert(chapter.name, course::run(chapter, true, &mut |_| ()));
    }
    let mut problems = Vec::new();
    for (name, ran) in &ran {
        problems.extend(ran.error.iter().map(|error| format!("{name}: {error}")));
        let unknown = |id: &&&str| {
            !ROWS
                .iter()
                .any(|row| row.id == **id && row.chapter == *name)
        };
        problems.extend(
            ran.rows
                .keys()
                .filter(unknown)
                .map(|id| format!("{name} has no row {id}")),
        );
    }
    for row in &ROWS {
        let stands = verdict(row, &ran, true);
        let well = match row.kind {
            Kind::Checked => matches!(stands, Verdict::Right(_)),
            Kind::Long => matches!(stands, Verdict::Right(_) | Verdict::NotRun),
            Kind::Words(_) => matches!(stands, Verdict::Words(_)),
        };
        if !well {
            problems.push(format!("row {}: {stands:?}", row.id));
        }
    }
    let folder = printed::folder();
    let different = printed::differences(&folder, &ran).expect("readable outputs");
    if let Some(kind) = printed::printed_elsewhere(&folder).expect("a readable file") {
        println!("printed on `{kind}`, not compared: {different:#?}");
    } else {
        problems.extend(different);
    }
    assert!(
        problems.is_empty(),
        "{}\n`cargo xtask lesson --bless` writes the outputs",
        problems.join("\n")
    );
}

/// The anchors in the code of a chapter, a file or the files of a folder.
fn anchors(chapter: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chapters");
    let mut files = vec![folder.join(format!("{chapter}.rs"))];
    if let Ok(entries) = fs::read_dir(folder.join(chapter)) {
        files.extend(entries.map(|entry| entry.expect("a file").path()));
    }
    let mut names = Vec::new();
    for text in files
        .iter()
        .filter_map(|file: &PathBuf| fs::read_to_string(file).ok())
    {
        let mut open: Option<String> = None;
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("// ANCHOR: ") {
                assert_eq!(open, None, "{chapter}: {name} begins in another listing");
                open = Some(name.to_owned());
                names.push(name.to_owned());
            } else if let Some(name) = line.strip_prefix("// ANCHOR_END: ") {
                assert_eq!(open.take().as_deref(), Some(name), "{chapter}");
            }
        }
        assert_eq!(open, None, "{chapter}: a listing has no end");
    }
    names
}

#[test]
fn what_is_printed_has_its_code() {
    for chapter in &CHAPTERS {
        let names = anchors(chapter.name);
        let unique: BTreeSet<&String> = names.iter().collect();
        assert_eq!(
            unique.len(),
            names.len(),
            "{}: two listings of a name",
            chapter.name
        );
        let folder = printed::folder().join(chapter.name);
        for entry in fs::read_dir(folder).expect("outputs of the chapter") {
            let file = entry.expect("a file").file_name();
            let file = file.to_str().expect("a name in ASCII");
            let listing = file.split(['.', '-']).next().unwrap_or_default();
            assert!(
                names.iter().any(|name| name == listing),
                "{}: {file} is the output of no listing",
                chapter.name
            );
        }
    }
}

#[test]
fn the_lesson_has_136_rows_of_different_names() {
    let names: BTreeSet<&str> = ROWS.iter().map(|row| row.id).collect();
    assert_eq!((ROWS.len(), names.len()), (136, 136));
}
