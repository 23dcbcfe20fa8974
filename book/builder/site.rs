//! From pages to a folder that a browser opens without a server.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use walkdir::WalkDir;

use crate::directives::Directives;
use crate::listings::PRINTED;
use crate::{links, problem};

/// What mdBook writes for its own page template, which ours has no use for.
const UNUSED: [&str; 6] = [
    ".nojekyll",
    "ayu-highlight.css",
    "clipboard.min.js",
    "toc.html",
    "toc.js",
    "tomorrow-night.css",
];

/// A book that was built.
pub struct Site {
    /// The page to open.
    pub first: PathBuf,
    /// The pages, in the book's order, as paths below the folder.
    pub pages: Vec<String>,
}

/// Builds the book of the workspace at `root` into the folder `out`, with pages made elsewhere beside its own.
///
/// # Errors
/// If a page names what is not there, or a link leads nowhere; the message lists every place.
pub fn build(root: &Path, out: &Path, beside: &[PathBuf]) -> Result<Site> {
    let book = root.join("book");
    let mut config = Config::from_disk(book.join("book.toml"))?;
    // mdBook takes a relative path for one below the book.
    config.build.build_dir = std::path::absolute(out)?;
    let mut driver = MDBook::load_with_config(&book, config)?;
    driver.with_preprocessor(Directives::new(root));
    driver.build()?;
    for name in UNUSED {
        let path = out.join(name);
        fs::remove_file(&path).with_context(|| path.display().to_string())?;
    }
    copy(&book.join("theme/katex"), &out.join("katex"), |_| true)?;
    let svg = |path: &Path| path.extension().is_some_and(|ending| ending == "svg");
    copy(&root.join(PRINTED), &out.join("pictures"), svg)?;
    let mut others = Vec::new();
    for page in beside {
        let name = page
            .file_name()
            .context("a page beside the book without a name")?;
        fs::copy(page, out.join(name)).with_context(|| page.display().to_string())?;
        others.push(name.to_string_lossy().into_owned());
    }
    let chapters = driver.book.chapters().filter_map(|chapter| {
        let path = chapter.path.as_ref()?.with_extension("html");
        Some(path.to_string_lossy().replace('\\', "/"))
    });
    let pages: Vec<String> = chapters.collect();
    let mut problems = links::check(out, &pages, &others, &book.join("src"))?;
    problems.extend(unlisted(&book.join("src"), &pages));
    problem::none(&problems)?;
    Ok(Site {
        first: out.join("index.html"),
        pages,
    })
}

/// Copies the files of a folder that are `wanted`; without the folder there are none.
fn copy(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) -> Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    for entry in WalkDir::new(from).sort_by_file_name() {
        let entry = entry?;
        if !entry.file_type().is_file() || !wanted(entry.path()) {
            continue;
        }
        let target = to.join(entry.path().strip_prefix(from)?);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(entry.path(), target).with_context(|| entry.path().display().to_string())?;
    }
    Ok(())
}

/// Pages that the table of contents leaves out.
fn unlisted(source: &Path, pages: &[String]) -> Vec<problem::Problem> {
    let files = WalkDir::new(source)
        .sort_by_file_name()
        .into_iter()
        .flatten();
    let pages_there = files.filter_map(|entry| {
        let path = entry.path().strip_prefix(source).ok()?;
        let name = path.to_string_lossy().replace('\\', "/");
        let page = name.strip_suffix(".md")?;
        let listed = page == "SUMMARY" || pages.contains(&format!("{page}.html"));
        (!listed).then(|| problem::Problem {
            page: format!("book/src/{name}"),
            line: 0,
            message: "not in SUMMARY.md, so nobody finds it".to_owned(),
        })
    });
    pages_there.collect()
}
