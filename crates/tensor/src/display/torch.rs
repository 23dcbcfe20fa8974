//! PyTorch's `repr` of a tensor, by the rules of `torch/_tensor_str.py` (2.15).

use super::decimal::{python_fixed, python_scientific};
use super::excerpt::Excerpt;
use super::{Gradient, PrintOptions, Printable, python_bool, python_tuple};
use crate::{DType, Scalar};

const PREFIX: &str = "tensor(";

/// Ranges of magnitudes outside of which floats are printed in scientific notation.
const LARGEST: f64 = 1e8;
const SMALLEST: f64 = 1e-4;
const LARGEST_RATIO: f64 = 1000.0;

pub(super) fn repr(tensor: &Printable<'_>, options: &PrintOptions) -> String {
    let size = || format!("size={}", python_tuple(tensor.shape));
    let dtype = || format!("dtype=torch.{}", tensor.dtype);
    let mut suffixes = Vec::new();
    suffixes.extend(tensor.device.map(|device| format!("device='{device}'")));
    let contents = match tensor.element {
        None => {
            suffixes.push(size());
            if tensor.dtype != DType::F32 {
                suffixes.push(dtype());
            }
            "...".to_owned()
        }
        Some(_) if tensor.numel() == 0 => {
            if tensor.shape.len() != 1 {
                suffixes.push(size());
            }
            // Nothing is there to tell integers from floats by.
            if tensor.dtype != DType::F32 {
                suffixes.push(dtype());
            }
            "[]".to_owned()
        }
        Some(element) => {
            if options.edge_items == 0 {
                suffixes.push(size());
            }
            if !matches!(tensor.dtype, DType::F32 | DType::I64 | DType::Bool) {
                suffixes.push(dtype());
            }
            let excerpt = Excerpt::of(tensor, element, options);
            let notation = Notation::of(&excerpt.elements, options);
            nested(&excerpt, 0, 0, PREFIX.len(), &notation, options)
        }
    };
    match tensor.gradient {
        Gradient::None => {}
        Gradient::Required => suffixes.push("requires_grad=True".to_owned()),
        Gradient::Function(name) => suffixes.push(format!("grad_fn=<{name}>")),
    }
    with_suffixes(format!("{PREFIX}{contents}"), &suffixes, options)
}

/// How all elements of one tensor are written.
struct Notation {
    form: Form,
    width: usize,
}

enum Form {
    /// Integers and truth values.
    Plain,
    /// Floats that are all integers: `3.`
    Whole,
    Fixed(usize),
    Scientific(usize),
}

impl Notation {
    fn of(elements: &[Scalar], options: &PrintOptions) -> Self {
        let mut floats = Vec::new();
        for element in elements {
            match element {
                Scalar::Float(value) if value.is_finite() && *value != 0.0 => floats.push(*value),
                Scalar::Float(_) => {}
                Scalar::Int(_) | Scalar::Bool(_) => return Self::plain(elements),
            }
        }
        if floats.is_empty() {
            return Self {
                form: Form::Whole,
                width: 1,
            };
        }
        let magnitudes = || floats.iter().map(|value| value.abs());
        let (smallest, largest) = (
            magnitudes().fold(f64::INFINITY, f64::min),
            magnitudes().fold(0.0, f64::max),
        );
        let places = usize::from(options.precision);
        let form = if options.scientific.unwrap_or(
            largest / smallest > LARGEST_RATIO || largest > LARGEST || smallest < SMALLEST,
        ) {
            Form::Scientific(places)
        } else if floats.iter().all(|value| value.fract() == 0.0) {
            Form::Whole
        } else {
            Form::Fixed(places)
        };
        let lengths = floats.iter().map(|value| form.float(*value).len());
        let width = lengths.max().unwrap_or(1);
        Self { form, width }
    }

    fn plain(elements: &[Scalar]) -> Self {
        let lengths = elements
            .iter()
            .map(|element| Form::Plain.text(*element).len());
        Self {
            form: Form::Plain,
            width: lengths.max().unwrap_or(1),
        }
    }

    /// The element's text, aligned to the right.
    fn text(&self, element: Scalar) -> String {
        let width = self.width;
        format!("{:>width$}", self.form.text(element))
    }
}

impl Form {
    fn text(&self, element: Scalar) -> String {
        match element {
            Scalar::Float(value) => self.float(value),
            Scalar::Int(value) => value.to_string(),
            Scalar::Bool(value) => python_bool(value).to_owned(),
        }
    }

    fn float(&self, value: f64) -> String {
        match self {
            Form::Scientific(places) => python_scientific(value, *places),
            Form::Fixed(places) => python_fixed(value, *places),
            Form::Whole | Form::Plain if value.is_finite() => {
                format!("{}.", python_fixed(value, 0))
            }
            Form::Whole | Form::Plain => python_fixed(value, 0),
        }
    }
}

/// The text of the seen elements from `start` on, of dims `axis` and deeper.
fn nested(
    excerpt: &Excerpt,
    axis: usize,
    start: usize,
    indent: usize,
    notation: &Notation,
    options: &PrintOptions,
) -> String {
    let Some(this) = excerpt.axes.get(axis) else {
        return notation.text(excerpt.elements[start]);
    };
    let deeper = &excerpt.axes[axis + 1..];
    let stride: usize = deeper.iter().map(|axis| axis.seen).product();
    let child = |seen: usize| {
        let start = start + seen * stride;
        nested(excerpt, axis + 1, start, indent + 1, notation, options)
    };
    let mut parts: Vec<String> = (0..this.seen).map(child).collect();
    if deeper.is_empty() {
        if let Some(gap) = this.gap {
            // The dots count as an element, one that is not aligned with the others.
            let dots = if options.edge_items == 0 {
                "..."
            } else {
                " ..."
            };
            parts.insert(gap, dots.to_owned());
        }
        return row(&parts, indent, notation.width, options);
    }
    if let Some(gap) = this.gap {
        parts.insert(gap, "...".to_owned());
    }
    let separator = format!(",{}{}", "\n".repeat(deeper.len()), " ".repeat(indent + 1));
    format!("[{}]", parts.join(&separator))
}

/// A row's elements, broken into lines.
fn row(parts: &[String], indent: usize, width: usize, options: &PrintOptions) -> String {
    let room = options.line_width.saturating_sub(indent);
    let per_line = (room / (width + 2)).max(1);
    let lines: Vec<String> = parts.chunks(per_line).map(|line| line.join(", ")).collect();
    format!(
        "[{}]",
        lines.join(&format!(",\n{}", " ".repeat(indent + 1)))
    )
}

/// Closes the text after its suffixes, each on a new line if it would not fit on the last.
fn with_suffixes(mut text: String, suffixes: &[String], options: &PrintOptions) -> String {
    let last_line = text
        .rfind('\n')
        .map_or(text.len() + 1, |at| text.len() - at);
    let mut length = last_line + 1;
    for suffix in suffixes {
        if length + suffix.len() + 2 > options.line_width {
            text += &format!(",\n{}{suffix}", " ".repeat(PREFIX.len()));
            length = PREFIX.len() + suffix.len();
        } else {
            text += &format!(", {suffix}");
            length += suffix.len() + 2;
        }
    }
    text + ")"
}
