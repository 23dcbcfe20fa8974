//! A path of one machine works on no other.

use super::Finding;
use super::tree::Tree;

/// Folders that exist on somebody's machine only, in pieces so that this file does not match itself.
const FOLDERS: [&str; 4] = [
    concat!("/", "work/"),
    concat!("/", "home/"),
    concat!("/", "root/"),
    concat!("/", "Users/"),
];

/// Lines that name such a folder.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (line, text) in file.text.lines().enumerate() {
            if let Some(folder) = FOLDERS.iter().find(|folder| names(text, folder)) {
                findings.push(Finding::new(
                    &file.path,
                    line + 1,
                    format!("machine path {folder}"),
                ));
            }
        }
    }
    findings
}

/// Whether `text` has `folder` at the start of a path, not in the middle of a longer one or a URL.
fn names(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        !text[..at].ends_with(|before: char| before.is_alphanumeric() || "._-}/".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted;
    use super::*;

    #[test]
    fn a_machine_path_is_found_and_a_url_is_not() {
        let folder = FOLDERS[0];
        let text = format!("fine\nsee https://example.org{folder}x\nopen(\"{folder}x\")\n");
        let tree = planted::tree(&[("a.md", &text)]);
        assert_eq!(
            check(&tree),
            [Finding::new("a.md", 3, format!("machine path {folder}"))]
        );
    }
}
