//! How the elements of several operands are walked together.
//!
//! All operands are seen at the output's shape (broadcast dims have stride 0). Dims are ordered by
//! the output's strides, so that a permuted output (channels last) is still written front to back,
//! and neighbours are merged wherever every operand allows: most instructions end up with a single
//! dim.

use super::isa::LANES;
use crate::layout::{Layout, short};
use smallvec::SmallVec;

/// Strides of one operand along a plan's dims.
pub(super) type Strides = SmallVec<[isize; 4]>;

/// The merged dims of an instruction, outermost first, never empty, and each operand's strides.
pub(super) struct Plan<const N: usize> {
    pub(super) dims: SmallVec<[usize; 4]>,
    pub(super) output: Strides,
    pub(super) inputs: [Strides; N],
    pub(super) numel: usize,
}

impl<const N: usize> Plan<N> {
    /// The plan for an output and the inputs that broadcast to it.
    pub(super) fn new(output: &Layout, inputs: [&Layout; N]) -> Self {
        let numel = output.numel();
        if output.is_contiguous()
            && let Some(steps) = along(output, inputs)
        {
            return Self {
                dims: SmallVec::from_slice(&[numel]),
                output: short(&[1]),
                inputs: steps.map(|step| short(&[step])),
                numel,
            };
        }
        let shape = output.shape();
        let broadcast = inputs.map(|input| broadcast_strides(input, shape));
        let mut order: SmallVec<[usize; 4]> = (0..shape.len()).filter(|&d| shape[d] != 1).collect();
        order.sort_by_key(|&d| std::cmp::Reverse(output.strides()[d].unsigned_abs()));

        let mut plan = Self {
            dims: SmallVec::new(),
            output: Strides::new(),
            inputs: std::array::from_fn(|_| Strides::new()),
            numel,
        };
        for d in order {
            plan.push(
                shape[d],
                output.strides()[d],
                std::array::from_fn(|i| broadcast[i][d]),
            );
        }
        if plan.dims.is_empty() {
            plan.push(1, 1, [1; N]);
        }
        plan
    }

    /// Adds a dim inside the others, or widens the innermost one if all operands continue in it.
    fn push(&mut self, size: usize, output: isize, inputs: [isize; N]) {
        let continues = |outer: &Strides, inner: isize| {
            outer
                .last()
                .is_some_and(|&last| last == inner * size as isize)
        };
        let merges = continues(&self.output, output)
            && self
                .inputs
                .iter()
                .zip(inputs)
                .all(|(outer, inner)| continues(outer, inner));
        if merges {
            *self.dims.last_mut().expect("a dim to widen") *= size;
            *self.output.last_mut().expect("a dim to widen") = output;
            for (strides, inner) in self.inputs.iter_mut().zip(inputs) {
                *strides.last_mut().expect("a dim to widen") = inner;
            }
        } else {
            self.dims.push(size);
            self.output.push(output);
            for (strides, inner) in self.inputs.iter_mut().zip(inputs) {
                strides.push(inner);
            }
        }
    }

    /// Length of the innermost dim.
    pub(super) fn row(&self) -> usize {
        *self.dims.last().expect("a plan has a dim")
    }
}

/// The steps of inputs that go along with a contiguous output, element by element, or are one element for all.
pub(super) fn along<const N: usize>(output: &Layout, inputs: [&Layout; N]) -> Option<[isize; N]> {
    let mut steps = [0; N];
    for (step, input) in steps.iter_mut().zip(inputs) {
        if input.shape() == output.shape() && input.is_contiguous() {
            *step = 1;
        } else if input.strides().iter().any(|&stride| stride != 0) {
            return None;
        }
    }
    Some(steps)
}

/// The strides of `layout` at a shape it broadcasts to.
fn broadcast_strides(layout: &Layout, shape: &[usize]) -> Strides {
    let lead = shape.len() - layout.rank();
    let mut strides = Strides::from_elem(0, lead);
    for (d, (&size, &stride)) in layout.shape().iter().zip(layout.strides()).enumerate() {
        strides.push(if size == shape[lead + d] && size != 1 {
            stride
        } else {
            0
        });
    }
    strides
}

/// Whether an operand lies without gaps in the order of the plan.
pub(super) fn is_dense(dims: &[usize], strides: &[isize]) -> bool {
    let mut expected = 1;
    dims.iter().zip(strides).rev().all(|(&size, &stride)| {
        let fits = stride == expected || size == 1;
        expected *= size as isize;
        fits
    })
}

/// Whether an operand repeats, over and over, whole blocks that lie without gaps.
pub(super) fn repeats_blocks(dims: &[usize], strides: &[isize]) -> bool {
    let outer = strides.iter().take_while(|&&stride| stride == 0).count();
    period(dims, strides).is_multiple_of(LANES) && is_dense(&dims[outer..], &strides[outer..])
}

/// After how many elements an operand repeats itself: 1 for a scalar, the row for a bias,
/// everything for an operand of full shape.
pub(super) fn period(dims: &[usize], strides: &[isize]) -> usize {
    let outer = strides.iter().take_while(|&&stride| stride == 0).count();
    dims[outer..].iter().product()
}

/// Visits `len` elements of several operands from the plan's element `start` on, run by run: each
/// call gets the position of the run's first element in every operand, and the run's length.
pub(super) fn runs<const M: usize>(
    dims: &[usize],
    strides: [&[isize]; M],
    start: usize,
    len: usize,
    mut visit: impl FnMut([isize; M], usize),
) {
    let last = dims.len() - 1;
    let mut index: SmallVec<[usize; 6]> = SmallVec::from_elem(0, dims.len());
    let mut offsets = [0; M];
    let mut rest = start;
    for d in (0..dims.len()).rev() {
        index[d] = rest % dims[d];
        rest /= dims[d];
        for (offset, strides) in offsets.iter_mut().zip(strides) {
            *offset += index[d] as isize * strides[d];
        }
    }
    let mut left = len;
    loop {
        let run = (dims[last] - index[last]).min(left);
        visit(offsets, run);
        left -= run;
        if left == 0 {
            return;
        }
        let mut d = last;
        index[d] += run;
        for (offset, strides) in offsets.iter_mut().zip(strides) {
            *offset += run as isize * strides[d];
        }
        while d > 0 && index[d] == dims[d] {
            for (offset, strides) in offsets.iter_mut().zip(strides) {
                *offset += strides[d - 1] - dims[d] as isize * strides[d];
            }
            index[d] = 0;
            d -= 1;
            index[d] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan<const N: usize>(
        output: &Layout,
        inputs: [&Layout; N],
    ) -> (Vec<usize>, Vec<Vec<isize>>) {
        let plan = Plan::new(output, inputs);
        let inputs = plan.inputs.iter().map(|strides| strides.to_vec()).collect();
        (plan.dims.to_vec(), inputs)
    }

    #[test]
    fn contiguous_operands_are_one_run() {
        let x = Layout::contiguous(&[2, 3, 4]);
        assert_eq!(plan(&x, [&x, &x]), (vec![24], vec![vec![1], vec![1]]));
    }

    #[test]
    fn a_bias_leaves_two_dims_and_a_scalar_one() {
        let x = Layout::contiguous(&[2, 3, 4]);
        let (bias, scalar) = (Layout::contiguous(&[4]), Layout::contiguous(&[]));
        assert_eq!(
            plan(&x, [&x, &bias]),
            (vec![6, 4], vec![vec![4, 1], vec![0, 1]])
        );
        assert_eq!(plan(&x, [&x, &scalar]), (vec![24], vec![vec![1], vec![0]]));
        let channel = Layout::contiguous(&[1, 3, 1]);
        assert_eq!(plan(&x, [&channel]), (vec![2, 3, 4], vec![vec![0, 1, 0]]));
    }

    #[test]
    fn channels_last_is_one_run_too() {
        let x = Layout::contiguous(&[2, 5, 4, 3]).permute(&[0, 3, 1, 2]);
        assert_eq!(plan(&x, [&x]), (vec![120], vec![vec![1]]));
    }

    #[test]
    fn runs_follow_the_layout() {
        let x = Layout::contiguous(&[3, 4]).permute(&[1, 0]);
        let mut seen = vec![];
        runs(x.shape(), [x.strides()], 2, 7, |[offset], run| {
            seen.push((offset, run))
        });
        assert_eq!(seen, [(8, 1), (1, 3), (2, 3)]);
    }
}
