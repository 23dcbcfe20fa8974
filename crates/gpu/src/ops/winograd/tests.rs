use super::*;

#[test]
fn bands_cover_all_squares_once() {
    for (images, rows, across, most) in [(7, 3, 5, 40), (3, 10, 4, 9), (2, 2, 9, 3), (1, 1, 1, 1)] {
        let bands = Band::all(images, [rows, across], most);
        let mut seen = vec![0; images * rows];
        for band in &bands {
            assert!(band.len(across) <= most.max(across));
            for image in band.images.clone() {
                for row in band.rows.clone() {
                    seen[image * rows + row] += 1;
                }
            }
        }
        assert!(seen.iter().all(|&times| times == 1));
    }
}
