//! The rows of a chapter: what each is about, and what came out.

use hammerhead_lesson::rows::{Kind, ROWS};

use crate::values::Values;

/// Longer values are cut; the listings show them whole.
const LONGEST: usize = 110;

/// A table of the rows of some chapters, folded until a reader wants it.
///
/// # Errors
/// If a chapter has no row, or a row that is checked has no value.
pub fn table(chapters: &str, values: &Values) -> Result<String, String> {
    let mut out = String::from(
        "\n<details class=\"rows\">\n<summary>What is checked here</summary>\n\n| row | what | came out |\n|---|---|---|\n",
    );
    for chapter in chapters.split_whitespace() {
        let mut rows = ROWS.iter().filter(|row| row.chapter == chapter).peekable();
        if rows.peek().is_none() {
            return Err(format!("no rows of a chapter `{chapter}`"));
        }
        for row in rows {
            let got = match row.kind {
                Kind::Words(_) => "in words".to_owned(),
                Kind::Checked | Kind::Long => cell(values.get(row.id)?),
            };
            let what = row.what.replace('|', "\\|");
            out += &format!("| {} | {what} | {got} |\n", row.id);
        }
    }
    out += "\n`cargo xtask lesson` prints each beside the value that the lesson says; a test fails when one is wrong.\n\n</details>\n";
    Ok(out)
}

/// A value as code in a cell of a table.
fn cell(value: &str) -> String {
    let line = value.replace('\n', " ");
    let mut words: String = line.chars().take(LONGEST).collect();
    if words.len() < line.len() {
        words.push('…');
    }
    format!("`` {} ``", words.trim().replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_in_its_cell() {
        assert_eq!(cell("a | b\nc"), "`` a \\| b c ``");
        let long = cell(&"x".repeat(500));
        assert!(long.contains('…') && long.len() < 2 * LONGEST);
    }
}
