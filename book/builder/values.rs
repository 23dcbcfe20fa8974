//! What came out for a row of the lesson.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Values by the row's name, or why there are none.
pub struct Values(Result<BTreeMap<String, String>, String>);

/// The file that the lesson's run writes.
const FILE: &str = "lesson/printed/rows.json";

impl Values {
    /// The values of a workspace.
    pub fn read(root: &Path) -> Self {
        let text = fs::read_to_string(root.join(FILE)).map_err(|e| format!("{FILE}: {e}"));
        Self(text.and_then(|text| {
            serde_json::from_str(&text).map_err(|e| format!("{FILE}: cannot be read: {e}"))
        }))
    }

    /// The value of a row.
    pub fn get(&self, row: &str) -> Result<&str, String> {
        let values = self.0.as_ref().map_err(Clone::clone)?;
        let value = values.get(row).map(String::as_str);
        value.ok_or_else(|| format!("no row `{row}` in {FILE}"))
    }

    /// What a page asks for: a row, whose whole value it gets, or `ROW N`, for the `N`th number in it.
    ///
    /// # Errors
    /// If the row, or the number in it, is not there.
    pub fn asked(&self, argument: &str) -> Result<&str, String> {
        let Some((row, place)) = argument.split_once(' ') else {
            return self.get(argument);
        };
        let value = self.get(row)?;
        let place: usize = place
            .parse()
            .map_err(|_| format!("`{place}` is no place of a number; the first is 1"))?;
        let found = place.checked_sub(1).and_then(|at| numbers(value).nth(at));
        found.ok_or_else(|| format!("`{value}`, the value of `{row}`, has no number {place}"))
    }
}

/// The numbers in a text, as they are written there.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || "._+-".contains(letter);
    text.split(move |letter| !part(letter))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.parse::<f64>().is_ok_and(f64::is_finite))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_words() {
        let text = "tensor([0.9168, -20.]); L1 was one-2 (6131, f64) inf -4e-5 3.";
        assert_eq!(
            numbers(text).collect::<Vec<_>>(),
            ["0.9168", "-20", "6131", "-4e-5", "3"]
        );
    }
}
