//! The operations that a file's own macros write.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Item, ItemMacro, LitStr};

use super::Operation;

/// The macros that a file defines.
pub struct Macros(Vec<(Ident, Vec<Template>)>);

/// A `pub fn $name` or `pub struct $name` in a macro's definition.
struct Template {
    docs: String,
    panics: bool,
    fails: bool,
}

/// A documented line of a macro's call: the names that it gives to templates.
#[derive(Default)]
struct Entry {
    docs: String,
    names: Vec<Ident>,
}

impl Macros {
    /// The macros defined among these items.
    pub fn of(items: &[Item]) -> Self {
        let definitions = items.iter().filter_map(|item| match item {
            Item::Macro(item) => Some((item.ident.clone()?, &item.mac.tokens)),
            _ => None,
        });
        Self(
            definitions
                .map(|(name, tokens)| {
                    let mut templates = Vec::new();
                    collect_templates(tokens.clone(), &mut templates);
                    (name, templates)
                })
                .collect(),
        )
    }

    /// What a call of one of them writes.
    pub fn operations(&self, item: &ItemMacro) -> Vec<Operation> {
        let called = |(name, _): &&(Ident, Vec<Template>)| item.mac.path.is_ident(name);
        let (None, Some((_, templates))) = (&item.ident, self.0.iter().find(called)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for entry in entries(item.mac.tokens.clone()) {
            for (name, template) in entry.names.iter().zip(templates) {
                found.push(Operation {
                    name: name.to_string(),
                    line: name.span().start().line,
                    docs: format!("{}{}", entry.docs, template.docs),
                    shaped: true,
                    panics: template.panics,
                    fails: template.fails,
                });
            }
        }
        found
    }
}

fn collect_templates(tokens: TokenStream, templates: &mut Vec<Template>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |at: usize, word: &str| matches!(&tokens[at], TokenTree::Ident(i) if i == word);
    let mut docs = String::new();
    let mut panics = false;
    for at in 0..tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let mut inner = group.stream().into_iter();
                let name = inner.next();
                if named(name.as_ref(), "doc") {
                    docs += &line_of(group.stream());
                } else if named(name.as_ref(), "track_caller") {
                    panics = true;
                }
            }
            TokenTree::Ident(kind) if (kind == "fn" || kind == "struct") && at > 0 => {
                let variable =
                    matches!(tokens.get(at + 1), Some(TokenTree::Punct(p)) if p.as_char() == '$');
                if variable && word(at - 1, "pub") {
                    let output = tokens[at..].iter().take_while(|token| {
                        !matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace)
                    });
                    let fails = output.into_iter().any(|token| named(Some(token), "Result"));
                    templates.push(Template {
                        docs: std::mem::take(&mut docs),
                        panics,
                        fails,
                    });
                }
                docs.clear();
                panics = false;
            }
            TokenTree::Group(group) => collect_templates(group.stream(), templates),
            _ => {}
        }
    }
}

/// The lines of a call that have documentation, each with the names up to the first other sign.
fn entries(tokens: TokenStream) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut entry = Entry::default();
    let mut done = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                if done {
                    found.push(std::mem::take(&mut entry));
                    done = false;
                }
                entry.docs += &line_of(group.stream());
            }
            TokenTree::Ident(name) if !entry.docs.is_empty() && !done => entry.names.push(name),
            // Of two names beside one another, or one after the other.
            TokenTree::Punct(sign) if sign.as_char() == '/' => {}
            _ if !entry.names.is_empty() => done = true,
            _ => {}
        }
    }
    found.push(entry);
    found
}

fn named(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == name)
}

/// The text of `doc = ".."`.
fn line_of(attribute: TokenStream) -> String {
    let literal = attribute.into_iter().nth(2).map(TokenStream::from);
    let text = literal.and_then(|literal| syn::parse2::<LitStr>(literal).ok());
    text.map_or_else(String::new, |text| text.value() + "\n")
}
