//! The elements of a tensor that will be seen: all of them, or the edges of every dim.

use super::{Fetch, PrintOptions, Printable};
use crate::Scalar;

/// One dim of what is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// How many positions are seen.
    pub(super) seen: usize,
    /// The seen position in front of which others are left out.
    pub(super) gap: Option<usize>,
    /// The dim's whole extent.
    extent: usize,
}

impl Axis {
    fn new(extent: usize, edge: Option<usize>) -> Self {
        match edge {
            Some(edge) if extent / 2 >= edge && extent > 2 * edge => Self {
                seen: 2 * edge,
                gap: Some(edge),
                extent,
            },
            _ => Self {
                seen: extent,
                gap: None,
                extent,
            },
        }
    }

    /// The position in the tensor of a seen position.
    fn position(&self, seen: usize) -> usize {
        match self.gap {
            Some(gap) if seen >= gap => self.extent - (self.seen - seen),
            _ => seen,
        }
    }
}

/// The seen part of a tensor, its elements fetched once and kept in row-major order.
pub(super) struct Excerpt {
    pub(super) axes: Vec<Axis>,
    pub(super) elements: Vec<Scalar>,
}

impl Excerpt {
    /// Fetches what is seen of `tensor`, which has elements, with edges of `edge_items`.
    pub(super) fn of(tensor: &Printable<'_>, element: &Fetch<'_>, options: &PrintOptions) -> Self {
        let edge = (tensor.numel() > options.threshold).then_some(options.edge_items);
        let axes: Vec<Axis> = tensor
            .shape
            .iter()
            .map(|extent| Axis::new(*extent, edge))
            .collect();
        let count = axes.iter().map(|axis| axis.seen).product();
        let mut index = vec![0; axes.len()];
        let elements = (0..count)
            .map(|number| {
                let mut rest: usize = number;
                for (place, axis) in index.iter_mut().zip(&axes).rev() {
                    *place = axis.position(rest % axis.seen);
                    rest /= axis.seen;
                }
                element(&index)
            })
            .collect();
        Self { axes, elements }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use std::cell::RefCell;

    #[test]
    fn only_the_edges_are_fetched() {
        let fetched = RefCell::new(Vec::new());
        let element = |index: &[usize]| {
            fetched.borrow_mut().push(index.to_vec());
            Scalar::Int(0)
        };
        let tensor = Printable::new(&[1 << 40, 2], DType::I64, &element);
        let options = PrintOptions {
            edge_items: 1,
            ..PrintOptions::torch()
        };
        let excerpt = Excerpt::of(&tensor, &element, &options);
        assert_eq!(excerpt.elements.len(), 4);
        assert_eq!(excerpt.axes[0].gap, Some(1));
        let last = (1 << 40) - 1;
        assert_eq!(
            *fetched.borrow(),
            [vec![0, 0], vec![0, 1], vec![last, 0], vec![last, 1]]
        );
    }
}
