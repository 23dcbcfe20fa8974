//! From the lesson's pages to notebooks without outputs.

use std::fs;
use std::path::Path;

use super::frames::Frames;
use super::words::Words;
use crate::listings::Listings;
use crate::problem::Problem;

/// A notebook.
#[derive(Debug)]
pub struct Notebook {
    /// Its file's name without the ending: the page's place in the lesson, and its name.
    pub name: String,
    /// Its cells, in order.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words, in Markdown.
    Words(String),
    /// The cell that brings the library.
    Setup(String),
    /// A listing, by its name `chapter:name`.
    Listing {
        /// The name.
        name: String,
        /// Its lines, in what they need around them.
        code: String,
        /// Whether it runs: if not it only names what others use.
        runs: bool,
    },
}

/// What the first cell begins with.
const LIBRARY: &str = r#":dep hammerhead = { path = "../crates/hammerhead", features = ["plot", "image", "download", "linalg"] }
:opt 3
use hammerhead::prelude::*;"#;

/// The words before it.
const HOW: &str = "\
> This is a page of [the book](../book/src/index.md) as a notebook: the same words, and code that you can change. Shift and \
Enter run a cell and go to the next. Cells use what those above them name, so run them in order.
>
> The next cell brings the library, compiled from this repository, which takes some minutes whenever the kernel starts. In \
a notebook elsewhere write `:dep hammerhead = { version = \"0.1\", features = [\"plot\", \"image\", \"download\", \"linalg\"] }`. [How to install the \
kernel](../book/src/notebook.md)";

/// The notebooks of a workspace: one for each page of the lesson that has listings.
///
/// # Errors
/// All that is wrong with pages and frames.
pub fn notebooks(root: &Path) -> Result<Vec<Notebook>, Vec<Problem>> {
    let pages = match pages(root) {
        Ok(pages) => pages,
        Err(message) => return Err(vec![problem("book/src/SUMMARY.md", 0, message)]),
    };
    let names = pages
        .iter()
        .map(|page| (page.page.clone(), page.notebook.clone()));
    let mut writer = Writer {
        words: Words::new(root, names.collect()),
        listings: Listings::new(root),
        problems: Vec::new(),
    };
    let mut notebooks = Vec::new();
    for page in &pages {
        match Frames::read(root, &page.page) {
            Ok(frames) => notebooks.push(writer.notebook(page, frames)),
            Err(message) => writer.problems.push(problem(&page.path, 0, message)),
        }
    }
    if writer.problems.is_empty() {
        Ok(notebooks)
    } else {
        Err(writer.problems)
    }
}

fn problem(page: &str, line: usize, message: String) -> Problem {
    Problem {
        page: page.to_owned(),
        line,
        message,
    }
}

/// A page that becomes a notebook.
struct Page {
    page: String,
    path: String,
    notebook: String,
    text: String,
}

/// The pages of the lesson's part of the book that have listings.
fn pages(root: &Path) -> Result<Vec<Page>, String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"));
    let summary = read("book/src/SUMMARY.md")?;
    let part = summary
        .split_once("\n# The lesson\n")
        .map(|(_, part)| part.split("\n# ").next().unwrap_or_default())
        .ok_or("no part `# The lesson`")?;
    let links = part.lines().filter_map(|line| {
        let (_, link) = line.split_once("](")?;
        link.strip_suffix(".md)")
    });
    let mut pages = Vec::new();
    for (place, page) in (1..).zip(links) {
        let path = format!("book/src/{page}.md");
        let text = read(&path)?;
        if text.contains("\n{{#listing ") {
            pages.push(Page {
                page: page.to_owned(),
                path,
                notebook: format!("{place:02}-{page}"),
                text,
            });
        }
    }
    Ok(pages)
}

struct Writer {
    words: Words,
    listings: Listings,
    problems: Vec<Problem>,
}

impl Writer {
    fn notebook(&mut self, page: &Page, mut frames: Frames) -> Notebook {
        let mut cells = Vec::new();
        let mut words = String::new();
        let mut fenced = false;
        for (number, line) in (1..).zip(page.text.lines()) {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if !fenced {
                if let Some((name, runs)) = listing(line) {
                    end(&mut words, &mut cells);
                    match frames.cell(name, runs, &mut self.listings) {
                        Ok(mut code) => {
                            // A last block would be taken for a value, and shown as `()`.
                            if runs && code.ends_with("\n}") {
                                code.push(';');
                            }
                            cells.push(Cell::Listing {
                                name: name.to_owned(),
                                code,
                                runs,
                            });
                        }
                        Err(message) => self.problems.push(problem(&page.path, number, message)),
                    }
                    continue;
                }
                if line.starts_with('#') {
                    end(&mut words, &mut cells);
                }
                match self.words.line(line) {
                    Ok(line) => words += &line,
                    Err(message) => self.problems.push(problem(&page.path, number, message)),
                }
                words.push('\n');
                continue;
            }
            words += line;
            words.push('\n');
        }
        end(&mut words, &mut cells);
        for name in frames.left() {
            let message = format!("its frame of `{name}` is in no use");
            self.problems.push(problem(&page.path, 0, message));
        }
        match frames.setup(&mut self.listings) {
            Ok(setup) => {
                let setup = format!("{LIBRARY}\n{setup}").trim_end().to_owned();
                let first = cells.len().min(1);
                let brings = [Cell::Words(HOW.to_owned()), Cell::Setup(setup)];
                cells.splice(first..first, brings);
            }
            Err(message) => self.problems.push(problem(&page.path, 0, message)),
        }
        Notebook {
            name: page.notebook.clone(),
            cells,
        }
    }
}

/// The listing that a line stands for, and whether it runs.
fn listing(line: &str) -> Option<(&str, bool)> {
    let inner = line.trim().strip_prefix("{{#")?.strip_suffix("}}")?;
    match inner.split_once(' ')? {
        ("listing", name) => Some((name.trim(), true)),
        ("code", name) => Some((name.trim(), false)),
        _ => None,
    }
}

/// Makes a cell of the words so far.
fn end(words: &mut String, cells: &mut Vec<Cell>) {
    let text = words.trim_matches('\n');
    if !text.is_empty() {
        cells.push(Cell::Words(text.to_owned()));
    }
    words.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let summary =
            "# Summary\n\n# The lesson\n\n- [A](a.md)\n- [B](b.md)\n\n# More\n\n- [C](c.md)\n";
        write("book/src/SUMMARY.md", summary);
        let page = "# A\n\nOne.\n\n{{#code c:f}}\n\n{{#listing c:run}}\n\n## Two\n\n```text\n{{#listing c:run}}\n```\n";
        write("book/src/a.md", page);
        write("book/src/b.md", "# B\n\nOnly words.\n");
        write("lesson/printed/rows.json", "{}");
        let code =
            "// ANCHOR: f\nfn f() {}\n// ANCHOR_END: f\n// ANCHOR: run\nf();\n// ANCHOR_END: run\n";
        write("lesson/src/chapters/c.rs", code);
        write("book/notebooks/a.rs", "// SETUP\nuse a::b;\n");
        folder
    }

    #[test]
    fn a_page_becomes_cells() {
        let folder = workspace();
        let notebooks = notebooks(folder.path()).unwrap();
        assert_eq!(notebooks.len(), 1);
        assert_eq!(notebooks[0].name, "01-a");
        let listing = |name: &str, code: &str, runs| Cell::Listing {
            name: name.to_owned(),
            code: code.to_owned(),
            runs,
        };
        let expected = [
            Cell::Words("# A\n\nOne.".to_owned()),
            Cell::Words(HOW.to_owned()),
            Cell::Setup(format!("{LIBRARY}\nuse a::b;")),
            listing("c:f", "fn f() {}", false),
            listing("c:run", "f();", true),
            Cell::Words("## Two\n\n```text\n{{#listing c:run}}\n```".to_owned()),
        ];
        assert_eq!(notebooks[0].cells, expected);
    }

    #[test]
    fn what_is_missing_is_named_with_its_page() {
        let folder = workspace();
        let page = folder.path().join("book/src/a.md");
        fs::write(page, "# A\n{{#listing c:stop}}\n{{#value G1}}\n").unwrap();
        let frames = folder.path().join("book/notebooks/a.rs");
        fs::write(frames, "// CELL c:f\n// LISTING\n").unwrap();
        let problems = notebooks(folder.path()).unwrap_err();
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let expected = [
            "book/src/a.md:2: no listing `stop`",
            "book/src/a.md:3: no row `G1`",
            "book/src/a.md: its frame of `c:f` is in no use",
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:#?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.starts_with(expected), "{problem}");
        }
    }
}
