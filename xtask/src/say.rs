//! Output for people who may have stopped reading.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

/// Prints a line; a reader that went away is no reason to end a training, as it is for `println!`.
pub fn say(line: impl Display) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Prints a line to the standard error.
pub fn complain(line: impl Display) {
    let _ = writeln!(stderr().lock(), "{line}");
}
