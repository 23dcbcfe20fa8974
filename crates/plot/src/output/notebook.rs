//! Notebooks: the text protocol by which evcxr, Jupyter's kernel for Rust, is told of rich output.

#[cfg(feature = "png")]
use base64::{Engine, engine::general_purpose::STANDARD};

use std::io::{Write, stdout};
use std::sync::{Mutex, PoisonError};

use super::svg::stacked;
use super::terminal::Terminal;
use crate::draw;
use crate::draw::scene::Scene;
use crate::figure::Figure;
use crate::panel::Content;

/// The variable that evcxr sets for the code that it runs.
const EVCXR: &str = "EVCXR_IS_RUNTIME";

/// What a cell has shown. Of each kind of output a cell keeps the last, so each figure brings those before it along.
/// Every cell is linked to a library of its own, in which this is empty.
static SHOWN: Mutex<Shown> = Mutex::new(Shown::nothing());

struct Shown {
    scenes: Vec<Scene>,
    /// Whether there is a table among them, which went out as HTML.
    table: bool,
}

impl Shown {
    const fn nothing() -> Self {
        Self {
            scenes: Vec::new(),
            table: false,
        }
    }
}

impl Figure {
    /// Shows the figure in a notebook; evcxr calls this for the value of a cell's last line.
    ///
    /// The cell gets the picture as SVG (a table as HTML), as PNG for readers that know no SVG, and as plain text. Pictures
    /// that one cell shows stand below one another in the SVG, tables among them too; PNG and text have the last.
    pub fn evcxr_display(&self) {
        let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
        print(&self.bundle(&mut shown));
    }

    /// Shows the figure where the program runs: in a notebook as [`evcxr_display`](Self::evcxr_display) does, else as
    /// text for [this terminal](Terminal::detect).
    ///
    /// ```
    /// hammerhead_plot::Figure::new().curve([3, 1, 2]).show();
    /// ```
    pub fn show(&self) {
        if std::env::var_os(EVCXR).is_some() {
            self.evcxr_display();
        } else {
            print(&self.text(&Terminal::detect()));
        }
    }

    fn bundle(&self, shown: &mut Shown) -> String {
        let table = self.panels.len() == 1 && matches!(self.panels[0].content(), Content::Table(_));
        shown.scenes.push(draw::page(self));
        shown.table |= table;
        let mut parts = Vec::new();
        if table && shown.scenes.len() == 1 {
            parts.push(("text/html", self.html()));
        } else {
            let svg = stacked(&shown.scenes);
            if shown.table {
                // In place of the table alone, which readers would prefer.
                parts.push(("text/html", svg.clone()));
            }
            parts.push(("image/svg+xml", svg));
        }
        #[cfg(feature = "png")]
        parts.push(("image/png", STANDARD.encode(self.png())));
        parts.push(("text/plain", self.text(&Terminal::plain())));
        parts
            .into_iter()
            .map(|(kind, content)| content_of(kind, &content))
            .collect()
    }
}

/// One kind of content, as the protocol wants it.
fn content_of(kind: &str, content: &str) -> String {
    format!(
        "EVCXR_BEGIN_CONTENT {kind}\n{}\nEVCXR_END_CONTENT\n",
        content.trim_end_matches('\n')
    )
}

/// Writes to the standard output; a reader that went away is no reason to stop.
fn print(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use hammerhead_tensor::tensor;

    use super::*;
    use crate::pixel_table;

    #[test]
    fn a_bundle_has_every_kind_between_its_lines() {
        let bundle = Figure::new()
            .curve([1, 2])
            .title("a curve")
            .bundle(&mut Shown::nothing());
        let kinds: Vec<&str> = bundle
            .lines()
            .filter_map(|line| line.strip_prefix("EVCXR_BEGIN_CONTENT "))
            .collect();
        let expected: &[&str] = if cfg!(feature = "png") {
            &["image/svg+xml", "image/png", "text/plain"]
        } else {
            &["image/svg+xml", "text/plain"]
        };
        assert_eq!(kinds, expected);
        assert_eq!(bundle.matches("\nEVCXR_END_CONTENT\n").count(), kinds.len());
        assert!(bundle.contains("</svg>\nEVCXR_END_CONTENT"));
    }

    #[test]
    fn pictures_of_a_cell_stand_below_one_another() {
        let figures = ["one", "two"].map(|title| Figure::new().curve([1, 2]).title(title));
        let mut shown = Shown::nothing();
        let first = figures[0].bundle(&mut shown);
        assert!(first.contains(&figures[0].svg()) && !first.contains("<g transform"));
        let both = figures[1].bundle(&mut shown);
        let places = [("translate(0 0)", 0), ("translate(0 400)", 1)].map(|(place, figure)| {
            let svg = figures[figure].svg();
            let moved = format!("<g transform=\"{place}\">\n{svg}</g>\n");
            both.find(&moved).expect("each picture has its place")
        });
        assert!(places[0] < places[1]);
        assert!(both.contains(r#"width="600" height="800""#), "{both}");

        let table = pixel_table(&tensor([[0, 255]]));
        let mut shown = Shown::nothing();
        let alone = table.bundle(&mut shown);
        assert!(
            alone.contains("<table") && !alone.contains("svg+xml"),
            "{alone}"
        );
        let both = figures[0].bundle(&mut shown);
        assert!(!both.contains("<table") && both.contains("BEGIN_CONTENT text/html\n<svg"));
        assert_eq!(both.matches(&table.svg()).count(), 2, "{both}");
    }
}
