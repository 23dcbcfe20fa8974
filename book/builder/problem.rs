//! What is wrong with a page, and where.

use std::fmt;

/// One fault of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The page's file, below the book's folder.
    pub page: String,
    /// The line, from 1; 0 if it can't be told.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.page, self.message),
            line => write!(f, "{}:{line}: {}", self.page, self.message),
        }
    }
}

/// An error that lists all of them, or nothing if there is none.
pub fn none(problems: &[Problem]) -> anyhow::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::bail!("{}", lines.join("\n"))
}
