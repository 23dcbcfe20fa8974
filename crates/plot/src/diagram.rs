//! Boxes and arrows.

/// Boxes in a row, each with an arrow to the next, and arrows that lead back above them.
#[derive(Clone, Debug)]
pub(crate) struct Diagram {
    pub boxes: Vec<String>,
    pub back: Vec<Back>,
}

/// An arrow from a box back to an earlier one, with a word on it.
#[derive(Clone, Debug)]
pub(crate) struct Back {
    pub from: usize,
    pub to: usize,
    pub label: String,
}
