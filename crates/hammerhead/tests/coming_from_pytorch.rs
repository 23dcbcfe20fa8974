//! The page for those who know PyTorch: each call of ours in its tables stands in the program below the table, which
//! the page's doctests run.

const PAGE: &str = include_str!("../../../docs/coming-from-pytorch.md");

/// Calls side by side, at least.
const LEAST: usize = 120;

/// A row of a table: the call there, and ours.
struct Row {
    theirs: String,
    ours: String,
}

/// A part of the page: the rows of its table, and its program without white space.
#[derive(Default)]
struct Section {
    rows: Vec<Row>,
    program: String,
}

/// The sections that have a table of calls.
fn sections(page: &str) -> Vec<Section> {
    let parts = page.split("\n## ").skip(1);
    let with_calls = parts.filter(|part| part.contains("\n| PyTorch"));
    with_calls.map(section).collect()
}

fn section(part: &str) -> Section {
    let mut section = Section::default();
    let (mut in_table, mut in_program) = (false, false);
    for line in part.lines() {
        match line {
            "```rust" => in_program = true,
            "```" => in_program = false,
            _ if in_program => section.program += &squeezed(line),
            _ if line.starts_with("| PyTorch") => in_table = true,
            _ if in_table && line.starts_with("|--") => {}
            _ if in_table && line.starts_with('|') => section.rows.push(row(line)),
            _ => in_table = false,
        }
    }
    section
}

fn row(line: &str) -> Row {
    // A bar inside of a cell is written with a stroke before it.
    let line = line.replace("\\|", "\0");
    let cells: Vec<String> = line
        .trim_matches('|')
        .split('|')
        .map(|cell| cell.trim().replace('\0', "|"))
        .collect();
    let [theirs, ours] = &cells[..] else {
        panic!("a row takes two cells: {line}");
    };
    Row {
        theirs: theirs.clone(),
        ours: ours.trim_matches('`').to_owned(),
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Rows whose call is not in the program below them.
fn unproved(sections: &[Section]) -> Vec<String> {
    let bad = |section: &Section| -> Vec<String> {
        let missing = section
            .rows
            .iter()
            .filter(|row| !section.program.contains(&squeezed(&row.ours)));
        missing.map(|row| row.ours.clone()).collect()
    };
    sections.iter().flat_map(bad).collect()
}

#[test]
fn every_call_of_the_tables_is_run() {
    let sections = sections(PAGE);
    assert_eq!(unproved(&sections), [""; 0]);
    let mut theirs: Vec<&str> = sections
        .iter()
        .flat_map(|section| section.rows.iter().map(|row| row.theirs.as_str()))
        .collect();
    theirs.sort_unstable();
    theirs.dedup();
    assert!(theirs.len() >= LEAST, "{} calls", theirs.len());
}

#[test]
fn a_call_that_is_not_run_is_found() {
    let page = "# Page\n\n## Sums\n\n| PyTorch | Hammerhead |\n|---|---|\n| `x.sum()` | `x.sum()` |\n\
                | `f(x)` | `f(\\|x\\| x)` |\n| `x.mean()` | `x.mean()` |\n\n\
                ```rust\nx .sum();\nf(|x| x);\n```\n";
    assert_eq!(unproved(&sections(page)), ["x.mean()"]);
}
