//! Tables whose cells are coloured by their number.

use crate::color::{Color, Rgb, Theme};

/// Cells row by row, with names of rows and columns where there are any.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub columns: usize,
    pub cells: Vec<Cell>,
    pub row_names: Vec<String>,
    pub column_names: Vec<String>,
    /// The colour of a full cell.
    pub color: Color,
}

/// A text and how full its colour is, from 0 to 1.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub text: String,
    pub share: f64,
    /// Instead of the table's own.
    pub color: Option<Color>,
}

impl Table {
    pub fn rows(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(0)
    }

    /// The widest text of the cells and of the columns' names, by any measure.
    pub fn widest(&self, measure: impl Fn(&str) -> f64) -> f64 {
        let cells = self.cells.iter().map(|cell| &cell.text);
        let texts = cells.chain(&self.column_names);
        texts.map(|text| measure(text)).fold(0.0, f64::max)
    }

    /// The colours of a cell and of its text.
    pub fn colors(&self, cell: &Cell, theme: Theme) -> (Rgb, Rgb) {
        let behind = theme.ramp(cell.color.unwrap_or(self.color), cell.share);
        (behind, Theme::text_on(behind))
    }
}
