//! Links of the built pages: every file and every place in a page that one leads to must be there.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};

use crate::problem::Problem;

/// What a page has for links to lead to, and where its own lead.
#[derive(Default)]
struct Page {
    ids: BTreeSet<String>,
    links: Vec<Link>,
}

struct Link {
    target: String,
    /// Whether the browser follows it by itself, as it does for scripts and pictures.
    loaded: bool,
}

/// Checks the pages below `out`; `others` are pages that were not made from Markdown below `source`.
pub fn check(
    out: &Path,
    pages: &[String],
    others: &[String],
    source: &Path,
) -> Result<Vec<Problem>> {
    let mut read = BTreeMap::new();
    for name in pages {
        let path = out.join(name);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        read.insert(name.as_str(), page(&text));
    }
    let mut problems = Vec::new();
    for (name, page) in &read {
        let mut told = BTreeSet::new();
        for link in &page.links {
            let Some(why) = broken(out, name, link, &read, others) else {
                continue;
            };
            if told.insert(link.target.as_str()) {
                let markdown = format!("{}.md", name.trim_end_matches(".html"));
                problems.push(Problem {
                    line: line(&source.join(&markdown), &link.target),
                    page: format!("book/src/{markdown}"),
                    message: format!("`{}`: {why}", link.target),
                });
            }
        }
    }
    Ok(problems)
}

/// Why a link leads nowhere.
fn broken(
    out: &Path,
    from: &str,
    link: &Link,
    pages: &BTreeMap<&str, Page>,
    others: &[String],
) -> Option<String> {
    let target = link.target.as_str();
    if target.starts_with("data:") {
        return None;
    }
    if target.contains("://") || target.starts_with("//") {
        let why = "the page would ask the network for it";
        return link.loaded.then(|| why.to_owned());
    }
    let (path, place) = target.split_once('#').unwrap_or((target, ""));
    let path = path.split('?').next().unwrap_or_default();
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let file = if path.is_empty() {
        from.to_owned()
    } else {
        joined(folder, path)
    };
    if !out.join(&file).is_file() {
        return Some(format!("there is no {file}"));
    }
    if place.is_empty() || others.contains(&file) {
        return None;
    }
    match pages.get(file.as_str()) {
        Some(page) if page.ids.contains(place) => None,
        _ => Some(format!("{file} has no place `{place}`")),
    }
}

/// A relative path, seen from a folder.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The line of a page's source that has a link, 0 if none does.
fn line(source: &Path, target: &str) -> usize {
    let text = fs::read_to_string(source).unwrap_or_default();
    let written = target.replacen(".html", ".md", 1);
    let has = |line: &str| line.contains(target) || line.contains(&written);
    text.lines().position(has).map_or(0, |at| at + 1)
}

fn page(text: &str) -> Page {
    let tokenizer = Tokenizer::new(Collector::default(), Default::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

#[derive(Default)]
struct Collector(RefCell<Page>);

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else {
            return TokenSinkResult::Continue;
        };
        if tag.kind != TagKind::StartTag {
            return TokenSinkResult::Continue;
        }
        let mut page = self.0.borrow_mut();
        for attribute in &tag.attrs {
            let value = attribute.value.to_string();
            match &*attribute.name.local {
                "id" => {
                    page.ids.insert(value);
                }
                "href" => page.links.push(Link {
                    target: value,
                    loaded: &*tag.name != "a",
                }),
                "src" => page.links.push(Link {
                    target: value,
                    loaded: true,
                }),
                _ => {}
            }
        }
        match &*tag.name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" => TokenSinkResult::RawData(RawKind::Rawtext),
            _ => TokenSinkResult::Continue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pages: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let (out, source) = (folder.path().join("out"), folder.path().join("src"));
        for (name, html) in pages {
            for (root, name) in [
                (&out, (*name).to_owned()),
                (&source, name.replace(".html", ".md")),
            ] {
                let path = root.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, html).unwrap();
            }
        }
        fs::write(out.join("sliders.html"), "made elsewhere").unwrap();
        let names: Vec<String> = pages.iter().map(|(name, _)| (*name).to_owned()).collect();
        let problems = check(&out, &names, &["sliders.html".into()], &source).unwrap();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let pages = [
            (
                "a.html",
                "<h2 id=\"x\">x</h2><a href=\"#x\"><a href=\"b/c.html#y\"><a href=\"https://example.org\">",
            ),
            (
                "b/c.html",
                "<p id='y'><a href='../a.html#x'><a href='../sliders.html#quad'><script>'<a href=\"z.html\">'</script>",
            ),
        ];
        assert_eq!(found(&pages), [""; 0]);
    }

    #[test]
    fn those_that_lead_nowhere_are_named_with_their_lines() {
        let page = "one\n<a href=\"b.html\">\n<a href=\"#x\">\n<img src=\"https://example.org/a.png\">\n\
                    &lt;a href=\"text.html\"&gt;";
        assert_eq!(
            found(&[("a.html", page)]),
            [
                "book/src/a.md:2: `b.html`: there is no b.html",
                "book/src/a.md:3: `#x`: a.html has no place `x`",
                "book/src/a.md:4: `https://example.org/a.png`: the page would ask the network for it",
            ]
        );
    }
}
