//! numpy's `repr` and `str` of an array, by the rules of its `_core/arrayprint.py` (2.4).

use super::excerpt::Excerpt;
use super::numpy_float::{FloatFormat, scalar};
use super::{PrintOptions, Printable, python_bool, python_tuple};
use crate::{DType, Scalar};

const PREFIX: &str = "array(";

pub(super) fn repr(tensor: &Printable<'_>, options: &PrintOptions) -> String {
    // The closing parenthesis takes a column of every line.
    let text = contents(tensor, options, ", ", PREFIX.len(), 1);
    let mut extras = Vec::new();
    let empty = tensor.numel() == 0;
    if (empty && tensor.shape != [0]) || tensor.numel() > options.threshold {
        extras.push(format!("shape={}", python_tuple(tensor.shape)));
    }
    if empty || !matches!(tensor.dtype, DType::F64 | DType::I64 | DType::Bool) {
        extras.push(format!("dtype={}", tensor.dtype));
    }
    if extras.is_empty() {
        return format!("{PREFIX}{text})");
    }
    let (text, extras) = (format!("{PREFIX}{text},"), extras.join(", ") + ")");
    let last_line = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    let spacer = if last_line + extras.len() + 1 > options.line_width {
        format!("\n{}", " ".repeat(PREFIX.len()))
    } else {
        " ".to_owned()
    };
    text + &spacer + &extras
}

pub(super) fn str(tensor: &Printable<'_>, options: &PrintOptions) -> String {
    match tensor.element {
        Some(element) if tensor.shape.is_empty() => match element(&[]) {
            Scalar::Float(value) => scalar(value, tensor.dtype),
            Scalar::Int(value) => value.to_string(),
            Scalar::Bool(value) => python_bool(value).to_owned(),
        },
        _ => contents(tensor, options, " ", 0, 0),
    }
}

fn contents(
    tensor: &Printable<'_>,
    options: &PrintOptions,
    separator: &str,
    prefix: usize,
    suffix: usize,
) -> String {
    let Some(element) = tensor.element else {
        return "...".to_owned();
    };
    if tensor.numel() == 0 {
        return "[]".to_owned();
    }
    let options = PrintOptions {
        edge_items: options.edge_items.max(1),
        ..*options
    };
    let excerpt = Excerpt::of(tensor, element, &options);
    let layout = Layout {
        words: words(&excerpt.elements, tensor, &options),
        excerpt,
        separator,
    };
    let width = options.line_width as isize - suffix as isize;
    layout.nested(0, 0, prefix + 1, width)
}

/// Every seen element's text, all of one width.
fn words(elements: &[Scalar], tensor: &Printable<'_>, options: &PrintOptions) -> Vec<String> {
    let floats: Vec<f64> = elements
        .iter()
        .filter_map(|element| match element {
            Scalar::Float(value) => Some(*value),
            Scalar::Int(_) | Scalar::Bool(_) => None,
        })
        .collect();
    let format = FloatFormat::of(&floats, tensor.dtype, options);
    let text = |element: &Scalar| match element {
        Scalar::Float(value) => format.text(*value),
        Scalar::Int(value) => value.to_string(),
        Scalar::Bool(value) => python_bool(*value).to_owned(),
    };
    let texts: Vec<String> = elements.iter().map(text).collect();
    let longest = texts.iter().map(String::len).max().unwrap_or(0);
    // Truth values in an array keep the room of `False` even when there is none.
    let bools = tensor.dtype == DType::Bool && !tensor.shape.is_empty();
    let width = if bools { "False".len() } else { longest };
    texts.iter().map(|text| format!("{text:>width$}")).collect()
}

/// Words and where they go.
struct Layout<'a> {
    words: Vec<String>,
    excerpt: Excerpt,
    separator: &'a str,
}

impl Layout<'_> {
    /// The words from `start` on, of dims `axis` and deeper, within `width` columns.
    fn nested(&self, axis: usize, start: usize, indent: usize, width: isize) -> String {
        let Some(this) = self.excerpt.axes.get(axis) else {
            return self.words[start].clone();
        };
        let deeper = &self.excerpt.axes[axis + 1..];
        if deeper.is_empty() {
            let mut row: Vec<&str> = self.words[start..start + this.seen]
                .iter()
                .map(String::as_str)
                .collect();
            if let Some(gap) = this.gap {
                row.insert(gap, "...");
            }
            return self.row(&row, indent, width);
        }
        let stride: usize = deeper.iter().map(|axis| axis.seen).product();
        let child =
            |seen: usize| self.nested(axis + 1, start + seen * stride, indent + 1, width - 1);
        let mut parts: Vec<String> = (0..this.seen).map(child).collect();
        if let Some(gap) = this.gap {
            parts.insert(gap, "...".to_owned());
        }
        let separator = format!(
            "{}{}{}",
            self.separator.trim_end(),
            "\n".repeat(deeper.len()),
            " ".repeat(indent)
        );
        format!("[{}]", parts.join(&separator))
    }

    /// One row, a word going to the next line when it would leave no room for what must follow it.
    fn row(&self, words: &[&str], indent: usize, width: isize) -> String {
        let room = width - 1;
        let mut text = String::new();
        let mut line = " ".repeat(indent);
        for (number, word) in words.iter().enumerate() {
            let overflows = (line.len() + word.len()) as isize > room;
            if overflows && line.len() > indent {
                text += line.trim_end();
                text.push('\n');
                line = " ".repeat(indent);
            }
            line += word;
            if number + 1 < words.len() {
                line += self.separator;
            }
        }
        text += &line;
        format!("[{}]", &text[indent..])
    }
}
