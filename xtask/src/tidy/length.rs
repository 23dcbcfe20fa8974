//! A file one can read in one sitting holds one idea.

use std::path::Path;

use super::Finding;
use super::tree::{File, Tree};

/// The most lines a Rust file may have.
pub const LIMIT: usize = 600;
/// Above this a file is listed as one to split.
pub const ADVISED: usize = 400;

/// Files above the limit.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let long = tree.rust().filter(|file| lines(file) > LIMIT);
    long.map(|file| {
        let message = format!("{} lines, at most {LIMIT}: split the file", lines(file));
        Finding::new(&file.path, LIMIT + 1, message)
    })
    .collect()
}

/// Files above the advised length and not above the limit, with their lines.
pub fn long_files(tree: &Tree) -> impl Iterator<Item = (&Path, usize)> {
    tree.rust()
        .map(|file| (file.path.as_path(), lines(file)))
        .filter(|(_, lines)| (ADVISED + 1..=LIMIT).contains(lines))
}

fn lines(file: &File) -> usize {
    file.text.lines().count()
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted;
    use super::*;

    #[test]
    fn the_line_past_the_limit_is_named() {
        let (full, over) = ("//\n".repeat(600), "//\n".repeat(601));
        let tree = planted::tree(&[("a.rs", &full), ("b.rs", &over), ("long.md", &over)]);
        assert_eq!(
            check(&tree),
            [Finding::new(
                "b.rs",
                601,
                "601 lines, at most 600: split the file"
            )]
        );
        assert_eq!(
            long_files(&tree).collect::<Vec<_>>(),
            [(Path::new("a.rs"), 600)]
        );
    }
}
