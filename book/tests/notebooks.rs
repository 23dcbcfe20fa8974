//! The committed notebooks: made of the book's pages as they are, with outputs that are right.
//!
//! That each was executed to its end is what `cargo xtask test all` proves; here nothing is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hammerhead_book::notebook::judge::Judge;
use hammerhead_book::notebook::{file, notebooks};

#[test]
fn they_are_what_the_pages_say_and_what_they_printed_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let all = notebooks(&root).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut judge = Judge::new(&root);
    let mut problems = Vec::new();
    for notebook in &all {
        let path = root
            .join("notebooks")
            .join(format!("{}.ipynb", notebook.name));
        let outputs = match file::outputs(&path) {
            Ok(outputs) => outputs,
            Err(why) => {
                problems.push(why);
                continue;
            }
        };
        let committed = fs::read_to_string(&path).expect("it was read above");
        if committed != file::text(notebook, &outputs) {
            problems.push(format!("{}: not what its page makes", notebook.name));
        }
        let executed = outputs
            .values()
            .any(|outputs| outputs.as_array().is_some_and(|some| !some.is_empty()));
        if executed {
            problems.extend(judge.problems(notebook, &outputs));
        }
    }
    assert!(
        problems.is_empty(),
        "{}\n`cargo xtask notebooks --execute` writes and executes them",
        problems.join("\n")
    );

    let names: BTreeSet<String> = all
        .iter()
        .map(|notebook| format!("{}.ipynb", notebook.name))
        .collect();
    let entries = fs::read_dir(root.join("notebooks")).expect("a folder of notebooks");
    let files = entries.map(|entry| {
        entry
            .expect("a file")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    let files: BTreeSet<String> = files.filter(|name| name.ends_with(".ipynb")).collect();
    assert_eq!(files, names, "a notebook of no page");
}

#[test]
fn the_page_on_notebooks_shows_what_a_tensor_looks_like_in_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let outputs = file::outputs(&root.join("notebooks/03-tensors.ipynb")).unwrap();
    let shown = outputs["pixels-small"].as_array().expect("outputs").last();
    let html = file::joined(&shown.expect("a value is shown")["data"]["text/html"]);
    let page = fs::read_to_string(root.join("book/src/notebook.md")).unwrap();
    assert!(page.contains(html.trim_end()), "{html}");
}
