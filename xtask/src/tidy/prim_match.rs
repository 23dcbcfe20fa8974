//! A new variant of `Prim` must break the build everywhere it has to be answered.
//!
//! That holds only while no match over `Prim` has an arm for the rest, and while the variants are
//! written as `Prim::Variant`, by which this rule recognises such a match.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ExprMatch, ItemImpl, ItemUse, Pat, Path, Type, UseTree};

use super::Finding;
use super::tree::Tree;

/// The closed instruction set.
const PRIM: &str = "Prim";

/// Catch-all arms in matches over `Prim`, and imports that would hide such a match.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| file.text.contains(PRIM)) {
        match syn::parse_file(&file.text) {
            Ok(syntax) => {
                let mut search = Search::default();
                search.visit_file(&syntax);
                let found = search.found.into_iter();
                findings.extend(found.map(|(line, what)| Finding::new(&file.path, line, what)));
            }
            Err(e) => {
                let line = e.span().start().line;
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("cannot be read: {e}"),
                ));
            }
        }
    }
    findings
}

#[derive(Default)]
struct Search {
    /// Whether `Self` means `Prim` here.
    inside_prim: bool,
    found: Vec<(usize, String)>,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let outer = self.inside_prim;
        self.inside_prim = matches!(&*item.self_ty, Type::Path(ty) if last_is_prim(&ty.path));
        visit::visit_item_impl(self, item);
        self.inside_prim = outer;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if hides_prim(&item.tree) {
            let message =
                format!("write {PRIM}::Variant instead of importing variants or renaming {PRIM}");
            self.found.push((item.span().start().line, message));
        }
    }

    fn visit_expr_match(&mut self, expression: &'ast ExprMatch) {
        let arms = &expression.arms;
        if arms
            .iter()
            .any(|arm| names_prim(&arm.pat, self.inside_prim))
        {
            for arm in arms.iter().filter(|arm| catches_all(&arm.pat)) {
                let message = format!("this arm catches every other {PRIM}: name the variants");
                self.found.push((arm.pat.span().start().line, message));
            }
        }
        visit::visit_expr_match(self, expression);
    }
}

fn last_is_prim(path: &Path) -> bool {
    path.segments
        .last()
        .is_some_and(|segment| segment.ident == PRIM)
}

/// Whether the tree imports what is inside `Prim`, or `Prim` under another name.
fn hides_prim(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => path.ident == PRIM || hides_prim(&path.tree),
        UseTree::Rename(rename) => rename.ident == PRIM,
        UseTree::Group(group) => group.items.iter().any(hides_prim),
        UseTree::Name(_) | UseTree::Glob(_) => false,
    }
}

/// Whether a pattern names a variant of `Prim`.
fn names_prim(pattern: &Pat, inside_prim: bool) -> bool {
    struct Names {
        inside_prim: bool,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Names {
        fn visit_path(&mut self, path: &'ast Path) {
            let mut segments = path.segments.iter().rev().skip(1);
            self.found |= segments.next().is_some_and(|owner| {
                owner.ident == PRIM || (self.inside_prim && owner.ident == "Self")
            });
            visit::visit_path(self, path);
        }
    }
    let mut names = Names {
        inside_prim,
        found: false,
    };
    names.visit_pat(pattern);
    names.found
}

/// Whether a pattern matches whatever is left.
fn catches_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        // A constant looks the same, but by convention it starts with a capital letter.
        Pat::Ident(binding) => match &binding.subpat {
            Some((_, inner)) => catches_all(inner),
            None => binding
                .ident
                .to_string()
                .starts_with(|c: char| c.is_lowercase() || c == '_'),
        },
        Pat::Or(or) => or.cases.iter().any(catches_all),
        Pat::Guard(guard) => catches_all(&guard.pat),
        Pat::Paren(paren) => catches_all(&paren.pat),
        Pat::Reference(reference) => catches_all(&reference.pat),
        Pat::Tuple(tuple) => tuple
            .elems
            .iter()
            .all(|element| matches!(element, Pat::Rest(_)) || catches_all(element)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted;
    use super::*;

    const NONE: [usize; 0] = [];

    fn lines(text: &str) -> Vec<usize> {
        syn::parse_file(text).expect("the planted source is Rust");
        check(&planted::tree(&[("crates/tensor/src/a.rs", text)]))
            .iter()
            .map(|f| f.line)
            .collect()
    }

    #[test]
    fn catch_all_arms_are_found_in_every_disguise() {
        for arm in [
            "_",
            "other",
            "ref other",
            "&_",
            "(_)",
            "x @ _",
            "Prim::B | _",
            "_ if true",
        ] {
            let text = format!(
                "fn f(p: &Prim) {{\n    match p {{\n        Prim::A => 1,\n        {arm} => 2,\n    }};\n}}\n"
            );
            assert_eq!(lines(&text), [4], "{arm}");
        }
        let pair = "fn f(p: Prim) {\n    match (p, 1) {\n        (crate::Prim::A { .. }, _) => 1,\n        (_, _) => 2,\n    };\n}\n";
        assert_eq!(lines(pair), [4]);
        let own = "impl Prim {\n    fn f(&self) {\n        match self {\n            Self::A => 1,\n            _ => 2,\n        };\n    }\n}\n";
        assert_eq!(lines(own), [5]);
    }

    #[test]
    fn exhaustive_matches_and_other_enums_are_fine() {
        assert_eq!(
            lines("fn f(p: Prim) { match p { Prim::A => 1, Prim::B(_) | Prim::C { .. } => 2 }; }"),
            NONE
        );
        assert_eq!(
            lines("use a::Prim;\nfn f(p: Other) { match p { Other::A => 1, _ => 2 }; }"),
            NONE
        );
        assert_eq!(
            lines("impl Prim { fn f(x: u8) { match x { 0 => 1, _ => 2 }; } }"),
            NONE
        );
    }

    #[test]
    fn imports_that_would_hide_a_match_are_found() {
        assert_eq!(lines("use a::Prim::*;"), [1]);
        assert_eq!(lines("use a::{b, Prim as P};"), [1]);
        assert_eq!(lines("use a::{Prim::{A, B}};"), [1]);
        assert_eq!(lines("use a::{Prim, b::*};"), NONE);
    }
}
