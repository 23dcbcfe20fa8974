//! Why a command stopped, and the exit code that says so.

use std::fmt::{self, Display, Formatter};
use std::process::ExitCode;

use crate::say::complain;

/// The ways a command can end badly.
#[derive(Debug)]
pub enum Failure {
    /// A check did not hold: exit code 1. The findings were printed as they came.
    Check(String),
    /// A check did not hold and the output already says which: exit code 1.
    Reported,
    /// An input cannot be used and the output already says why: exit code 2.
    Unusable,
    /// An argument or an input file cannot be used: exit code 2, nothing was written.
    Input(String),
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(message) | Self::Input(message) => f.write_str(message),
            Self::Reported | Self::Unusable => f.write_str("see above"),
        }
    }
}

impl Failure {
    /// A failed check.
    pub fn check(message: impl Display) -> Self {
        Self::Check(message.to_string())
    }

    /// An unusable argument or input.
    pub fn input(message: impl Display) -> Self {
        Self::Input(message.to_string())
    }

    /// Prints the one message and turns the failure into its exit code.
    pub fn report(&self) -> ExitCode {
        let code = match self {
            Self::Check(_) => 1,
            Self::Reported => return ExitCode::from(1),
            Self::Unusable => return ExitCode::from(2),
            Self::Input(_) => 2,
        };
        complain(format_args!("error: {self}"));
        ExitCode::from(code)
    }
}
