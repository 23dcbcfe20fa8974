//! What listings need around them in a notebook.
//!
//! In the lesson a listing stands in a function, which hands it what it works with. In a notebook it is a cell, and cells
//! share what they name: but neither closures nor what borrows, so a listing that makes such a thing stands in a block. The
//! file `book/notebooks/PAGE.rs` has these frames:
//!
//! ```text
//! // SETUP
//! what the first cell has beside the library
//! // CELL chapter:name
//! {
//!     let x = &x;
//!     // LISTING
//! }
//! ```
//!
//! `// LISTING` is where the listing's lines go, `// LISTING chapter:other` stands for those of another one, and
//! `// FILE name.rs` for a file beside the frames. `// OTHERS` begins the frame of all listings that run and have none of
//! their own; without it they are cells as they are.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::listings::Listings;

/// Where the frames lie in the workspace.
pub const FRAMES: &str = "book/notebooks";

/// The frames of one page.
#[derive(Debug, Default)]
pub struct Frames {
    setup: String,
    others: Option<String>,
    cells: BTreeMap<String, String>,
}

impl Frames {
    /// The frames of a page; none if it has no file of them.
    ///
    /// # Errors
    /// If the file can't be read, or has code before its first mark.
    pub fn read(root: &Path, page: &str) -> Result<Self, String> {
        let path = format!("{FRAMES}/{page}.rs");
        let beside = |name: &str| {
            let path = format!("{FRAMES}/{name}");
            fs::read_to_string(root.join(&path)).map_err(|e| format!("{path}: {e}"))
        };
        match fs::read_to_string(root.join(&path)) {
            Ok(text) => Self::parse(&text, beside).map_err(|e| format!("{path}: {e}")),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(format!("{path}: {e}")),
        }
    }

    fn parse(text: &str, beside: impl Fn(&str) -> Result<String, String>) -> Result<Self, String> {
        let mut frames = Self::default();
        let mut open: Option<&mut String> = None;
        for line in text.lines() {
            if line == "// SETUP" {
                open = Some(&mut frames.setup);
            } else if line == "// OTHERS" {
                open = Some(frames.others.get_or_insert_default());
            } else if let Some(name) = line.strip_prefix("// CELL ") {
                if frames.cells.contains_key(name) {
                    return Err(format!("two frames of `{name}`"));
                }
                open = Some(frames.cells.entry(name.to_owned()).or_default());
            } else if let (Some(name), Some(open)) = (line.strip_prefix("// FILE "), &mut open) {
                open.push_str(&beside(name)?);
            } else if let Some(open) = &mut open {
                open.push_str(line);
                open.push('\n');
            } else if !(line.is_empty() || line.starts_with("//")) {
                return Err(format!("`{line}` belongs to no cell"));
            }
        }
        Ok(frames)
    }

    /// The first cell's code beside the library.
    ///
    /// # Errors
    /// If it stands for a listing that is not there.
    pub fn setup(&self, listings: &mut Listings) -> Result<String, String> {
        fill(&self.setup, None, listings)
    }

    /// A listing in its frame, which is taken out; `runs` tells whether it may stand in that of all others.
    ///
    /// # Errors
    /// If there is no such listing.
    pub fn cell(
        &mut self,
        name: &str,
        runs: bool,
        listings: &mut Listings,
    ) -> Result<String, String> {
        let others = self.others.clone().filter(|_| runs);
        match self.cells.remove(name).or(others) {
            Some(frame) => fill(&frame, Some(name), listings),
            None => code(name, listings),
        }
    }

    /// The listings whose frames were not taken out.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.cells.keys().map(String::as_str)
    }
}

/// The lines of a listing by its name, `chapter:name`.
fn code(name: &str, listings: &mut Listings) -> Result<String, String> {
    let (chapter, listing) = name
        .split_once(':')
        .ok_or_else(|| format!("`{name}` is no listing; expected CHAPTER:NAME"))?;
    listings.code(chapter, listing)
}

/// A frame with listings in their places, as far to the right as their marks.
fn fill(frame: &str, own: Option<&str>, listings: &mut Listings) -> Result<String, String> {
    let mut out = String::new();
    let mut has_own = own.is_none();
    for line in frame.lines() {
        let mark = line.trim_start();
        let name = match (mark.strip_prefix("// LISTING"), own) {
            (Some(""), Some(own)) => {
                has_own = true;
                own
            }
            (Some(other), _) if other.starts_with(' ') => other.trim(),
            _ => {
                out.push_str(line);
                out.push('\n');
                continue;
            }
        };
        let indent = &line[..line.len() - mark.len()];
        for line in code(name, listings)?.lines() {
            if !line.is_empty() {
                out.push_str(indent);
            }
            out.push_str(line);
            out.push('\n');
        }
    }
    if has_own {
        Ok(out.trim_matches('\n').to_owned())
    } else {
        Err(format!(
            "the frame of `{}` has no line `// LISTING`",
            own.unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listings() -> (tempfile::TempDir, Listings) {
        let folder = tempfile::tempdir().unwrap();
        let chapters = folder.path().join("lesson/src/chapters");
        fs::create_dir_all(&chapters).unwrap();
        let text = "// ANCHOR: a\nlet y = f(x);\n\ny.show();\n// ANCHOR_END: a\n// ANCHOR: f\nfn f() {}\n// ANCHOR_END: f\n";
        fs::write(chapters.join("c.rs"), text).unwrap();
        let listings = Listings::new(folder.path());
        (folder, listings)
    }

    fn beside(name: &str) -> Result<String, String> {
        match name {
            "g.rs" => Ok("fn g() {}\n".to_owned()),
            _ => Err(format!("no {name}")),
        }
    }

    #[test]
    fn a_listing_stands_where_its_mark_is() {
        let (_folder, mut listings) = listings();
        let text = "//! Words.\n\n// SETUP\n// LISTING c:f\n\n// CELL c:a\n{\n    let x = &x;\n    // LISTING\n}\n";
        let mut frames = Frames::parse(text, beside).unwrap();
        assert_eq!(frames.setup(&mut listings).unwrap(), "fn f() {}");
        let cell = frames.cell("c:a", true, &mut listings).unwrap();
        assert_eq!(
            cell,
            "{\n    let x = &x;\n    let y = f(x);\n\n    y.show();\n}"
        );
        assert_eq!(frames.left().count(), 0);
        let cell = frames.cell("c:f", true, &mut listings).unwrap();
        assert_eq!(cell, "fn f() {}");
    }

    #[test]
    fn all_others_have_one_frame_if_they_run() {
        let (_folder, mut listings) = listings();
        let text = "// SETUP\n// FILE g.rs\n// OTHERS\n{\n    // LISTING\n}\n";
        let mut frames = Frames::parse(text, beside).unwrap();
        assert_eq!(frames.setup(&mut listings).unwrap(), "fn g() {}");
        let mut cell = |runs| frames.cell("c:f", runs, &mut listings).unwrap();
        assert_eq!(cell(true), "{\n    fn f() {}\n}");
        assert_eq!(cell(false), "fn f() {}");
    }

    #[test]
    fn a_frame_that_forgets_its_listing_is_named() {
        let (_folder, mut listings) = listings();
        let mut frames = Frames::parse("// CELL c:a\n{}\n// CELL c:b\n", beside).unwrap();
        let error = frames.cell("c:a", true, &mut listings).unwrap_err();
        assert_eq!(error, "the frame of `c:a` has no line `// LISTING`");
        assert_eq!(frames.left().collect::<Vec<_>>(), ["c:b"]);
        for text in [
            "x\n// SETUP\n",
            "// CELL a\n// CELL a\n",
            "// SETUP\n// FILE h.rs\n",
        ] {
            assert!(Frames::parse(text, beside).is_err(), "{text}");
        }
    }
}
