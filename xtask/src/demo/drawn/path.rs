//! The path of a pen, in the letters of SVG: `M` sets it down, `L` draws a line, `C` a Bezier curve.

/// Points that stand for one curve.
const POINTS: usize = 24;

/// The strokes that a path draws, each a line through many points.
pub fn strokes(path: &str) -> Result<Vec<Vec<[f32; 2]>>, String> {
    let mut words = path.split_whitespace();
    let mut strokes: Vec<Vec<[f32; 2]>> = Vec::new();
    while let Some(letter) = words.next() {
        let mut point = || -> Result<[f32; 2], String> {
            let mut number = || {
                let word = words.next().unwrap_or_default();
                word.parse::<f32>()
                    .map_err(|e| format!("`{path}`: after {letter}, `{word}`: {e}"))
            };
            Ok([number()?, number()?])
        };
        match letter {
            "M" => {
                let start = point()?;
                strokes.push(vec![start]);
            }
            "L" => {
                let end = point()?;
                pen(&mut strokes, path)?.push(end);
            }
            "C" => {
                let (first, second, end) = (point()?, point()?, point()?);
                let stroke = pen(&mut strokes, path)?;
                let start = stroke[stroke.len() - 1];
                let curve = (1..=POINTS).map(|i| {
                    let t = i as f32 / POINTS as f32;
                    bezier([start, first, second, end], t)
                });
                stroke.extend(curve);
            }
            other => return Err(format!("`{path}`: `{other}` is none of M, L and C")),
        }
    }
    Ok(strokes)
}

/// The stroke being drawn, which has a point.
fn pen<'a>(strokes: &'a mut [Vec<[f32; 2]>], path: &str) -> Result<&'a mut Vec<[f32; 2]>, String> {
    let last = strokes.last_mut();
    last.ok_or_else(|| format!("`{path}`: it must begin with M"))
}

fn bezier(points: [[f32; 2]; 4], t: f32) -> [f32; 2] {
    let s = 1.0 - t;
    let weights = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
    std::array::from_fn(|axis| {
        let parts = points.iter().zip(weights);
        parts.map(|(point, weight)| point[axis] * weight).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_strokes() {
        let drawn = strokes("M 0 0 L 1 0 M .5 0 C .5 1 1 1 1 0").unwrap();
        assert_eq!(drawn[0], [[0.0, 0.0], [1.0, 0.0]]);
        assert_eq!(drawn[1].len(), 1 + POINTS);
        assert_eq!(drawn[1][POINTS], [1.0, 0.0]);
        assert_eq!(drawn[1][POINTS / 2], [0.75, 0.75]);
    }

    #[test]
    fn what_is_no_path_is_named() {
        for (path, part) in [
            ("L 1 1", "begin with M"),
            ("M 1", "after M"),
            ("M 1 1 Q 2 2", "`Q`"),
        ] {
            let why = strokes(path).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }
}
