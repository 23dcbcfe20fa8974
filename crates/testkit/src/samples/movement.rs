//! Samples of what moves elements.

use hammerhead_tensor::prim::{Prim, View};
use smallvec::smallvec;

use super::{Input, Sample};

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for view in [
        View::Reshape(smallvec![4, 15]),
        View::Permute(smallvec![2, 0, 1]),
        View::Expand(smallvec![2, 3, 4, 5]),
        View::Slice {
            dim: 1,
            start: 3,
            step: -2,
            length: 2,
        },
        View::Diagonal {
            offset: 1,
            dims: [1, 2],
        },
        View::Alias,
    ] {
        samples.push(Sample::new(Prim::View(view), vec![Input::any(&[3, 4, 5])]));
    }
    for (dim, shapes) in [
        (0, [[2, 5, 3], [1, 5, 3], [4, 5, 3]]),
        (1, [[3, 2, 37], [3, 0, 37], [3, 3, 37]]),
        (2, [[40, 30, 11], [40, 30, 1], [40, 30, 8]]),
    ] {
        samples.push(Sample::new(
            Prim::Cat { dim },
            shapes.iter().map(|shape| Input::any(shape)).collect(),
        ));
    }
    let widths = [(1, 2), (0, 0), (3, 1)];
    for shape in [[2, 3, 4], [1, 0, 5], [40, 9, 101]] {
        let prim = Prim::Pad {
            widths: widths.as_slice().into(),
            value: 3.0,
        };
        samples.push(Sample::new(prim, vec![Input::any(&shape)]));
    }
    for (shape, dim, index) in [
        (&[5, 7][..], 0, &[3, 7][..]),
        (&[5, 7], 1, &[4, 11]),
        (&[3, 4, 5], 1, &[2, 6, 5]),
        (&[200, 301], 1, &[200, 150]),
    ] {
        let picked = Input::below(index, shape[dim]);
        samples.push(Sample::new(
            Prim::Gather { dim },
            vec![Input::any(shape), picked.clone()],
        ));
        let inputs = vec![Input::any(shape), picked, Input::any(index)];
        samples.push(Sample::new(Prim::ScatterAdd { dim }, inputs));
    }
    samples
}
