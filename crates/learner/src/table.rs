//! fastai's table: `epoch | train_loss | valid_loss | metrics | time`, as text and in notebooks.

use std::io::{Write, stdout};

use crate::{EpochRow, Recorder};

/// The first and the last column are narrower than those of losses and metrics.
const NARROW: usize = 5;
const WIDTH: usize = 10;

/// What stands above the columns.
pub(crate) fn headings(metrics: &[String]) -> Vec<String> {
    let mut cells = ["epoch", "train_loss", "valid_loss"]
        .map(str::to_owned)
        .to_vec();
    cells.extend_from_slice(metrics);
    cells.push("time".to_owned());
    cells
}

/// What stands in the columns.
pub(crate) fn cells(row: &EpochRow) -> Vec<String> {
    let number = |value: f64| format!("{value:.6}");
    let mut cells = vec![row.epoch.to_string(), number(row.train_loss)];
    cells.push(row.valid_loss.map_or("-".to_owned(), number));
    cells.extend(row.metrics.iter().copied().map(number));
    cells.push(clock(row.seconds));
    cells
}

/// Cells side by side, each as wide as those above it.
pub(crate) fn line(cells: &[String]) -> String {
    let padded = cells.iter().enumerate().map(|(column, cell)| {
        let narrow = column == 0 || column + 1 == cells.len();
        let width = if narrow { NARROW } else { WIDTH };
        format!("{cell:>width$}")
    });
    padded.collect::<Vec<_>>().join(" | ")
}

/// Minutes and seconds.
fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    format!("{:02}:{:02}", whole / 60, whole % 60)
}

impl Recorder {
    /// Shows the table of the epochs in a notebook; evcxr, Jupyter's kernel for Rust, calls this for the value of a
    /// cell's last line.
    ///
    /// ```
    /// hammerhead_learner::Recorder::default().evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        let mut out = stdout().lock();
        // A reader that went away is no reason to stop.
        let _ = out
            .write_all(self.bundle().as_bytes())
            .and_then(|()| out.flush());
    }

    fn bundle(&self) -> String {
        let headings = headings(&self.names);
        let rows: Vec<Vec<String>> = self.epochs.iter().map(cells).collect();
        let text: Vec<String> = std::iter::once(&headings)
            .chain(&rows)
            .map(|cells| line(cells))
            .collect();
        let html = |cells: &[String], tag: &str| {
            let cells = cells.iter().map(|cell| {
                let escaped = cell.replace('&', "&amp;").replace('<', "&lt;");
                format!("<{tag}>{escaped}</{tag}>")
            });
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        };
        let body: String = rows.iter().map(|cells| html(cells, "td")).collect();
        let table = format!("<table>\n{}{body}</table>", html(&headings, "th"));
        let part = |kind: &str, content: &str| {
            format!("EVCXR_BEGIN_CONTENT {kind}\n{content}\nEVCXR_END_CONTENT\n")
        };
        part("text/plain", &text.join("\n")) + &part("text/html", &table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> EpochRow {
        EpochRow {
            epoch: 0,
            train_loss: 0.636857,
            valid_loss: Some(0.503549),
            metrics: vec![0.495584],
            seconds: 61.0,
            items_per_second: 1.0,
        }
    }

    #[test]
    fn rows_stand_under_their_header() {
        assert_eq!(
            line(&headings(&["accuracy".into()])),
            "epoch | train_loss | valid_loss |   accuracy |  time"
        );
        assert_eq!(
            line(&cells(&row())),
            "    0 |   0.636857 |   0.503549 |   0.495584 | 01:01"
        );
        let without = EpochRow {
            valid_loss: None,
            ..row()
        };
        assert_eq!(cells(&without)[2], "-");
    }

    #[test]
    fn a_notebook_gets_text_and_a_table() {
        let recorder = Recorder {
            names: vec!["a<b".into()],
            epochs: vec![row()],
            ..Recorder::default()
        };
        let expected = "EVCXR_BEGIN_CONTENT text/plain\n\
                        epoch | train_loss | valid_loss |        a<b |  time\n    \
                        0 |   0.636857 |   0.503549 |   0.495584 | 01:01\nEVCXR_END_CONTENT\n\
                        EVCXR_BEGIN_CONTENT text/html\n<table>\n<tr><th>epoch</th><th>train_loss</th>\
                        <th>valid_loss</th><th>a&lt;b</th><th>time</th></tr>\n<tr><td>0</td><td>0.636857</td>\
                        <td>0.503549</td><td>0.495584</td><td>01:01</td></tr>\n</table>\nEVCXR_END_CONTENT\n";
        assert_eq!(recorder.bundle(), expected);
    }
}
