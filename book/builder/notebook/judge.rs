//! Whether an executed notebook printed what the book shows.

use std::fs;
use std::path::Path;

use serde_json::Value;
use walkdir::WalkDir;

use super::cells::{Cell, Notebook};
use super::file::{Outputs, id, joined};
use crate::listings::{CHAPTERS, Listing, Listings, PRINTED};

/// Compares notebooks with what the listings printed.
pub struct Judge<'r> {
    root: &'r Path,
    listings: Listings,
    /// The listings that measure times, which no two runs share.
    measured: Vec<String>,
    /// Whether each digit counts; it does where the listings ran on the same kind of processor.
    exact: bool,
}

impl<'r> Judge<'r> {
    /// For the notebooks of a workspace.
    pub fn new(root: &'r Path) -> Self {
        Self {
            root,
            listings: Listings::new(root),
            measured: measured(root),
            exact: true,
        }
    }

    /// Asks only that every cell ends well and leaves what kind of output the listing does.
    pub fn without_digits(self) -> Self {
        Self {
            exact: false,
            ..self
        }
    }

    /// What is wrong with the outputs of a notebook: cell, expected and got.
    pub fn problems(&mut self, notebook: &Notebook, outputs: &Outputs) -> Vec<String> {
        let mut problems = Vec::new();
        for (place, cell) in notebook.cells.iter().enumerate() {
            let id = id(cell, place);
            let outputs = match (cell, outputs.get(&id).and_then(Value::as_array)) {
                (Cell::Words(_), _) => continue,
                (_, None) => Err("it is not in the file".to_owned()),
                (_, Some(outputs)) => ended_well(outputs).map(|()| outputs),
            };
            let verdict = outputs.and_then(|outputs| match cell {
                Cell::Listing { name, runs, .. } if *runs => self.compare(name, outputs),
                _ => Ok(()),
            });
            if let Err(why) = verdict {
                problems.push(format!("{}: cell {id}: {why}", notebook.name));
            }
        }
        problems
    }

    fn compare(&mut self, name: &str, outputs: &[Value]) -> Result<(), String> {
        let (chapter, listing) = name.split_once(':').ok_or("no listing")?;
        let expected = self.listings.run(chapter, listing)?;
        if outputs.is_empty() {
            return Err("not executed, or it left nothing".to_owned());
        }
        let got = streamed(outputs, "stdout");
        if self.is_exact(listing) {
            same_lines(&expected.printed, &without_times(&got))?;
        }
        self.pictures(listing, &expected, outputs)
    }

    /// The pictures are all of the listing's, in their order; they may differ by the times that are drawn in them.
    fn pictures(&self, name: &str, expected: &Listing, outputs: &[Value]) -> Result<(), String> {
        let mut after = 0;
        for picture in &expected.pictures {
            let path = format!("{PRINTED}/{}.svg", picture.name);
            let svg =
                fs::read_to_string(self.root.join(&path)).map_err(|e| format!("{path}: {e}"))?;
            let data = outputs.iter().find_map(|output| output.get("data"));
            let data = data.ok_or_else(|| format!("no picture; expected {path}"))?;
            let Some(got) = data.get("image/svg+xml").map(joined) else {
                // A table, which a notebook has as such.
                if data.get("text/html").is_some() {
                    continue;
                }
                return Err(format!("no picture, but {data}; expected {path}"));
            };
            if self.is_exact(name) {
                let svg = svg.trim_end();
                let found = got[after..].find(svg);
                after += found.ok_or_else(|| format!("another picture than {path}"))? + svg.len();
            }
        }
        Ok(())
    }

    fn is_exact(&self, listing: &str) -> bool {
        self.exact && !self.measured.iter().any(|measured| measured == listing)
    }
}

/// An error, and what goes to the standard error, are no output of a listing.
fn ended_well(outputs: &[Value]) -> Result<(), String> {
    for output in outputs {
        if output["output_type"] == "error" {
            let message = joined(&output["evalue"]);
            return Err(format!("it ended with an error: {message}"));
        }
    }
    match streamed(outputs, "stderr") {
        complaint if complaint.is_empty() => Ok(()),
        complaint => Err(format!("it complains: {}", complaint.trim_end())),
    }
}

fn streamed(outputs: &[Value], name: &str) -> String {
    let streams = outputs
        .iter()
        .filter(|output| output["output_type"] == "stream" && output["name"] == name);
    streams.map(|output| joined(&output["text"])).collect()
}

/// The first line that differs.
fn same_lines(expected: &str, got: &str) -> Result<(), String> {
    let (mut expected, mut got) = (expected.trim_end().lines(), got.trim_end().lines());
    for number in 1.. {
        match (expected.next(), got.next()) {
            (None, None) => break,
            (expected, got) if expected == got => {}
            (expected, got) => {
                let shown = |line: Option<&str>| match line {
                    Some(line) => format!("`{line}`"),
                    None => "no more lines".to_owned(),
                };
                let (expected, got) = (shown(expected), shown(got));
                return Err(format!("line {number}: expected {expected}, got {got}"));
            }
        }
    }
    Ok(())
}

/// The learner's tables without their last column, the time; the lesson prints them so.
fn without_times(text: &str) -> String {
    let is_time = |cell: &str| match cell.trim().split_once(':') {
        None => cell.trim() == "time",
        Some(parts) => [parts.0, parts.1].iter().all(|part| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            digits && part.len() >= 2
        }),
    };
    let lines = text.lines().map(|line| match line.rsplit_once(" | ") {
        Some((kept, time)) if is_time(time) => kept,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The listings that the lesson runs by `measured`, by name.
fn measured(root: &Path) -> Vec<String> {
    let files = WalkDir::new(root.join(CHAPTERS)).sort_by_file_name();
    let mut names = Vec::new();
    for entry in files.into_iter().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        for call in text.split(".measured(").skip(1) {
            let name = call.trim_start().strip_prefix('"');
            names.extend(name.and_then(|name| Some(name.split_once('"')?.0.to_owned())));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SVG: &str = "<svg aria-label=\"a curve\"/>";

    fn workspace() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let anchors =
            ["run", "timed"].map(|name| format!("// ANCHOR: {name}\n// ANCHOR_END: {name}\n"));
        let code = anchors.concat() + "course.measured(\n    \"timed\", || {});\n";
        write("lesson/src/chapters/c.rs", &code);
        write(
            "lesson/printed/c/run.txt",
            "one\nepoch | train_loss\n    0 |   0.1\n",
        );
        write("lesson/printed/c/run.svg", &format!("{SVG}\n"));
        write("lesson/printed/c/timed.txt", "0.5 s\n");
        folder
    }

    fn problems(name: &str, outputs: Value) -> Vec<String> {
        judged(name, outputs, true)
    }

    fn judged(name: &str, outputs: Value, exact: bool) -> Vec<String> {
        let folder = workspace();
        let notebook = Notebook {
            name: "01-c".to_owned(),
            cells: vec![Cell::Listing {
                name: format!("c:{name}"),
                code: String::new(),
                runs: true,
            }],
        };
        let outputs: Outputs = [(format!("c-{name}"), outputs)].into_iter().collect();
        let judge = Judge::new(folder.path());
        let mut judge = if exact { judge } else { judge.without_digits() };
        judge.problems(&notebook, &outputs)
    }

    fn stream(name: &str, text: &str) -> Value {
        json!({ "output_type": "stream", "name": name, "text": [text] })
    }

    fn picture(svg: &str) -> Value {
        json!({ "output_type": "execute_result", "data": { "image/svg+xml": [svg] } })
    }

    const TABLE: &str = "one\nepoch | train_loss |  time\n    0 |   0.1 | 00:03\n";

    #[test]
    fn a_table_may_take_its_time_and_a_measurement_any() {
        let none: [&str; 0] = [];
        assert_eq!(
            problems("run", json!([stream("stdout", TABLE), picture(SVG)])),
            none
        );
        assert_eq!(
            problems("timed", json!([stream("stdout", "0.7 s\n")])),
            none
        );
    }

    #[test]
    fn another_processor_may_have_digits_of_its_own() {
        let other = json!([
            stream("stdout", &TABLE.replace("0.1", "0.2")),
            picture("<svg/>")
        ]);
        assert_eq!(judged("run", other.clone(), true).len(), 1);
        let none: [&str; 0] = [];
        assert_eq!(judged("run", other, false), none);
        let failed = json!([{ "output_type": "error", "evalue": "no such name" }]);
        assert_eq!(judged("run", failed, false).len(), 1);
        assert_eq!(judged("run", json!([]), false).len(), 1);
    }

    #[test]
    fn what_differs_is_named_with_its_cell() {
        let other = TABLE.replace("0.1", "0.2");
        let cases = [
            (json!([]), "not executed, or it left nothing"),
            (
                json!([stream("stdout", &other), picture(SVG)]),
                "line 3: expected `    0 |   0.1`, got `    0 |   0.2`",
            ),
            (
                json!([stream("stdout", "one\n"), picture(SVG)]),
                "line 2: expected `epoch | train_loss`, got no more lines",
            ),
            (
                json!([stream("stdout", TABLE)]),
                "no picture; expected lesson/printed/c/run.svg",
            ),
            (
                json!([stream("stdout", TABLE), picture("<svg/>")]),
                "another picture than lesson/printed/c/run.svg",
            ),
            (
                json!([
                    stream("stderr", "a warning\n"),
                    stream("stdout", TABLE),
                    picture(SVG)
                ]),
                "it complains: a warning",
            ),
            (
                json!([{ "output_type": "error", "ename": "Error", "evalue": "no such name" }]),
                "it ended with an error: no such name",
            ),
        ];
        for (outputs, expected) in cases {
            assert_eq!(
                problems("run", outputs),
                [format!("01-c: cell c-run: {expected}")]
            );
        }
        let notebook = Notebook {
            name: "01-c".to_owned(),
            cells: vec![Cell::Setup(String::new())],
        };
        let folder = workspace();
        let problems = Judge::new(folder.path()).problems(&notebook, &Outputs::new());
        assert_eq!(problems, ["01-c: cell setup: it is not in the file"]);
    }
}
