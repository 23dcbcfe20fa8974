//! Notebooks: the text protocol by which evcxr, Jupyter's kernel for Rust, is told of rich output.

#[cfg(feature = "png")]
use base64::{Engine, engine::general_purpose::STANDARD};

use std::io::{Write, stdout};

use super::terminal::Terminal;
use crate::figure::Figure;
use crate::panel::Content;

/// The variable that evcxr sets for the code that it runs.
const EVCXR: &str = "EVCXR_IS_RUNTIME";

impl Figure {
    /// Shows the figure in a notebook; evcxr calls this for the value of a cell's last line.
    ///
    /// The cell gets the picture as SVG (a table as HTML), as PNG for readers that know no SVG, and as plain text.
    pub fn evcxr_display(&self) {
        print(&self.bundle());
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

    fn bundle(&self) -> String {
        let table = self.panels.len() == 1 && matches!(self.panels[0].content(), Content::Table(_));
        let mut parts = vec![if table {
            ("text/html", self.html())
        } else {
            ("image/svg+xml", self.svg())
        }];
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
    use super::*;

    #[test]
    fn a_bundle_has_every_kind_between_its_lines() {
        let bundle = Figure::new().curve([1, 2]).title("a curve").bundle();
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
}
