//! Numbers from a closed form: inputs and weights that any language can compute from a stream number.
//!
//! The generator is described, with test vectors, in `fixtures/README.md`.

const GOLD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of splitmix64 (Steele, Lea and Flood 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Element `i` of a stream: uniform in `[-1, 1)` and exact in `f32`.
pub fn u(stream: u64, i: u64) -> f32 {
    let key = mix(stream.wrapping_add(1).wrapping_mul(GOLD));
    let bits = mix(key.wrapping_add(i.wrapping_add(1).wrapping_mul(GOLD))) >> 40;
    bits as f32 * 2f32.powi(-23) - 1.0
}

/// The first `len` elements of a stream.
pub fn uniform(stream: u64, len: usize) -> Vec<f32> {
    (0..len as u64).map(|i| u(stream, i)).collect()
}

/// A picture `[n, c, h, w]`: coarse blocks, 8 by 8 of them for large planes and 7 by 7 for planes of
/// 28, with fine noise from the stream 100 further on.
///
/// # Errors
/// If the plane does not divide into blocks.
pub fn image(stream: u64, shape: [usize; 4]) -> Result<Vec<f32>, String> {
    let [n, c, h, w] = shape;
    let block = if h == 224 { 28 } else { 4 };
    if !h.is_multiple_of(block) || !w.is_multiple_of(block) {
        return Err(format!(
            "a picture of {h} x {w} does not divide into blocks of {block}"
        ));
    }
    let (rows, cols) = (h / block, w / block);
    let mut pixels = uniform(stream + 100, n * c * h * w);
    for (i, pixel) in pixels.iter_mut().enumerate() {
        let (plane, row, col) = (i / (h * w), i / w % h, i % w);
        let coarse = u(
            stream,
            ((plane * rows + row / block) * cols + col / block) as u64,
        );
        *pixel = coarse + 0.25 * *pixel;
    }
    Ok(pixels)
}

/// The entry of a residual network's state dict at position `stream`: convolutions scaled to keep
/// the variance, norms near the identity.
///
/// # Errors
/// If the name is of no known kind.
pub fn state_entry(stream: u64, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let fan_in: usize = shape.iter().skip(1).product();
    let len = shape.iter().product();
    let values = |f: &dyn Fn(f32) -> f32| Ok(uniform(stream, len).into_iter().map(f).collect());
    let scaled = |bound: f64| values(&|x| bound as f32 * x);
    match (name, shape.len()) {
        _ if name.ends_with("running_mean") => values(&|x| 0.1 * x),
        _ if name.ends_with("running_var") => values(&|x| 1.0 + 0.5 * x.abs()),
        (_, 4) => scaled((6.0 / fan_in as f64).sqrt()),
        (_, 2) => scaled(1.0 / (fan_in as f64).sqrt()),
        ("fc.bias", _) => scaled(1.0 / 512f64.sqrt()),
        _ if name.ends_with("weight") => values(&|x| 1.0 + 0.1 * x),
        _ if name.ends_with("bias") => values(&|x| 0.1 * x),
        _ => Err(format!("no closed form for {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors() {
        for (stream, i, value) in [
            (0, 0, 0.304_896_950_721_740_7),
            (0, 1, 0.402_424_216_270_446_8),
            (0, 2, -0.225_751_757_621_765_14),
            (0, 9407, -0.789_817_094_802_856_4),
            (1, 0, -0.447_532_892_227_172_85),
            (120, 0, -0.446_461_915_969_848_63),
            (121, 999, 0.003_703_713_417_053_222_7),
            (1000, 0, 0.826_665_639_877_319_3),
            (1000, 383, 0.601_535_797_119_140_6),
            (1100, 0, -0.688_725_352_287_292_5),
            (1100, 301_055, 0.125_007_152_557_373_05),
        ] {
            assert_eq!(f64::from(u(stream, i)), value, "u({stream}, {i})");
        }
    }

    #[test]
    fn a_block_has_one_coarse_value() {
        let pixels = image(1001, [1, 1, 28, 28]).unwrap();
        let coarse = |row: usize, col: usize| {
            pixels[row * 28 + col] - 0.25 * u(1101, (row * 28 + col) as u64)
        };
        assert!((coarse(0, 0) - u(1001, 0)).abs() < 1e-6);
        assert!((coarse(3, 3) - u(1001, 0)).abs() < 1e-6);
        assert!((coarse(27, 4) - u(1001, 6 * 7 + 1)).abs() < 1e-6);
    }
}
