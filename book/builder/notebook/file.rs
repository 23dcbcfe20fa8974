//! Notebook files: the format of Jupyter, version 4.5.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};

use super::cells::{Cell, Notebook};

/// The outputs of a notebook's cells of code, by the cells' names.
pub type Outputs = Map<String, Value>;

/// A cell's name in its file; each is there once.
pub fn id(cell: &Cell, place: usize) -> String {
    match cell {
        Cell::Words(_) => format!("words-{place}"),
        Cell::Setup(_) => "setup".to_owned(),
        Cell::Listing { name, .. } => name.replace(':', "-"),
    }
}

/// A notebook's text, with outputs from an earlier run.
pub fn text(notebook: &Notebook, outputs: &Outputs) -> String {
    let none = Value::Array(Vec::new());
    let cells = notebook.cells.iter().enumerate().map(|(place, cell)| {
        let id = id(cell, place);
        let code = |source: &str| {
            json!({
                "cell_type": "code",
                "execution_count": null,
                "outputs": outputs.get(&id).unwrap_or(&none),
                "metadata": {},
                "source": lines(source),
                "id": id,
            })
        };
        match cell {
            Cell::Words(text) => json!({
                "cell_type": "markdown",
                "metadata": {},
                "source": lines(text),
                "id": id,
            }),
            Cell::Setup(source) => code(source),
            Cell::Listing { code: source, .. } => code(source),
        }
    });
    let whole = json!({
        "cells": cells.collect::<Vec<Value>>(),
        "metadata": {
            "kernelspec": { "display_name": "Rust", "language": "rust", "name": "rust" },
            "language_info": {
                "codemirror_mode": "rust",
                "file_extension": ".rs",
                "mimetype": "text/rust",
                "name": "Rust",
                "pygment_lexer": "rust",
            },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    // As Jupyter itself indents, so that a notebook that somebody saved differs where they changed it.
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" "));
    whole
        .serialize(&mut serializer)
        .expect("a value is written to memory");
    String::from_utf8(bytes).expect("JSON is UTF-8") + "\n"
}

/// The lines of a text as the format has them: each with its end.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The outputs in a notebook file, the same for every run: of pictures the drawn one, of times none.
///
/// # Errors
/// If there is no such file, or it is no notebook.
pub fn outputs(path: &Path) -> Result<Outputs, String> {
    Ok(outputs_in(&code(path)?))
}

fn outputs_in(cells: &[Value]) -> Outputs {
    let outputs = cells.iter().filter_map(|cell| {
        let outputs = cell["outputs"].as_array()?;
        Some((cell["id"].as_str()?.to_owned(), tidied(outputs)))
    });
    outputs.collect()
}

/// The outputs in a notebook file as far as they are those of a notebook's code: from the first cell on that says
/// something else there, they belong to a program that is no more.
///
/// # Errors
/// If there is no such file, or it is no notebook.
pub fn outputs_of(notebook: &Notebook, path: &Path) -> Result<Outputs, String> {
    let cells = code(path)?;
    let mut all = outputs_in(&cells);
    let now = notebook
        .cells
        .iter()
        .enumerate()
        .filter_map(|(place, cell)| {
            let source = match cell {
                Cell::Words(_) => return None,
                Cell::Setup(source) | Cell::Listing { code: source, .. } => source,
            };
            Some((id(cell, place), source))
        });
    let then = cells
        .iter()
        .map(|cell| (&cell["id"], joined(&cell["source"])));
    let same = now
        .zip(then)
        .take_while(|((id, now), (was, then))| **was == **id && **now == *then)
        .map(|((id, _), _)| id);
    let same: Vec<String> = same.collect();
    all.retain(|id, _| same.contains(id));
    Ok(all)
}

/// The cells of code in a notebook file.
fn code(path: &Path) -> Result<Vec<Value>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = fs::read_to_string(path).map_err(|e| wrong(&e))?;
    let whole: Value = serde_json::from_str(&text).map_err(|e| wrong(&e))?;
    let cells = whole["cells"].as_array().ok_or("no cells");
    let cells = cells.map_err(|e| wrong(&e))?.iter();
    let code = cells.filter(|cell| cell["cell_type"] == "code");
    Ok(code.cloned().collect())
}

fn tidied(outputs: &[Value]) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    for output in outputs {
        if output["output_type"] == "stream" {
            let text = joined(&output["text"]);
            match kept.last_mut() {
                Some(last) if last["output_type"] == "stream" && last["name"] == output["name"] => {
                    let text = joined(&last["text"]) + &text;
                    last["text"] = json!(lines(&text));
                }
                _ => kept.push(json!({
                    "name": output["name"],
                    "output_type": "stream",
                    "text": lines(&text),
                })),
            }
            continue;
        }
        let mut output = output.clone();
        // The order of execution, which a reader's own run counts anew.
        if output["output_type"] == "execute_result" {
            output["execution_count"] = Value::Null;
        }
        if let Some(data) = output["data"].as_object_mut() {
            if data.contains_key("image/svg+xml") {
                data.retain(|kind, _| kind == "image/svg+xml");
            }
            for content in data.values_mut() {
                let text = joined(content);
                *content = json!(lines(&text));
            }
        }
        kept.push(output);
    }
    Value::Array(kept)
}

/// A text of the format: one string, or lines with their ends.
pub fn joined(text: &Value) -> String {
    match text {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook() -> Notebook {
        let listing = Cell::Listing {
            name: "c:run".to_owned(),
            code: "f();\ng();".to_owned(),
            runs: true,
        };
        Notebook {
            name: "01-a".to_owned(),
            cells: vec![
                Cell::Words("# A".to_owned()),
                Cell::Setup(":dep a".to_owned()),
                listing,
            ],
        }
    }

    #[test]
    fn outputs_survive_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("01-a.ipynb");
        let stream =
            |text: &str| json!({ "name": "stdout", "output_type": "stream", "text": text });
        let picture = json!({
            "output_type": "execute_result",
            "execution_count": 7,
            "metadata": {},
            "data": { "image/svg+xml": "<svg>\n</svg>", "image/png": "iVBO", "text/plain": "*" },
        });
        let ran = json!([stream("one\n"), stream("two\n"), picture]);
        let ran: Outputs = [("c-run".to_owned(), ran)].into_iter().collect();
        fs::write(&path, text(&notebook(), &ran)).unwrap();
        let once = outputs(&path).unwrap();
        assert_eq!(once["c-run"][0]["text"], json!(["one\n", "two\n"]));
        assert_eq!(
            once["c-run"][1]["data"],
            json!({ "image/svg+xml": ["<svg>\n", "</svg>"] })
        );
        assert_eq!(once["c-run"].as_array().unwrap().len(), 2);
        assert_eq!(once["setup"], json!([]));
        let again = text(&notebook(), &once);
        fs::write(&path, &again).unwrap();
        assert_eq!(text(&notebook(), &outputs(&path).unwrap()), again);
        assert!(again.starts_with("{\n \"cells\": [\n  {\n"), "{again}");
    }

    #[test]
    fn outputs_end_where_the_code_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("01-a.ipynb");
        let ran = json!([{ "name": "stdout", "output_type": "stream", "text": ["one\n"] }]);
        let ran: Outputs = ["setup", "c-run"]
            .map(|id| (id.to_owned(), ran.clone()))
            .into_iter()
            .collect();
        fs::write(&path, text(&notebook(), &ran)).unwrap();
        assert_eq!(outputs_of(&notebook(), &path).unwrap(), ran);
        let mut other = notebook();
        other.cells[0] = Cell::Words("# B".to_owned());
        assert_eq!(outputs_of(&other, &path).unwrap(), ran);
        let Cell::Listing { code, .. } = &mut other.cells[2] else {
            unreachable!("the third cell is the listing");
        };
        code.push('h');
        let kept = outputs_of(&other, &path).unwrap();
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["setup"]);
        other.cells[1] = Cell::Setup(":dep b".to_owned());
        assert!(outputs_of(&other, &path).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_notebook_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ipynb");
        assert!(outputs(&path).unwrap_err().contains("a.ipynb: "));
        fs::write(&path, "{}").unwrap();
        assert!(outputs(&path).unwrap_err().ends_with("no cells"));
    }
}
