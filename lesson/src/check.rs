//! How a value got is judged.

use std::fmt::Display;

/// What became of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The values that the lesson says.
    pub expected: String,
    /// The values that came out.
    pub got: String,
    /// Whether all of them are right.
    pub right: bool,
}

impl Outcome {
    fn new(expected: impl Display, got: impl Display, right: bool) -> Self {
        Self {
            expected: expected.to_string(),
            got: got.to_string(),
            right,
        }
    }

    /// Both together, for a row that says several things.
    pub fn and(mut self, other: Outcome) -> Self {
        for (own, more) in [
            (&mut self.expected, other.expected),
            (&mut self.got, other.got),
        ] {
            *own += "; ";
            *own += &more;
        }
        self.right &= other.right;
        self
    }

    /// The same if something else is right too, which is told only where it isn't.
    pub fn provided(self, other: Outcome) -> Self {
        if other.right { self } else { self.and(other) }
    }
}

/// The same text.
pub fn equal(got: impl Display, expected: impl Display) -> Outcome {
    let (got, expected) = (got.to_string(), expected.to_string());
    let right = got == expected;
    Outcome::new(expected, got, right)
}

/// A number up to a share of the expected one: digits that depend on the order of a long sum.
pub fn close(got: f64, expected: f64, share: f64) -> Outcome {
    let right = (got - expected).abs() <= share * expected.abs();
    Outcome::new(format!("{expected} (within {share:e} of it)"), got, right)
}

/// A number up to a distance: values that the lesson printed from another place in the random sequence.
pub fn within(got: f64, expected: f64, distance: f64) -> Outcome {
    // Decimals like 0.003 are not whole in binary.
    let right = (got - expected).abs() <= distance + 1e-12;
    Outcome::new(format!("{expected} ± {distance}"), got, right)
}

/// A number that is large enough.
pub fn at_least(got: f64, least: f64) -> Outcome {
    Outcome::new(format!("at least {least}"), got, got >= least)
}

/// A number that is small enough.
pub fn at_most(got: f64, most: f64) -> Outcome {
    Outcome::new(format!("at most {most}"), got, got <= most)
}

/// Something that is so.
pub fn holds(what: &str, so: bool) -> Outcome {
    let got = if so {
        what.to_owned()
    } else {
        format!("not: {what}")
    };
    Outcome::new(what, got, so)
}

/// A text with these parts, as a message that must name what it is about.
pub fn names(got: &str, parts: &[&str]) -> Outcome {
    let right = parts.iter().all(|part| got.contains(part));
    Outcome::new(format!("names {}", parts.join(", ")), got, right)
}

/// Red in a picture on a light page.
const RED: &str = "#d55e00";

/// How many marks of a picture are red: its curves for `polyline`, its points for `circle`.
pub fn red_marks(svg: &str, mark: &str) -> usize {
    let begin = format!("<{mark} ");
    let marks = svg.lines().filter(|line| line.starts_with(&begin));
    marks.filter(|line| line.contains(RED)).count()
}

/// The numbers at the vertical axis of a picture from below, each with how far down it stands.
pub fn y_ticks(svg: &str) -> Vec<(&str, f64)> {
    let texts = svg.lines().filter(|line| line.starts_with("<text "));
    let ticks = texts.filter_map(|line| {
        let (place, text) = line.split_once(r#" text-anchor="end""#)?;
        let (_, y) = place.split_once(r#" y=""#)?;
        let (y, _) = y.split_once('"')?;
        let (_, text) = text.split_once('>')?;
        let (text, _) = text.split_once('<')?;
        Some((text, y.parse::<f64>().ok()?))
    });
    ticks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_judged_as_closely_as_they_are_known() {
        assert!(close(25823.8086, 25823.8098, 1e-6).right);
        assert!(!close(25823.9, 25823.8098, 1e-6).right);
        assert!(within(0.9726, 0.9696, 0.003).right && !within(0.9727, 0.9696, 0.003).right);
        assert!(!within(f64::NAN, 1.0, 0.5).right && !at_most(f64::NAN, 1.0).right);
        assert!(at_least(0.995, 0.995).right && !at_least(0.9949, 0.995).right);
    }

    #[test]
    fn an_axis_is_read_from_below() {
        let svg = r##"<text x="26.9" y="245.2" font-size="11.5" text-anchor="end" fill="#59636e">−1</text>
<text x="26.9" y="50.4" font-size="11.5" text-anchor="end" fill="#59636e">4</text>
<text x="54.6" y="257.4" font-size="11.5" text-anchor="middle" fill="#59636e">−2</text>
<polyline points="1,2 3,4" fill="none" stroke="#d55e00"/>"##;
        assert_eq!(y_ticks(svg), [("−1", 245.2), ("4", 50.4)]);
        assert_eq!(
            (red_marks(svg, "polyline"), red_marks(svg, "circle")),
            (1, 0)
        );
    }

    #[test]
    fn a_row_is_right_when_all_that_it_says_is() {
        let both = equal(10.75, "10.75").and(holds("a view", false));
        assert_eq!(
            both,
            Outcome::new("10.75; a view", "10.75; not: a view", false)
        );
        let found = equal(10.75, "10.75");
        assert_eq!(found.clone().provided(holds("a view", true)), found);
        assert_eq!(found.provided(holds("a view", false)), both);
    }
}
