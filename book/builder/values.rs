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
}
