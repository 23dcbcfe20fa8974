//! Formulas: TeX between dollars, which KaTeX sets when the page is shown.

/// A formula as an element that Markdown leaves alone; `display` gives it a line of its own.
pub fn element(tex: &str, display: bool) -> String {
    let class = if display { "math display" } else { "math" };
    let mut out = format!("<span class=\"{class}\">");
    for letter in tex.trim().chars() {
        // Whatever could mean something to Markdown or HTML becomes a number.
        if letter.is_ascii_punctuation() {
            out += &format!("&#{};", u32::from(letter));
        } else {
            out.push(if letter == '\n' { ' ' } else { letter });
        }
    }
    out + "</span>"
}

/// The formula that `text` begins with, and what follows it; `text` begins with a dollar.
///
/// A dollar before a space, or without a partner on its line, is money.
pub fn leading(text: &str) -> Option<(&str, bool, &str)> {
    if let Some(inner) = text.strip_prefix("$$") {
        let end = inner.find("$$")?;
        return Some((&inner[..end], true, &inner[end + 2..]));
    }
    let inner = text.strip_prefix('$')?;
    if inner.starts_with([' ', '\n']) {
        return None;
    }
    let end = inner
        .match_indices('$')
        .map(|(at, _)| at)
        .find(|at| !inner[..*at].ends_with([' ', '\\']))?;
    if inner[..end].contains('\n') {
        return None;
    }
    Some((&inner[..end], false, &inner[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_told_from_money() {
        assert_eq!(leading("$x_1$ and"), Some(("x_1", false, " and")));
        assert_eq!(
            leading("$$\n\\frac12\n$$."),
            Some(("\n\\frac12\n", true, "."))
        );
        assert_eq!(leading("$ 5 and $6"), None);
        assert_eq!(leading("$5 alone"), None);
    }

    #[test]
    fn markdown_finds_nothing_in_a_formula() {
        let element = element("a_1 * b_2 | [c]", false);
        let inner = element.strip_prefix("<span class=\"math\">").unwrap();
        let inner = inner.strip_suffix("</span>").unwrap();
        assert!(!inner.contains(['_', '*', '|', '[', ']', '<']), "{inner}");
        assert!(inner.contains("a&#95;1"));
    }
}
