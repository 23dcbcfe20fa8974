/// The message of a panic that is to come, such as that of shapes that don't fit.
fn refused<T>(work: impl FnOnce() -> T) -> String {
    use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
    let usual = take_hook();
    set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(work));
    set_hook(usual);
    let panic = outcome.err().expect("this is to be refused");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast_ref::<&str>().unwrap_or(&"").to_string(),
    }
}
