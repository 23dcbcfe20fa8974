//! The words that pages have beside Markdown.
//!
//! | word | becomes |
//! |---|---|
//! | `{{#listing CHAPTER:NAME}}` | the code of a listing, what it printed and the pictures it showed |
//! | `{{#code CHAPTER:NAME}}` | the code alone, of what prints nothing or was shown before |
//! | `{{#printed CHAPTER:NAME}}` | what it printed alone |
//! | `{{#value ROW}}`, `{{#value ROW N}}` | what came out for a row of the lesson, or the `N`th number in it |
//! | `{{#rows CHAPTER ..}}` | a table of the rows of chapters and what came out for each |
//! | `{{#file PATH}}` | the path of a file of the workspace, as a link |
//! | `$x$`, `$$x$$` | a formula |
//!
//! A name that is not there is an error, which says page, line and name.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mdbook_preprocessor::book::{Book, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::listings::{Listing, Listings};
use crate::maths;
use crate::problem::{self, Problem};
use crate::rows;
use crate::values::Values;

/// Where files of the workspace can be read on the web.
const REPOSITORY: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main");

/// The preprocessor that mdBook runs over all pages.
pub struct Directives {
    root: PathBuf,
}

impl Directives {
    /// For the pages of a workspace's book.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }
}

impl Preprocessor for Directives {
    fn name(&self) -> &str {
        "directives"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut writer = Writer::new(&self.root);
        book.for_each_chapter_mut(|chapter: &mut Chapter| {
            let page = chapter.source_path.as_deref().unwrap_or(Path::new("?"));
            let page = format!("book/src/{}", page.display());
            chapter.content = writer.page(&page, &chapter.content);
        });
        problem::none(&writer.problems)?;
        Ok(book)
    }
}

/// Writes pages without directives, and remembers what was wrong.
pub struct Writer {
    root: PathBuf,
    listings: Listings,
    values: Values,
    /// What was wrong so far.
    pub problems: Vec<Problem>,
}

impl Writer {
    /// For the pages of a workspace's book.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            listings: Listings::new(root),
            values: Values::read(root),
            problems: Vec::new(),
        }
    }

    /// A page's text with its directives and formulas written out.
    pub fn page(&mut self, page: &str, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut fence: Option<&str> = None;
        let mut rest = text;
        while !rest.is_empty() {
            let line = &rest[..rest.find('\n').map_or(rest.len(), |at| at + 1)];
            let mark = line.trim_start();
            match fence {
                Some(open) => {
                    if mark.trim_end().starts_with(open) {
                        fence = None;
                    }
                }
                None if mark.starts_with("```") || mark.starts_with("~~~") => {
                    fence = Some(&mark[..3]);
                }
                None => {
                    let number = 1 + text[..text.len() - rest.len()].matches('\n').count();
                    rest = self.line(page, number, rest, &mut out);
                    continue;
                }
            }
            out += line;
            rest = &rest[line.len()..];
        }
        out
    }

    /// Writes the line that `text` begins with, a formula across lines included, and gives what follows it.
    fn line<'t>(
        &mut self,
        page: &str,
        number: usize,
        mut text: &'t str,
        out: &mut String,
    ) -> &'t str {
        while let Some(at) = text.find(['\n', '`', '{', '$', '\\']) {
            out.push_str(&text[..at]);
            text = &text[at..];
            let (written, taken) = if let Some(rest) = text.strip_prefix('\n') {
                out.push('\n');
                return rest;
            } else if text.starts_with('`') {
                (String::new(), code_span(text))
            } else if let Some(rest) = text.strip_prefix('\\') {
                (
                    String::new(),
                    1 + rest.chars().next().map_or(0, char::len_utf8),
                )
            } else if let Some(end) = text.starts_with("{{#").then(|| text.find("}}")).flatten() {
                let written = self.directive(&text[3..end]).unwrap_or_else(|message| {
                    self.problems.push(Problem {
                        page: page.to_owned(),
                        line: number,
                        message,
                    });
                    String::new()
                });
                (written, end + 2)
            } else if let Some((tex, display, after)) = maths::leading(text) {
                (maths::element(tex, display), text.len() - after.len())
            } else {
                (String::new(), 1)
            };
            if written.is_empty() {
                out.push_str(&text[..taken]);
            } else {
                out.push_str(&written);
            }
            text = &text[taken..];
        }
        out.push_str(text);
        ""
    }

    fn directive(&mut self, text: &str) -> Result<String, String> {
        let (word, argument) = text.split_once(' ').unwrap_or((text, ""));
        let argument = argument.trim();
        let listing = || {
            argument
                .split_once(':')
                .ok_or_else(|| format!("`{argument}` is no listing; expected CHAPTER:NAME"))
        };
        match word {
            "listing" => {
                let (chapter, name) = listing()?;
                let listing = self.listings.run(chapter, name)?;
                Ok(block("rust", &listing.code) + &shown(&listing))
            }
            "code" => {
                let (chapter, name) = listing()?;
                let code = self.listings.code(chapter, name)?;
                Ok(block("rust", &code))
            }
            "printed" => {
                let (chapter, name) = listing()?;
                let listing = self.listings.run(chapter, name)?;
                Ok(shown(&listing))
            }
            "value" => {
                let value = self.values.asked(argument)?;
                Ok(format!("<output>{}</output>", html(value)))
            }
            "rows" => rows::table(argument, &self.values),
            "file" => {
                if !self.root.join(argument).exists() {
                    return Err(format!("no file `{argument}` in the workspace"));
                }
                Ok(format!("[`{argument}`]({REPOSITORY}/{argument})"))
            }
            _ => Err(format!(
                "`{word}` is no word of the book; it has: listing, code, printed, value, rows, file"
            )),
        }
    }
}

/// What a listing printed, and its pictures in both themes, of which the style shows one.
fn shown(listing: &Listing) -> String {
    let mut out = String::new();
    if !listing.printed.trim().is_empty() {
        let printed = listing.printed.trim_end();
        let info = if in_columns(printed) {
            "text,printed"
        } else {
            "text,printed,prose"
        };
        out += &block(info, printed);
    }
    for picture in &listing.pictures {
        let description = html(&picture.description);
        out += "\n<div class=\"picture\">";
        for (theme, ending) in [("light", ""), ("dark", ".dark")] {
            out += &format!(
                "<img class=\"{theme}\" loading=\"lazy\" alt=\"{description}\" src=\"pictures/{}{ending}.svg\">",
                picture.name
            );
        }
        out += "</div>\n";
    }
    out
}

/// Whether a text would fall apart if its lines were broken: where something stands below something.
fn in_columns(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with(' ') || line.contains("  ") || line.contains(" | "))
}

/// The bytes of the code span that `text` begins with; of its backticks alone if none closes it on the line.
fn code_span(text: &str) -> usize {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let line = text.find('\n').unwrap_or(text.len());
    let mut at = ticks;
    while let Some(next) = text[at..line].find('`') {
        let begin = at + next;
        let run = text[begin..].len() - text[begin..].trim_start_matches('`').len();
        at = begin + run;
        if run == ticks {
            return at;
        }
    }
    ticks
}

/// A fenced block, whose fence is longer than any in the text.
fn block(info: &str, text: &str) -> String {
    let longest = text
        .split(|letter| letter != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("\n{fence}{info}\n{text}\n{fence}\n")
}

fn html(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii_punctuation() {
            out += &format!("&#{};", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "lesson/src/chapters/descent.rs",
            "// ANCHOR: step\n    step();\n// ANCHOR_END: step\n// ANCHOR: late\nlate();\n// ANCHOR_END: late\n",
        );
        write("lesson/printed/descent/step.txt", "a_b\n```\n");
        let svg = r#"<svg aria-label="a curve &amp; more"/>"#;
        write("lesson/printed/descent/step.svg", svg);
        write("lesson/printed/rows.json", r#"{"G12": "25823.8 * [x]"}"#);
        folder
    }

    #[test]
    fn a_listing_is_its_code_and_what_it_printed() {
        let folder = workspace();
        let mut writer = Writer::new(folder.path());
        let text = writer.page("a.md", "One\n\n{{#listing descent:step}}\n");
        assert_eq!(writer.problems, []);
        assert!(text.contains("```rust\nstep();\n```"), "{text}");
        assert!(
            text.contains("````text,printed,prose\na_b\n```\n````"),
            "{text}"
        );
        assert!(text.contains("src=\"pictures/descent/step.dark.svg\""));
        assert!(text.contains("alt=\"a curve &#38; more\""), "{text}");
    }

    #[test]
    fn a_value_is_text_that_markdown_leaves_alone() {
        let folder = workspace();
        let text = Writer::new(folder.path()).page("a.md", "The loss is {{#value G12}}.");
        let number = Writer::new(folder.path()).page("a.md", "{{#value G12 1}}");
        assert_eq!(number, "<output>25823&#46;8</output>");
        assert!(
            text.contains("<output>25823&#46;8 &#42; &#91;x&#93;</output>."),
            "{text}"
        );
    }

    #[test]
    fn what_is_missing_is_named_with_page_and_line() {
        let folder = workspace();
        let mut writer = Writer::new(folder.path());
        let words = [
            "{{#listing descent:stop}}",
            "{{#listing ascent:step}}",
            "{{#listing descent:late}}",
            "{{#value G99}}",
            "{{#value G12 2}}",
            "{{#rows descent}}",
            "{{#rows ascent}}",
            "{{#file no/such.rs}}",
            "{{#sorry}}",
        ];
        writer.page("a.md", &format!("# A\n{}\n", words.join("\n")));
        let messages: Vec<String> = writer.problems.iter().map(ToString::to_string).collect();
        let expected = [
            "a.md:2: no listing `stop` in lesson/src/chapters/descent; it has: late, step",
            "a.md:3: no chapter `ascent` in lesson/src/chapters",
            "a.md:4: lesson/printed/descent/late.txt: ",
            "a.md:5: no row `G99` in lesson/printed/rows.json",
            "a.md:6: `25823.8 * [x]`, the value of `G12`, has no number 2",
            "a.md:7: no row `G1` in lesson/printed/rows.json",
            "a.md:8: no rows of a chapter `ascent`",
            "a.md:9: no file `no/such.rs` in the workspace",
            "a.md:10: `sorry` is no word of the book",
        ];
        assert_eq!(messages.len(), expected.len(), "{messages:#?}");
        for (message, expected) in messages.iter().zip(expected) {
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn only_lines_that_nothing_stands_below_may_be_broken() {
        assert!(!in_columns(
            "mse_loss: the input [20] and the target [20, 1]"
        ));
        assert!(in_columns("tensor([[1, 2],\n        [3, 4]])"));
        assert!(in_columns("epoch | train_loss"));
        assert!(in_columns("0.bias    [30]"));
    }

    #[test]
    fn code_is_left_alone() {
        let folder = workspace();
        let mut writer = Writer::new(folder.path());
        let text = "`{{#value G99}}` and `$x$`\n\n```text\n{{#value G99}} $x$\n```\n\\$5 and 6$\n";
        assert_eq!(writer.page("a.md", text), text);
        assert_eq!(writer.problems, []);
    }

    #[test]
    fn a_formula_may_go_across_lines_and_lines_are_still_counted() {
        let folder = workspace();
        let mut writer = Writer::new(folder.path());
        let text = writer.page("a.md", "$$\nx\n$$\n{{#value G99}} $y$\n");
        assert!(
            text.starts_with("<span class=\"math display\">x</span>\n"),
            "{text}"
        );
        assert!(text.contains("<span class=\"math\">y</span>"), "{text}");
        assert_eq!(writer.problems[0].line, 4);
    }
}
