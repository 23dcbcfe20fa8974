//! Keys that are no letters, for [`Browser::press`](super::Browser::press).

/// The arrow to the right.
pub const RIGHT: &str = "\u{e014}";
/// The arrow to the left.
pub const LEFT: &str = "\u{e012}";
/// The arrow up.
pub const UP: &str = "\u{e013}";
/// The arrow down.
pub const DOWN: &str = "\u{e015}";
/// The key that moves the focus on.
pub const TAB: &str = "\u{e004}";
/// The key that takes back.
pub const BACKSPACE: &str = "\u{e003}";
/// The key that deletes.
pub const DELETE: &str = "\u{e017}";
