//! `cargo xtask tidy`: the rules of this workspace that no compiler checks.
//!
//! One file per rule. A rule reads the tree and returns findings; nothing is built. Every rule is
//! tested over a planted tree that breaks it.

mod arrows;
mod changelog;
mod generated;
mod leftovers;
mod length;
mod operations;
mod paths;
mod prim_match;
mod tree;
mod unsafe_code;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::root;
use tree::Tree;

/// Check crate arrows, file lengths, matches over `Prim`, the changelog and more.
#[derive(clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// The workspace to check [default: this one]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

const HELP: &str = "\
Rules:
  arrows      a crate depends only on the crates the architecture lets it
  length      a Rust file has at most 600 lines (above 400 is listed)
  prim-match  a match over Prim has an arm per variant, none that catches the rest
  changelog   CHANGELOG.md says what the next or the current version brings
  leftovers   no unfinished code, no ignored test
  paths       no path of somebody's machine
  unsafe      unsafe only in the listed modules, each with a SAFETY comment
  generated   committed golden files match their checksums
  operations  what users call has an example, its shapes, its panics and errors in its documentation

Examples:
  cargo xtask tidy
  cargo xtask tidy --root ../another-checkout";

/// One place where a rule does not hold.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    file: PathBuf,
    line: usize,
    message: String,
}

impl Finding {
    fn new(file: impl Into<PathBuf>, line: usize, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.message)
    }
}

/// A rule: its name and the check that lists where it does not hold.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: [Rule; 9] = [
    ("arrows", arrows::check),
    ("length", length::check),
    ("prim-match", prim_match::check),
    ("changelog", changelog::check),
    ("leftovers", leftovers::check),
    ("paths", paths::check),
    ("unsafe", unsafe_code::check),
    ("generated", generated::check),
    ("operations", operations::check),
];

/// Checks the chosen workspace.
pub fn run(args: &Args) -> Result<(), Failure> {
    match &args.root {
        Some(root) => check(root),
        None => check(&root::workspace()?),
    }
}

/// Prints every finding; an error counts them.
pub fn check(root: &Path) -> Result<(), Failure> {
    let tree = Tree::read(root)
        .map_err(|e| Failure::input(format!("{} cannot be read: {e}", root.display())))?;
    for (file, lines) in length::long_files(&tree) {
        println!(
            "note: {}: {lines} lines, better split above {}",
            file.display(),
            length::ADVISED
        );
    }
    let mut count = 0;
    for (rule, check) in RULES {
        for finding in check(&tree) {
            println!("{finding} [{rule}]");
            count += 1;
        }
    }
    match count {
        0 => {
            println!(
                "tidy: {} files, {} rules, nothing to mend",
                tree.files.len(),
                RULES.len()
            );
            Ok(())
        }
        1 => Err(Failure::check("tidy found 1 place to mend")),
        _ => Err(Failure::check(format!("tidy found {count} places to mend"))),
    }
}
