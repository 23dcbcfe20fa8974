//! HTML: a table where the figure is one, else the picture inside the page.

use super::svg::{escaped, hex};
use crate::color::{Color, Theme};
use crate::figure::Figure;
use crate::panel::Content;
use crate::table::Table;

impl Figure {
    /// A piece of HTML that needs nothing beside it: a table for a table, SVG for everything else.
    ///
    /// ```
    /// use hammerhead_plot::{Figure, pixel_table};
    /// use hammerhead_tensor::tensor;
    ///
    /// assert!(pixel_table(&tensor([[0, 255]])).html().contains("<td"));
    /// assert!(Figure::new().html().contains("<svg"));
    /// ```
    pub fn html(&self) -> String {
        if let [panel] = &self.panels[..]
            && let Content::Table(inner) = panel.content()
        {
            let axes = match (&panel.y_label[..], &panel.x_label[..]) {
                ("", "") => String::new(),
                (rows, columns) => format!("rows {rows}, columns {columns}"),
            };
            let caption = [panel.title.as_str(), &axes]
                .iter()
                .filter(|part| !part.is_empty())
                .map(|part| escaped(part))
                .collect::<Vec<_>>();
            return table(inner, &caption.join("<br/>"), self.theme);
        }
        self.svg()
    }

    /// A whole page with nothing but the figure.
    pub(super) fn html_page(&self) -> String {
        let (background, ink) = (
            hex(self.theme.background()),
            hex(self.theme.shade(Color::Ink)),
        );
        let title = self.panels.first().map(|panel| panel.title.as_str());
        let title = escaped(title.filter(|title| !title.is_empty()).unwrap_or("Figure"));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>body {{ background: {background}; color: {ink}; font-family: system-ui, sans-serif }} \
             svg {{ max-width: 100%; height: auto }}</style>\n{}</html>\n",
            self.html()
        )
    }
}

fn table(table: &Table, caption: &str, theme: Theme) -> String {
    let mut out = String::from(
        "<table style=\"border-collapse:collapse;font:11px ui-monospace,monospace;text-align:center\">\n",
    );
    if !caption.is_empty() {
        out += &format!("<caption>{caption}</caption>\n");
    }
    if !table.column_names.is_empty() {
        let corner = if table.row_names.is_empty() {
            ""
        } else {
            "<td></td>"
        };
        let names = table
            .column_names
            .iter()
            .map(|name| format!("<th scope=\"col\">{}</th>", escaped(name)));
        out += &format!("<tr>{corner}{}</tr>\n", names.collect::<String>());
    }
    for (i, row) in table.cells.chunks(table.columns.max(1)).enumerate() {
        out += "<tr>";
        if let Some(name) = table.row_names.get(i) {
            out += &format!(
                "<th scope=\"row\" style=\"padding:0 5px\">{}</th>",
                escaped(name)
            );
        }
        for cell in row {
            let (behind, front) = table.colors(cell, theme);
            out += &format!(
                "<td style=\"padding:3px 5px;min-width:2.2em;background:{};color:{}\">{}</td>",
                hex(behind),
                hex(front),
                escaped(&cell.text)
            );
        }
        out += "</tr>\n";
    }
    out + "</table>\n"
}
