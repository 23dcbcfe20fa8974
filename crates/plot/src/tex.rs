//! The TeX that titles of the lesson use, as Unicode text.

/// Text whose parts between dollar signs are simple TeX: powers, indices, Greek letters and the usual signs.
///
/// What is not known stays as it was written.
///
/// ```
/// assert_eq!(hammerhead_plot::tex("$3x^2 + 2x + 1$"), "3x² + 2x + 1");
/// assert_eq!(hammerhead_plot::tex(r"loss $\leq 10^{-3}$, $w_{ij}$"), "loss ≤ 10⁻³, wᵢⱼ");
/// assert_eq!(hammerhead_plot::tex("costs 3$"), "costs 3$");
/// ```
pub fn tex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        let Some(length) = end(&rest[start + 1..]) else {
            break;
        };
        out += &rest[..start];
        out += &math(&rest[start + 1..start + 1 + length]);
        rest = &rest[start + length + 2..];
    }
    out + rest
}

/// The next dollar sign that is not escaped.
fn end(text: &str) -> Option<usize> {
    let mut signs = text.match_indices('$').map(|(at, _)| at);
    signs.find(|at| !text[..*at].ends_with('\\'))
}

fn math(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        match letter {
            '^' | '_' => {
                let (argument, tail) = argument(after);
                out += &raised(letter, &math(argument));
                rest = tail;
            }
            '\\' => {
                let (sign, tail) = command(after);
                out += &sign;
                rest = tail;
            }
            '{' | '}' => rest = after,
            '-' => {
                out.push('−');
                rest = after;
            }
            '*' => {
                out.push('·');
                rest = after;
            }
            _ => {
                out.push(letter);
                rest = after;
            }
        }
    }
    out
}

/// What a `^` or a command takes: a group in braces, a command, or one letter.
fn argument(text: &str) -> (&str, &str) {
    if let Some(inner) = text.strip_prefix('{') {
        let mut depth = 1;
        for (at, letter) in inner.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return (&inner[..at], &inner[at + 1..]);
            }
        }
        return (inner, "");
    }
    let length = match text.strip_prefix('\\') {
        Some(name) => {
            1 + name
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(name.len())
        }
        None => text.chars().next().map_or(0, char::len_utf8),
    };
    text.split_at(length)
}

/// The sign of a command, and what follows it.
fn command(text: &str) -> (String, &str) {
    let length = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (name, tail) = text.split_at(length);
    if name.is_empty() {
        // An escaped sign, or a space of some width.
        let mut letters = tail.chars();
        return match letters.next() {
            Some(',' | ';' | ':' | ' ' | '!') => (" ".into(), letters.as_str()),
            Some(sign) => (sign.into(), letters.as_str()),
            None => (String::new(), ""),
        };
    }
    match name {
        "frac" => {
            let (above, tail) = argument(tail);
            let (below, tail) = argument(tail);
            let part = |text: &str| match math(text) {
                short if short.chars().count() == 1 => short,
                long => format!("({long})"),
            };
            (format!("{}/{}", part(above), part(below)), tail)
        }
        "sqrt" => {
            let (inner, tail) = argument(tail);
            match math(inner) {
                short if short.chars().count() == 1 => (format!("√{short}"), tail),
                long => (format!("√({long})"), tail),
            }
        }
        "mathrm" | "text" | "mathbf" | "mathit" | "operatorname" => {
            let (inner, tail) = argument(tail);
            (inner.to_owned(), tail)
        }
        "left" | "right" => (String::new(), tail),
        _ => match SIGNS.iter().find(|(known, _)| *known == name) {
            Some((_, sign)) => ((*sign).to_owned(), tail),
            None => (format!("\\{name}"), tail),
        },
    }
}

/// A power or an index; where a letter has no small form, the sign stays.
fn raised(sign: char, text: &str) -> String {
    let small = if sign == '^' {
        SUPERSCRIPTS
    } else {
        SUBSCRIPTS
    };
    let letters: Option<String> = text
        .chars()
        .map(|letter| small.iter().find(|(from, _)| *from == letter))
        .map(|found| found.map(|(_, to)| *to))
        .collect();
    match letters {
        Some(letters) => letters,
        None if text.chars().count() == 1 => format!("{sign}{text}"),
        None => format!("{sign}({text})"),
    }
}

/// The text of a power that stands as small letters, for a terminal that knows ASCII only.
pub(crate) fn lowered(letter: char) -> Option<(char, char)> {
    let find = |small: &[(char, char)]| {
        small
            .iter()
            .find(|(_, to)| *to == letter)
            .map(|(from, _)| *from)
    };
    find(SUPERSCRIPTS)
        .map(|plain| ('^', plain))
        .or_else(|| find(SUBSCRIPTS).map(|plain| ('_', plain)))
}

const SIGNS: [(&str, &str); 47] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("varepsilon", "ε"),
    ("eta", "η"),
    ("theta", "θ"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("Gamma", "Γ"),
    ("Delta", "Δ"),
    ("Theta", "Θ"),
    ("Lambda", "Λ"),
    ("Sigma", "Σ"),
    ("Phi", "Φ"),
    ("Omega", "Ω"),
    ("cdot", "·"),
    ("times", "×"),
    ("pm", "±"),
    ("leq", "≤"),
    ("le", "≤"),
    ("geq", "≥"),
    ("ge", "≥"),
    ("neq", "≠"),
    ("approx", "≈"),
    ("infty", "∞"),
    ("to", "→"),
    ("rightarrow", "→"),
    ("leftarrow", "←"),
    ("partial", "∂"),
    ("nabla", "∇"),
    ("sum", "∑"),
    ("prod", "∏"),
    ("int", "∫"),
    ("ldots", "…"),
    ("dots", "…"),
];

const SUPERSCRIPTS: &[(char, char)] = &[
    ('0', '⁰'),
    ('1', '¹'),
    ('2', '²'),
    ('3', '³'),
    ('4', '⁴'),
    ('5', '⁵'),
    ('6', '⁶'),
    ('7', '⁷'),
    ('8', '⁸'),
    ('9', '⁹'),
    ('+', '⁺'),
    ('−', '⁻'),
    ('=', '⁼'),
    ('(', '⁽'),
    (')', '⁾'),
    ('n', 'ⁿ'),
    ('i', 'ⁱ'),
    ('x', 'ˣ'),
    ('y', 'ʸ'),
    ('T', 'ᵀ'),
];

const SUBSCRIPTS: &[(char, char)] = &[
    ('0', '₀'),
    ('1', '₁'),
    ('2', '₂'),
    ('3', '₃'),
    ('4', '₄'),
    ('5', '₅'),
    ('6', '₆'),
    ('7', '₇'),
    ('8', '₈'),
    ('9', '₉'),
    ('+', '₊'),
    ('−', '₋'),
    ('=', '₌'),
    ('(', '₍'),
    (')', '₎'),
    ('a', 'ₐ'),
    ('e', 'ₑ'),
    ('i', 'ᵢ'),
    ('j', 'ⱼ'),
    ('k', 'ₖ'),
    ('n', 'ₙ'),
    ('t', 'ₜ'),
    ('x', 'ₓ'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_the_lesson() {
        for (source, text) in [
            ("$3x^2 + 2x + 1$", "3x² + 2x + 1"),
            ("$x^2$", "x²"),
            ("no maths", "no maths"),
            (r"$\frac{1}{1+e^{-x}}$", "1/(1+e⁻ˣ)"),
            (r"$\sqrt{x}$ and $\sqrt{a+b}$", "√x and √(a+b)"),
            (r"$\sigma(x) = \frac{a}{b}$", "σ(x) = a/b"),
            (r"$10^{-3}$", "10⁻³"),
            (r"$x_1 - x_{12}$", "x₁ − x₁₂"),
            (r"$\text{loss} \leq \alpha$", "loss ≤ α"),
            (r"$\nabla f(x)$", "∇ f(x)"),
            (r"$e^{ab}$ $x^q$", "e^(ab) x^q"),
            (r"$\unknown{x}$", r"\unknownx"),
            (r"$\$ 5\%$", "$ 5%"),
        ] {
            assert_eq!(tex(source), text, "{source}");
        }
    }

    #[test]
    fn broken_sources_end_somewhere() {
        for source in [
            "$",
            "$$",
            "$x^$",
            "$x^{2$",
            r"$\$",
            r"$\frac$",
            "$_$",
            r"$\sqrt{$",
            "$}{$",
        ] {
            tex(source);
        }
    }
}
