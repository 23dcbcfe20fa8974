//! The words of a page as a notebook has them: formulas as they are, links to notebooks, values as code.

use std::fs;
use std::path::{Path, PathBuf};

use crate::directives::code_span;
use crate::rows;
use crate::values::Values;

/// Rewrites the words of pages.
pub struct Words {
    root: PathBuf,
    values: Values,
    /// The pages that are notebooks, and the files' names.
    notebooks: Vec<(String, String)>,
}

impl Words {
    /// For the pages of a workspace; `notebooks` are names of pages, each with its notebook's.
    pub fn new(root: &Path, notebooks: Vec<(String, String)>) -> Self {
        Self {
            root: root.to_path_buf(),
            values: Values::read(root),
            notebooks,
        }
    }

    /// A line outside of blocks of code.
    ///
    /// # Errors
    /// If it names what is not there.
    pub fn line(&self, line: &str) -> Result<String, String> {
        let mut out = String::with_capacity(line.len());
        let mut rest = line;
        while let Some(at) = rest.find(['`', '{', ']']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let taken = if rest.starts_with('`') {
                let taken = code_span(rest);
                out.push_str(&rest[..taken]);
                taken
            } else if let Some((directive, _)) = within(rest, "{{#", "}}") {
                out.push_str(&self.directive(directive)?);
                directive.len() + 5
            } else if let Some((target, _)) = within(rest, "](", ")") {
                out.push_str(&format!("]({})", self.link(target)?));
                target.len() + 3
            } else {
                out.push_str(&rest[..1]);
                1
            };
            rest = &rest[taken..];
        }
        Ok(out + rest)
    }

    fn directive(&self, text: &str) -> Result<String, String> {
        let (word, argument) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "value" => Ok(format!("`{}`", self.values.asked(argument)?)),
            "rows" => rows::table(argument, &self.values),
            "file" => Ok(format!("[`{argument}`](../{argument})")),
            _ => Err(format!("`{word}` can't be shown in a notebook's text")),
        }
    }

    /// Where a link of a page leads from a notebook.
    fn link(&self, target: &str) -> Result<String, String> {
        if target.contains("://") {
            return Ok(target.to_owned());
        }
        let (file, place) = target.split_once('#').unwrap_or((target, ""));
        let place = |link: String| match place {
            "" => link,
            place => format!("{link}#{place}"),
        };
        let Some(page) = file.strip_suffix(".md") else {
            return Ok(place(format!("../target/book/{file}")));
        };
        match self.notebooks.iter().find(|(name, _)| name == page) {
            None => Ok(place(format!("../book/src/{file}"))),
            Some((_, notebook)) => match target.split_once('#') {
                None => Ok(format!("{notebook}.ipynb")),
                Some((_, slug)) => Ok(format!("{notebook}.ipynb#{}", self.anchor(page, slug)?)),
            },
        }
    }

    /// Jupyter's anchor of the heading that has the slug in the book.
    fn anchor(&self, page: &str, slug: &str) -> Result<String, String> {
        let path = format!("book/src/{page}.md");
        let text = fs::read_to_string(self.root.join(&path)).map_err(|e| format!("{path}: {e}"))?;
        let headings = text.lines().filter(|line| line.starts_with('#'));
        let mut headings = headings.map(|line| line.trim_start_matches('#').trim());
        let heading = headings
            .find(|heading| slug_of(heading) == slug)
            .ok_or_else(|| format!("{path} has no heading `#{slug}`"))?;
        Ok(heading.replace(' ', "-"))
    }
}

/// What stands between two marks at the start of a text, and what follows it.
fn within<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str)> {
    text.strip_prefix(open)?.split_once(close)
}

/// A heading's anchor in the book: small letters, and dashes for spaces.
fn slug_of(heading: &str) -> String {
    let letters = heading.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        _ if letter.is_alphanumeric() || "-_".contains(letter) => Some(letter),
        _ => None,
    });
    letters.collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> (tempfile::TempDir, Words) {
        let folder = tempfile::tempdir().unwrap();
        let pages = folder.path().join("book/src");
        fs::create_dir_all(&pages).unwrap();
        fs::write(pages.join("loss.md"), "# A loss\n\n## Why, and how?\n").unwrap();
        fs::create_dir_all(folder.path().join("lesson/printed")).unwrap();
        let rows = folder.path().join("lesson/printed/rows.json");
        fs::write(rows, r#"{"G12": "25823.8"}"#).unwrap();
        let notebooks = vec![("loss".to_owned(), "05-loss".to_owned())];
        let words = Words::new(folder.path(), notebooks);
        (folder, words)
    }

    #[test]
    fn links_lead_to_notebooks_where_there_are_some() {
        let (_folder, words) = words();
        let line = |text| words.line(text).unwrap();
        assert_eq!(line("[a](loss.md) b"), "[a](05-loss.ipynb) b");
        let place = "[a](loss.md#why-and-how)";
        assert_eq!(line(place), "[a](05-loss.ipynb#Why,-and-how?)");
        assert_eq!(line("[a](gpu.md#b)"), "[a](../book/src/gpu.md#b)");
        assert_eq!(
            line("[a](sliders.html#quad)"),
            "[a](../target/book/sliders.html#quad)"
        );
        assert_eq!(line("[a](https://b.c/d.md)"), "[a](https://b.c/d.md)");
        let error = words.line("[a](loss.md#when)").unwrap_err();
        assert_eq!(error, "book/src/loss.md has no heading `#when`");
    }

    #[test]
    fn values_are_code_and_formulas_stay() {
        let (_folder, words) = words();
        let text = "the loss {{#value G12}} of $x_1$, see `{{#value}}` and {{#file lesson/src}}";
        let expected =
            "the loss `25823.8` of $x_1$, see `{{#value}}` and [`lesson/src`](../lesson/src)";
        assert_eq!(words.line(text).unwrap(), expected);
        assert!(words.line("{{#listing a:b}} inside").is_err());
    }
}
