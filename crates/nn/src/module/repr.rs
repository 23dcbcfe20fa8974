//! Printing a module as PyTorch's `repr`.

use std::fmt;

use super::{Entry, Module};

/// `Kind(extra)` on one line, or the children indented by two between the parentheses.
pub(crate) fn write_tree(
    f: &mut dyn fmt::Write,
    module: &dyn Module,
    indent: usize,
) -> fmt::Result {
    if let Some(text) = module.own_repr() {
        return f.write_str(&text);
    }
    let extra = module.extra_repr();
    let mut children = Vec::new();
    module.entries(&mut |name, entry| {
        if let Entry::Module(child) = entry {
            children.push((name.to_owned(), child));
        }
    });
    write!(f, "{}(", module.kind())?;
    if children.is_empty() {
        return write!(f, "{extra})");
    }
    let inner = indent + 2;
    if !extra.is_empty() {
        write!(f, "\n{:inner$}{extra}", "")?;
    }
    for (name, child) in children {
        write!(f, "\n{:inner$}({name}): ", "")?;
        write_tree(f, child, inner)?;
    }
    write!(f, "\n{:indent$})", "")
}

impl fmt::Display for dyn Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tree(f, self, 0)
    }
}

impl fmt::Debug for dyn Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
