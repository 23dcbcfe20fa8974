//! Nothing unfinished, no test that never runs.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::Finding;
use super::tree::Tree;

/// Macros that stand for code nobody wrote yet.
const UNFINISHED: [&str; 2] = ["todo", "unimplemented"];

/// Unfinished code, ignored tests and ignored documentation examples.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let mut found = Vec::new();
        match file.text.parse::<TokenStream>() {
            Ok(tokens) => walk(tokens, &mut found),
            Err(e) => found.push((e.span().start().line, format!("cannot be read: {e}"))),
        }
        for (line, text) in file.text.lines().enumerate() {
            let text = text.trim_start();
            let doc = text
                .strip_prefix("///")
                .or_else(|| text.strip_prefix("//!"));
            if doc.is_some_and(|doc| doc.trim_start().starts_with("```ignore")) {
                found.push((line + 1, "an example that is never compiled".into()));
            }
        }
        found.sort();
        findings.extend(
            found
                .into_iter()
                .map(|(line, what)| Finding::new(&file.path, line, what)),
        );
    }
    findings
}

/// Tokens rather than the syntax tree, because what a macro is given counts too.
fn walk(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let attribute = group.delimiter() == Delimiter::Bracket
                    && at > 0
                    && is_punct(&tokens[at - 1], '#');
                let first = group.stream().into_iter().next();
                if attribute && first.is_some_and(|first| is_ident(&first, "ignore")) {
                    let line = group.span_open().start().line;
                    found.push((
                        line,
                        "an ignored test never fails: mend it or drop it".into(),
                    ));
                }
                walk(group.stream(), found);
            }
            TokenTree::Ident(ident)
                if UNFINISHED.iter().any(|name| ident == name)
                    && tokens.get(at + 1).is_some_and(|next| is_punct(next, '!')) =>
            {
                found.push((
                    ident.span().start().line,
                    format!("{ident}! left in the code"),
                ));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn is_punct(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted;
    use super::*;

    #[test]
    fn unfinished_code_and_ignored_tests_are_found_with_their_lines() {
        let text = format!(
            "fn a() {{\n    {}!()\n}}\n#[{}]\n#[test]\nfn b() {{ vec![{}!()]; }}\n/// ```{}\nfn c() {{}}\n",
            UNFINISHED[0], "ignore", UNFINISHED[1], "ignore"
        );
        let lines: Vec<usize> = check(&planted::tree(&[("a.rs", &text)]))
            .iter()
            .map(|f| f.line)
            .collect();
        assert_eq!(lines, [2, 4, 6, 7]);
    }

    #[test]
    fn comments_strings_and_names_are_not() {
        let text = format!(
            "// {}!\nconst A: &str = \"{}!\";\nfn todo() {{}}\n",
            UNFINISHED[0], UNFINISHED[1]
        );
        assert_eq!(check(&planted::tree(&[("a.rs", &text)])), []);
    }
}
