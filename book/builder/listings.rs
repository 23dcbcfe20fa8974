//! Listings: code between anchors of a chapter of the lesson.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The listings of the chapters, read as they are asked for.
pub struct Listings {
    root: PathBuf,
    chapters: BTreeMap<String, Chapter>,
}

/// One chapter's code, or why there is none.
type Chapter = Result<BTreeMap<String, String>, String>;

/// Where the chapters lie in the workspace.
pub const CHAPTERS: &str = "lesson/src/chapters";
/// Where what they printed lies.
pub const PRINTED: &str = "lesson/printed";

/// A listing and what it left when it ran.
pub struct Listing {
    /// Its lines, as far to the left as they go.
    pub code: String,
    /// What it printed.
    pub printed: String,
    /// The pictures it showed.
    pub pictures: Vec<Picture>,
}

/// A picture that a listing showed.
pub struct Picture {
    /// Its file below `lesson/printed`, without the theme and the ending.
    pub name: String,
    /// What it says of itself to those who don't see it.
    pub description: String,
}

impl Listings {
    /// The listings of a workspace.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            chapters: BTreeMap::new(),
        }
    }

    /// The code of a listing.
    pub fn code(&mut self, chapter: &str, name: &str) -> Result<String, String> {
        let root = &self.root;
        let known = self
            .chapters
            .entry(chapter.to_owned())
            .or_insert_with(|| read(root, chapter));
        let listings = known.as_ref().map_err(Clone::clone)?;
        listings.get(name).cloned().ok_or_else(|| {
            let names: Vec<&str> = listings.keys().map(String::as_str).collect();
            format!(
                "no listing `{name}` in {CHAPTERS}/{chapter}; it has: {}",
                names.join(", ")
            )
        })
    }

    /// A listing with what it printed.
    pub fn run(&mut self, chapter: &str, name: &str) -> Result<Listing, String> {
        let code = self.code(chapter, name)?;
        let path = format!("{PRINTED}/{chapter}/{name}.txt");
        let printed = fs::read_to_string(self.root.join(&path));
        let pictures = self.pictures(chapter, name);
        let printed = match printed {
            Ok(printed) => printed,
            Err(e) if e.kind() == ErrorKind::NotFound && !pictures.is_empty() => String::new(),
            Err(e) => {
                let help = "`cargo xtask lesson --bless` writes what the listings print";
                return Err(format!("{path}: {e}; {help}"));
            }
        };
        Ok(Listing {
            code,
            printed,
            pictures,
        })
    }

    /// The pictures of a listing: `NAME.svg`, `NAME-2.svg` and so on, each with its dark one, `NAME.dark.svg`, beside it.
    fn pictures(&self, chapter: &str, name: &str) -> Vec<Picture> {
        let names = (1..).map(|i| match i {
            1 => format!("{chapter}/{name}"),
            _ => format!("{chapter}/{name}-{i}"),
        });
        names
            .map_while(|name| {
                let path = self.root.join(PRINTED).join(format!("{name}.svg"));
                let svg = fs::read_to_string(path).ok()?;
                Some(Picture {
                    name,
                    description: description(&svg),
                })
            })
            .collect()
    }
}

/// What an SVG says of itself, as plain text.
fn description(svg: &str) -> String {
    let label = svg.split_once("aria-label=\"").map_or("", |(_, rest)| rest);
    let label = label.split('"').next().unwrap_or_default();
    let marks = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    marks
        .iter()
        .fold(label.to_owned(), |text, (escaped, mark)| {
            text.replace(escaped, mark)
        })
}

/// The listings of one chapter, a file or a folder of files.
fn read(root: &Path, chapter: &str) -> Chapter {
    let folder = root.join(CHAPTERS);
    let single = folder.join(format!("{chapter}.rs"));
    let files: Vec<PathBuf> = walkdir::WalkDir::new(folder.join(chapter))
        .sort_by_file_name()
        .into_iter()
        .filter_map(|entry| entry.ok().map(walkdir::DirEntry::into_path))
        .chain(std::iter::once(single))
        .filter(|path| path.extension().is_some_and(|e| e == "rs") && path.exists())
        .collect();
    if files.is_empty() {
        return Err(format!("no chapter `{chapter}` in {CHAPTERS}"));
    }
    let mut listings = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let found = anchors(&text).map_err(|why| format!("{CHAPTERS}/{chapter}: {why}"))?;
        for (name, code) in found {
            if listings.insert(name.clone(), code).is_some() {
                return Err(format!("{CHAPTERS}/{chapter}: two listings `{name}`"));
            }
        }
    }
    Ok(listings)
}

/// What stands between `// ANCHOR: name` and `// ANCHOR_END: name`, by name.
pub fn anchors(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut open: Vec<(String, Vec<&str>)> = Vec::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let comment = line.trim().strip_prefix("// ").unwrap_or_default();
        if let Some(name) = comment.strip_prefix("ANCHOR: ") {
            open.push((name.to_owned(), Vec::new()));
        } else if let Some(name) = comment.strip_prefix("ANCHOR_END: ") {
            let at = open.iter().position(|(open, _)| open == name);
            let at = at.ok_or_else(|| format!("the end of `{name}` without its begin"))?;
            let (name, lines) = open.remove(at);
            found.push((name, flush_left(&lines)));
        } else {
            for (_, lines) in &mut open {
                lines.push(line);
            }
        }
    }
    match open.first() {
        Some((name, _)) => Err(format!("`{name}` has no end")),
        None => Ok(found),
    }
}

fn flush_left(lines: &[&str]) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let written = lines.iter().filter(|line| !line.trim().is_empty());
    let least = written.map(indent).min().unwrap_or(0);
    let moved: Vec<&str> = lines
        .iter()
        .map(|line| line.get(least..).unwrap_or(""))
        .collect();
    moved.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_nest_and_move_to_the_left() {
        let text = "fn f() {\n    // ANCHOR: a\n    let x = 1;\n\n    // ANCHOR: b\n    if x > 0 {\n        \
                    g();\n    }\n    // ANCHOR_END: b\n    // ANCHOR_END: a\n}\n";
        let inner = "if x > 0 {\n    g();\n}".to_owned();
        let outer = format!("let x = 1;\n\n{inner}");
        assert_eq!(
            anchors(text).unwrap(),
            [("b".into(), inner), ("a".into(), outer)]
        );
    }

    #[test]
    fn an_anchor_without_its_other_end_is_named() {
        let begun = anchors("// ANCHOR: a\nx\n").unwrap_err();
        assert_eq!(begun, "`a` has no end");
        let ended = anchors("// ANCHOR_END: a\n").unwrap_err();
        assert_eq!(ended, "the end of `a` without its begin");
    }
}
