//! Work in bands of squares, so that the values in between need a bounded amount of memory.

use std::ops::Range;

/// Some images, or rows of squares of one image.
#[derive(Clone, Debug)]
pub(super) struct Band {
    pub(super) images: Range<usize>,
    pub(super) rows: Range<usize>,
    across: usize,
}

impl Band {
    /// How many there are in it.
    pub(super) fn squares(&self) -> usize {
        self.images.len() * self.rows.len() * self.across
    }
}

/// Bands of images of `rows` x `across` squares, of at most `most` squares, or a row if that is more.
pub(super) fn bands(images: usize, [rows, across]: [usize; 2], most: usize) -> Vec<Band> {
    let per_image = rows * across;
    let (images_each, rows_each) = if per_image <= most {
        (even_part(images, most / per_image), rows)
    } else {
        (1, even_part(rows, (most / across).max(1)))
    };
    let row_bands = parts(rows, rows_each);
    parts(images, images_each)
        .flat_map(|images| {
            row_bands.clone().map(move |rows| Band {
                images: images.clone(),
                rows,
                across,
            })
        })
        .collect()
}

/// The size of the parts if a whole is cut evenly into parts of at most `most`.
fn even_part(whole: usize, most: usize) -> usize {
    whole.div_ceil(whole.div_ceil(most))
}

fn parts(whole: usize, part: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    (0..whole)
        .step_by(part)
        .map(move |start| start..whole.min(start + part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_cover_all_squares_once() {
        for (images, rows, across, most) in [
            (7, 3, 5, 40),
            (3, 10, 4, 9),
            (2, 2, 9, 3),
            (5, 2, 2, 1000),
            (1, 1, 1, 0),
        ] {
            let mut seen = vec![0; images * rows];
            for band in bands(images, [rows, across], most) {
                assert!(band.squares() <= most.max(across));
                for image in band.images.clone() {
                    for row in band.rows.clone() {
                        seen[image * rows + row] += 1;
                    }
                }
            }
            assert!(seen.iter().all(|&times| times == 1));
        }
    }

    #[test]
    fn bands_are_even_and_no_more_than_needed() {
        let images = |most| -> Vec<usize> {
            let bands = bands(10, [2, 2], most);
            bands.iter().map(|band| band.images.len()).collect()
        };
        assert_eq!(images(40), [10]);
        assert_eq!(images(39), [5, 5]);
        assert_eq!(images(16), [4, 4, 2]);
    }
}
