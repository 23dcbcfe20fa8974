//! Terminals: colour blocks, plain characters, or pixels by sixel.

mod ascii;
mod cells;
mod emit;
#[cfg(feature = "png")]
mod sixel;
mod support;

use std::fmt;

pub use support::{Colours, Terminal};

use crate::draw;
use crate::figure::Figure;
use cells::Cells;

impl Figure {
    /// The picture as lines of text for a terminal.
    ///
    /// ```
    /// use hammerhead_plot::{Figure, Terminal};
    ///
    /// let text = Figure::new().bars(["a", "b"], [1, 2]).text(&Terminal::plain());
    /// assert!(text.is_ascii() && text.contains("##"));
    /// ```
    pub fn text(&self, terminal: &Terminal) -> String {
        let figure = self.clone().theme(terminal.theme);
        #[cfg(feature = "png")]
        if terminal.sixel {
            return sixel::text(&draw::page(&figure));
        }
        let scene = draw::cells(&figure, terminal.columns);
        let cells = Cells::of(&scene);
        match terminal.colours {
            Colours::None => ascii::text(&cells, terminal.theme),
            Colours::Ansi256 | Colours::True => emit::text(&cells, terminal),
        }
    }
}

/// The picture in plain characters, 80 in a line.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(&Terminal::plain()))
    }
}
