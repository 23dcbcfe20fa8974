//! A drawing: strokes of a round pen on a square sheet.

use hammerhead::prelude::*;
use serde::Deserialize;
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

/// Pixels of a side of the sheet.
const SHEET: u32 = 280;
/// The most points of a drawing, more than a hand makes in minutes.
const POINTS: usize = 20_000;
/// Widths of pens.
const PENS: std::ops::RangeInclusive<f32> = 0.005..=0.5;

/// Strokes on a sheet whose sides are 1, from its upper left corner.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawing {
    /// Each a line through its points; a single point is a dot.
    pub strokes: Vec<Vec<[f32; 2]>>,
    /// The pen's width.
    pub pen: f32,
}

impl Drawing {
    /// Reads a drawing that somebody sent.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let mut drawing: Self =
            serde_json::from_slice(json).map_err(|e| format!("not a drawing: {e}"))?;
        drawing.strokes.retain(|stroke| !stroke.is_empty());
        let points: usize = drawing.strokes.iter().map(Vec::len).sum();
        if points == 0 {
            return Err("a drawing without a stroke".to_owned());
        }
        if points > POINTS {
            return Err(format!("a drawing of {points} points; at most {POINTS}"));
        }
        if !PENS.contains(&drawing.pen) {
            let (low, high) = (PENS.start(), PENS.end());
            return Err(format!(
                "a pen of {}; its width must be from {low} to {high}",
                drawing.pen
            ));
        }
        // A hand that slips off the sheet is no mistake; what is far away is.
        let far = |x: &&f32| !(-1.0..=2.0).contains(*x);
        match drawing.strokes.iter().flatten().flatten().find(far) {
            Some(x) => Err(format!("a point at {x}; the sheet is from 0 to 1")),
            None => Ok(drawing),
        }
    }

    /// The ink on the sheet: `U8` `[280, 280]`, 255 where it is full.
    pub fn ink(&self) -> Tensor {
        let mut sheet = Pixmap::new(SHEET, SHEET).expect("the sheet has pixels");
        let paint = Paint {
            anti_alias: true,
            ..Paint::default()
        };
        let stroke = Stroke {
            width: self.pen * SHEET as f32,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        for points in &self.strokes {
            let points = points.iter().map(|point| point.map(|x| x * SHEET as f32));
            let points: Vec<[f32; 2]> = points.collect();
            match line(&points) {
                Some(path) => {
                    sheet.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
                }
                None => {
                    let dot = points
                        .first()
                        .and_then(|[x, y]| PathBuilder::from_circle(*x, *y, stroke.width / 2.0));
                    if let Some(dot) = dot {
                        let rule = FillRule::Winding;
                        sheet.fill_path(&dot, &paint, rule, Transform::identity(), None);
                    }
                }
            }
        }
        let ink: Vec<u8> = sheet.pixels().iter().map(|pixel| pixel.alpha()).collect();
        Tensor::from_vec(ink, [SHEET as usize, SHEET as usize])
    }
}

/// A path through points that are not all the same.
fn line(points: &[[f32; 2]]) -> Option<Path> {
    let (first, rest) = points.split_first()?;
    if rest.iter().all(|point| point == first) {
        return None;
    }
    let mut path = PathBuilder::new();
    path.move_to(first[0], first[1]);
    rest.iter().for_each(|[x, y]| path.line_to(*x, *y));
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(strokes: &[&[[f32; 2]]], pen: f32) -> Drawing {
        Drawing {
            strokes: strokes.iter().map(|stroke| stroke.to_vec()).collect(),
            pen,
        }
    }

    #[test]
    fn a_line_covers_its_area_and_a_dot_a_circle() {
        let area = |drawing: Drawing| {
            let ink = drawing.ink().float() / 255.0;
            ink.sum().item() / f64::from(SHEET * SHEET)
        };
        let circle = std::f64::consts::PI * 0.05 * 0.05;
        let line = area(drawing(&[&[[0.2, 0.5], [0.8, 0.5]]], 0.1));
        assert!((line - (0.06 + circle)).abs() < 2e-4, "{line}");
        for dot in [&[[0.5, 0.5]][..], &[[0.5, 0.5], [0.5, 0.5]]] {
            let dot = area(drawing(&[dot], 0.1));
            assert!((dot - circle).abs() < 2e-4, "{dot}");
        }
    }

    #[test]
    fn what_is_sent_is_judged() {
        let read = |text: &str| Drawing::read(text.as_bytes());
        assert!(read(r#"{"strokes": [[[0, 0.5], [1.2, 0.5]], []], "pen": 0.08}"#).is_ok());
        let many = format!(
            r#"{{"strokes": [{}], "pen": 0.1}}"#,
            vec!["[[0,0]]"; POINTS + 1].join(",")
        );
        for (text, part) in [
            ("", "not a drawing"),
            ("[]", "not a drawing"),
            (r#"{"strokes": []}"#, "missing field `pen`"),
            (r#"{"strokes": [[]], "pen": 0.1}"#, "without a stroke"),
            (r#"{"strokes": [[[0, 0, 0]]], "pen": 0.1}"#, "not a drawing"),
            (r#"{"strokes": [[[0, 1e9]]], "pen": 0.1}"#, "a point at"),
            (r#"{"strokes": [[[0, 1e99]]], "pen": 0.1}"#, "not a drawing"),
            (r#"{"strokes": [[[0, 0]]], "pen": 9}"#, "a pen of 9"),
            (
                r#"{"strokes": [[[0, 0]]], "pen": 0.1, "x": 1}"#,
                "unknown field",
            ),
            (&many, "at most 20000"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(part), "{text:.60}: {why}");
        }
    }
}
