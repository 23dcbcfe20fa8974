//! What a picture is laid out for: a page of pixels, or a terminal's cells.

use unicode_width::UnicodeWidthStr;

use crate::font;

/// Pixels that a terminal's cell is laid out as.
pub(crate) const CELL: (f64, f64) = (8.0, 16.0);

/// The sizes that a layout goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    /// Text of any size.
    Page,
    /// Text of one size, in cells of 8 by 16 pixels.
    Cells,
}

impl Medium {
    fn pick(self, page: f64, cells: f64) -> f64 {
        match self {
            Medium::Page => page,
            Medium::Cells => cells,
        }
    }

    /// Font size of a title.
    pub fn title(self) -> f64 {
        self.pick(15.0, CELL.1)
    }

    /// Font size of the axes' names.
    pub fn label(self) -> f64 {
        self.pick(12.5, CELL.1)
    }

    /// Font size of the marks on axes.
    pub fn tick(self) -> f64 {
        self.pick(11.5, CELL.1)
    }

    /// From one line of a text to the next.
    pub fn line(self, size: f64) -> f64 {
        self.pick(size * 1.3, CELL.1)
    }

    /// How far a text reaches.
    pub fn width(self, text: &str, size: f64) -> f64 {
        match self {
            Medium::Page => font::width(text, size),
            Medium::Cells => text.width() as f64 * CELL.0,
        }
    }

    /// The length of the marks on axes; their labels stand twice as far out.
    pub fn tick_length(self) -> f64 {
        self.pick(4.0, CELL.0)
    }

    /// From the middle of a point to the text above it.
    pub fn above(self) -> f64 {
        self.pick(6.0, CELL.1 / 2.0)
    }

    /// Free space around a panel.
    pub fn margin(self) -> f64 {
        self.pick(14.0, 0.0)
    }

    /// Rounds a length up to whole cells.
    pub fn columns(self, length: f64) -> f64 {
        self.pick(length, (length / CELL.0).ceil() * CELL.0)
    }

    /// The baseline of a text whose middle is at `y`.
    pub fn baseline(self, y: f64, size: f64) -> f64 {
        y + size * font::CAPITALS / 2.0
    }
}
