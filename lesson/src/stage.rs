//! What a listing sees of the world besides its transcript.

use std::cell::Cell;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use hammerhead::learner;

use crate::transcript;

/// The learner's progress as the listings see it: the same table, written to the transcript.
pub struct ProgressBar;

impl ProgressBar {
    /// The callback.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> learner::ProgressBar {
        learner::ProgressBar::to(Timeless::default())
    }
}

/// Writes lines to the transcript with their last column, the time, left out: no two runs have the same.
#[derive(Default)]
struct Timeless {
    begun: Vec<u8>,
}

impl Write for Timeless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            if byte != b'\n' {
                self.begun.push(byte);
                continue;
            }
            let line = String::from_utf8_lossy(&self.begun);
            let kept = line.rsplit_once(" | ").map_or(&*line, |(kept, _)| kept);
            transcript::line(format_args!("{kept}"));
            self.begun.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// The message of a panic that is to come, such as that of shapes which don't fit.
///
/// # Panics
/// If none comes.
#[track_caller]
pub fn refused<T>(work: impl FnOnce() -> T) -> String {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !EXPECTED.get() {
                usual(panic);
            }
        }));
    });
    EXPECTED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    EXPECTED.set(false);
    match outcome {
        Ok(_) => panic!("this was to be refused"),
        Err(panic) => match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(panic) => panic
                .downcast::<&str>()
                .map_or_else(|_| String::new(), |text| (*text).to_owned()),
        },
    }
}
