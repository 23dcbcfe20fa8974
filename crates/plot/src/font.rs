//! The one font: it measures every text, and draws those of PNG pictures.

use std::sync::OnceLock;

use ttf_parser::{Face, GlyphId};

/// Glyphs at a size have this share of it for capital letters.
pub(crate) const CAPITALS: f64 = 0.727;

fn face() -> &'static Face<'static> {
    static FACE: OnceLock<Face<'static>> = OnceLock::new();
    FACE.get_or_init(|| {
        Face::parse(include_bytes!("../font/inter.otf"), 0).expect("the embedded font is whole")
    })
}

/// The glyph of a letter; what the font lacks is its empty box.
fn glyph(letter: char) -> GlyphId {
    face().glyph_index(letter).unwrap_or(GlyphId(0))
}

fn advance(glyph: GlyphId, size: f64) -> f64 {
    let units = face().glyph_hor_advance(glyph).unwrap_or(0);
    f64::from(units) * size / f64::from(face().units_per_em())
}

/// How far a text of this size reaches.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars()
        .map(|letter| advance(glyph(letter), size))
        .sum()
}

/// Hands out each glyph of a text with the place of its origin, and the scale from font units.
#[cfg(feature = "png")]
pub(crate) fn each_glyph(
    text: &str,
    size: f64,
    mut visit: impl FnMut(&dyn Fn(&mut dyn ttf_parser::OutlineBuilder), f64, f64),
) {
    let scale = size / f64::from(face().units_per_em());
    let mut x = 0.0;
    for letter in text.chars() {
        let glyph = glyph(letter);
        visit(
            &|builder| {
                face().outline_glyph(glyph, builder);
            },
            x,
            scale,
        );
        x += advance(glyph, size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_grow_with_size_and_text() {
        assert_eq!(width("", 12.0), 0.0);
        let one = width("loss", 12.0);
        assert!((20.0..32.0).contains(&one), "{one}");
        assert!((width("loss", 24.0) - 2.0 * one).abs() < 1e-9);
        assert!(width("WW", 12.0) > width("ii", 12.0) * 2.0);
    }

    #[test]
    fn the_signs_of_titles_are_in_the_font() {
        for letter in "3x² + 2x − 1 ∇ ∂ ∑ ∏ √ ∞ ≈ ≠ ≤ ≥ · × ± → α β σ Δ ₀ ᵢ ⁻ ⁿ … ÄÖÜéñø".chars()
        {
            assert!(face().glyph_index(letter).is_some(), "{letter}");
        }
    }
}
