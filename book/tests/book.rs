//! The book as it is: it builds, no link leads nowhere, and it holds what the lesson sends its readers to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hammerhead_book::listings::{CHAPTERS, anchors};
use hammerhead_book::notebook::frames::FRAMES;
use hammerhead_book::{Site, build};
use hammerhead_lesson::rows::{Kind, ROWS};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The book, with an empty page in the place of the one that is made elsewhere.
fn built() -> (tempfile::TempDir, Site) {
    let folder = tempfile::tempdir().unwrap();
    let sliders = folder.path().join("sliders.html");
    fs::write(&sliders, "").unwrap();
    let site = build(&root(), &folder.path().join("book"), &[sliders])
        .unwrap_or_else(|error| panic!("{error:#}"));
    (folder, site)
}

#[test]
fn it_builds_and_no_page_needs_the_network() {
    let (folder, site) = built();
    assert!(site.first.is_file());
    assert_eq!(site.pages[0], "index.html");
    let out = folder.path().join("book");
    for page in &site.pages {
        let html = fs::read_to_string(out.join(page)).unwrap();
        assert!(html.contains("<main>"), "{page}");
        assert!(!html.contains("{{#"), "{page}: a word was left as it is");
    }
    for name in ["katex/katex.min.js", "fonts/fonts.css", "sliders.html"] {
        assert!(out.join(name).is_file(), "{name}");
    }
}

#[test]
fn styles_load_only_what_is_beside_them() {
    let (folder, _site) = built();
    let out = folder.path().join("book");
    for style in [
        "css/general.css",
        "css/chrome.css",
        "css/variables.css",
        "fonts/fonts.css",
        "katex/katex.min.css",
    ] {
        let path = out.join(style);
        let css = fs::read_to_string(&path).unwrap();
        for target in css.split("url(").skip(1) {
            let target = target.split(')').next().unwrap().trim_matches('"');
            let file = path.parent().unwrap().join(target);
            assert!(file.is_file(), "{style}: no {target}");
        }
    }
}

#[test]
fn rows_of_words_are_on_pages_that_exist() {
    let (_folder, site) = built();
    for row in &ROWS {
        if let Kind::Words(page) = row.kind {
            assert!(root().join(page).is_file(), "{}: no {page}", row.id);
            let html = page.replace("book/src/", "").replace(".md", ".html");
            assert!(site.pages.contains(&html), "{}: no {html}", row.id);
        }
    }
}

#[test]
fn pages_of_words_have_the_words() {
    let has = |page: &str, part: &str| {
        let text = fs::read_to_string(root().join("book/src").join(page)).unwrap();
        assert!(text.contains(part), "{page} lacks `{part}`");
    };
    has("fitting.md", "## Looking names up");
    has("linear.md", "## Loss and metric");
    for number in 1..=37 {
        has("questions.md", &format!("### {number}. "));
        has(
            "questions.md",
            &format!("{{{{#listing questions:q{number}}}}}"),
        );
    }
    for word in [
        "ReLU",
        "Mini-batch",
        "Forward pass",
        "Backward pass",
        "Loss",
        "Gradient",
        "Gradient descent",
        "Learning rate",
        "Activation",
        "Parameter",
        "Hyper-parameter",
        "Rank",
        "Layer",
    ] {
        has("glossary.md", &format!("**{word}"));
    }
}

#[test]
fn every_listing_is_on_a_page_or_in_a_notebook() {
    let mut shown = BTreeSet::new();
    for entry in fs::read_dir(root().join(FRAMES)).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let names = text
            .lines()
            .filter_map(|line| line.strip_prefix("// LISTING "));
        shown.extend(names.map(str::to_owned));
    }
    for entry in fs::read_dir(root().join("book/src")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        for word in ["{{#listing ", "{{#code ", "{{#printed "] {
            let names = text.split(word).skip(1);
            shown.extend(names.map(|rest| rest.split("}}").next().unwrap().to_owned()));
        }
    }
    let mut missing = Vec::new();
    for entry in walkdir::WalkDir::new(root().join(CHAPTERS)) {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let inside = path.strip_prefix(root().join(CHAPTERS)).unwrap();
        let chapter = inside.iter().next().unwrap().to_string_lossy();
        let chapter = chapter.trim_end_matches(".rs");
        for (name, _) in anchors(&fs::read_to_string(&path).unwrap()).unwrap() {
            let name = format!("{chapter}:{name}");
            if !shown.contains(&name) {
                missing.push(name);
            }
        }
    }
    assert!(
        missing.is_empty(),
        "on no page and in no notebook: {}",
        missing.join(", ")
    );
}
