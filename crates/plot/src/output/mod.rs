//! What a figure becomes: text of several kinds, bytes, files.

mod arrow;
mod html;
mod notebook;
#[cfg(feature = "png")]
mod raster;
mod save;
mod svg;
pub(crate) mod terminal;

use crate::color::Rgb;

/// The bytes of a PNG file of `rgb` pixels, `width` in a row.
pub(crate) fn png_bytes(width: usize, pixels: &[Rgb]) -> Vec<u8> {
    const FITS: &str = "a picture in memory can be written to memory";
    let height = pixels.len().checked_div(width).unwrap_or(0);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect(FITS);
    writer.write_image_data(pixels.as_flattened()).expect(FITS);
    writer.finish().expect(FITS);
    bytes
}
