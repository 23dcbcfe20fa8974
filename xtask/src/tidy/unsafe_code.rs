//! `unsafe` lives in a few named modules, each block with its reason.

use proc_macro2::{TokenStream, TokenTree};

use super::Finding;
use super::tree::{File, Tree};

/// Where `unsafe` may stand: kernels, their threads, memory, the GPU's driver. A name covers the file and the folder below it.
const MODULES: [&str; 6] = [
    "crates/tensor/src/cpu",
    "crates/tensor/src/pool",
    "crates/tensor/src/threads/team",
    "crates/tensor/src/element_bytes",
    "crates/gpu/src/vk",
    "crates/gpu/src/queue",
];
/// Tests of any crate that count allocations, for which they must be the allocator.
const COUNTERS: [&str; 2] = ["tests/allocations.rs", "tests/memory.rs"];

/// How many lines above a block its SAFETY comment may end, to let a long statement start first.
const REACH: usize = 4;

/// `unsafe` outside the listed modules, and blocks without a SAFETY comment.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        // A file that does not parse is the leftovers rule's finding.
        let Ok(tokens) = file.text.parse::<TokenStream>() else {
            continue;
        };
        let mut uses = Vec::new();
        walk(tokens, &mut uses);
        for (line, kind) in uses {
            if !allowed(file) {
                let message = format!(
                    "unsafe outside the modules kept for it ({})",
                    MODULES.join(", ")
                );
                findings.push(Finding::new(&file.path, line, message));
            } else if kind == Kind::NeedsReason && !has_reason(&file.text, line) {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    "unsafe without a // SAFETY: comment",
                ));
            }
        }
    }
    findings
}

/// What follows the keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A block or an implementation, which claims that something holds.
    NeedsReason,
    /// A declaration, whose duties its documentation states.
    Declaration,
}

fn walk(tokens: TokenStream, uses: &mut Vec<(usize, Kind)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if ident == "unsafe" => {
                let kind = match tokens.get(at + 1) {
                    Some(TokenTree::Group(_)) => Kind::NeedsReason,
                    Some(TokenTree::Ident(next)) if next == "impl" => Kind::NeedsReason,
                    _ => Kind::Declaration,
                };
                uses.push((ident.span().start().line, kind));
            }
            TokenTree::Group(group) => walk(group.stream(), uses),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn allowed(file: &File) -> bool {
    let counts = COUNTERS.iter().any(|test| file.path.ends_with(test));
    counts
        || MODULES.iter().any(|module| {
            file.path.starts_with(module) || file.path.with_extension("").as_os_str() == *module
        })
}

fn has_reason(text: &str, line: usize) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    let above = lines[..line].iter().rev();
    let mut code = 0;
    for text in above {
        if text.contains("SAFETY:") {
            return true;
        }
        if !text.trim_start().starts_with("//") {
            code += 1;
        }
        if code > REACH {
            break;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted;
    use super::*;

    const BARE: &str = "fn a(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n";
    const REASONED: &str = "fn a(p: &u8) -> u8 {\n    // SAFETY: a reference is valid,\n    // always.\n    unsafe { *(p as *const u8) }\n}\n";

    #[test]
    fn only_the_listed_modules_may_be_unsafe() {
        let tree = planted::tree(&[
            ("crates/nn/src/lib.rs", REASONED),
            ("crates/tensor/src/cpu/simd.rs", REASONED),
        ]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(
            (findings[0].file.to_str(), findings[0].line),
            (Some("crates/nn/src/lib.rs"), 4)
        );
    }

    #[test]
    fn a_block_needs_its_reason() {
        let tree = planted::tree(&[("crates/tensor/src/cpu/simd.rs", BARE)]);
        assert_eq!(
            check(&tree),
            [Finding::new(
                "crates/tensor/src/cpu/simd.rs",
                2,
                "unsafe without a // SAFETY: comment"
            )]
        );
    }
}
