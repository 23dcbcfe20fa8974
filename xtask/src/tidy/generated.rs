//! Files that were made by a program stay what that program made.

use super::Finding;
use super::tree::Tree;
use crate::fixtures;

/// Golden files against their manifest; a tree without the folder has nothing to compare.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let folder = tree.root.join(fixtures::FOLDER);
    if !folder.is_dir() {
        return Vec::new();
    }
    match fixtures::differences(&folder) {
        Ok(problems) => problems
            .into_iter()
            .map(|problem| Finding::new(format!("{}/MANIFEST", fixtures::FOLDER), 1, problem))
            .collect(),
        Err(why) => vec![Finding::new(fixtures::FOLDER, 1, why.to_string())],
    }
}
