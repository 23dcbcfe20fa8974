//! Which elements of a convolution's operands lie side by side, to be fetched eight at a time.

use hammerhead_tensor::device::Operand;

use super::Patches;
use crate::ops::product::in_eights;

impl Patches {
    /// Whether the left operand's neighbours do, from every eighth on: along the sum, or down the rows if
    /// those are nearer.
    pub(super) fn left_is_wide(&self, rows: usize, groups: usize, operand: &Operand<'_>) -> bool {
        let [phase] = &self.phases[..] else {
            return false;
        };
        let [row, sums @ ..] = self.left;
        let starts = [
            operand.layout.offset() as isize,
            step(groups, self.group[0]),
            phase.starts[0],
        ];
        let neighbours = if row == 1 {
            (0..3).all(|i| step(phase.depth[i], sums[i]) % 8 == 0)
        } else {
            step(rows, row) % 8 == 0 && run_in_eights(phase.depth, sums)
        };
        neighbours && in_eights(&starts)
    }

    /// Whether the image's do, along the sum or among the columns: where every pixel is one of them, in
    /// the image's order.
    pub(super) fn right_is_wide(&self, groups: usize, deep: bool, operand: &Operand<'_>) -> bool {
        let [phase] = &self.phases[..] else {
            return false;
        };
        // Pixels in the direction of the neighbours, and in the other one.
        let (along, other) = (
            (phase.columns, self.outer[1], self.across_step),
            (phase.depth, self.outer[0], self.deep_step),
        );
        let ((sizes, outer, steps), (lines, line, _)) =
            if deep { (other, along) } else { (along, other) };
        let inside = (0..2).all(|i| {
            let last = (sizes[i + 1] as isize - 1) * steps[i];
            lines[i + 1] == 1 && phase.origin[i] == 0 && (0..self.size[i] as isize).contains(&last)
        });
        let strides = [
            outer,
            self.strides[0] * steps[0],
            self.strides[1] * steps[1],
        ];
        let starts = [
            operand.layout.offset() as isize,
            step(groups, self.group[1]),
            step(lines[0], line),
        ];
        inside && run_in_eights(sizes, strides) && in_eights(&starts)
    }
}

/// A stride that somebody walks.
fn step(size: usize, stride: isize) -> isize {
    if size > 1 { stride } else { 0 }
}

/// Whether the elements that a triple runs through lie side by side, from every eighth on.
fn run_in_eights(sizes: [usize; 3], strides: [isize; 3]) -> bool {
    let mut run = 1;
    let mut dims = (0..3).rev().filter(|&dim| sizes[dim] > 1).peekable();
    while let Some(dim) = dims.next_if(|&dim| strides[dim] == run as isize) {
        run *= sizes[dim];
    }
    let rest: Vec<isize> = dims.map(|dim| strides[dim]).collect();
    // The end of a run may be no eighth if nothing follows.
    run > 1 && in_eights(&rest) && (rest.is_empty() || run % 8 == 0)
}

#[cfg(test)]
mod tests {
    use super::run_in_eights;

    #[test]
    fn runs_are_found() {
        // A weight of 5 x 3 x 3; pixels of 7 x 7 and of 8 x 8 in images of 3 channels; every other pixel.
        assert!(run_in_eights([5, 3, 3], [9, 3, 1]));
        assert!(run_in_eights([1, 7, 7], [147, 7, 1]));
        assert!(!run_in_eights([2, 7, 7], [147, 7, 1]));
        assert!(run_in_eights([2, 8, 8], [192, 8, 1]));
        assert!(!run_in_eights([2, 8, 8], [190, 8, 1]));
        assert!(!run_in_eights([2, 8, 8], [192, 16, 2]));
    }
}
