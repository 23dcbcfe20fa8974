//! Draws a test digit in the terminal: `cargo run --release --example draw -- 7`.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let index: usize = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 0,
    };
    let start = Instant::now();
    for part in hammerhead_mnist::Part::ALL {
        part.unpack()?;
    }
    println!(
        "unpacked all four files in {:.0} ms",
        start.elapsed().as_secs_f64() * 1e3
    );

    let images = hammerhead_mnist::test_images()?;
    let labels = hammerhead_mnist::test_labels()?;
    let Some(image) = images[16..].chunks(28 * 28).nth(index) else {
        return Err(format!("there are 10000 test digits, 0 to 9999; {index} is not one").into());
    };
    println!("test digit {index} is a {}", labels[8 + index]);
    for row in image.chunks(28) {
        let line: String = row
            .iter()
            .map(|&ink| [' ', '.', ':', '+', '#'][usize::from(ink) / 52])
            .collect();
        println!("{}", line.trim_end());
    }
    Ok(())
}
