//! What a panic says.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The text that `f` panics with.
pub fn panic_text(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it should panic");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast_ref::<&str>().expect("a panic has a text")).to_owned(),
    }
}
