//! How a reduction walks over memory, whatever the order of the dims: from the largest step to the
//! smallest, with neighbouring dims of one kind merged.

use smallvec::SmallVec;

use super::super::walk::{Dim, DimList};
use crate::layout::Layout;

/// Which kind the innermost dim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// Runs of elements fold into one output.
    Folded,
    /// Neighbours belong to neighbouring outputs.
    Kept,
}

/// The walk, without its innermost dim, by kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) kept: DimList,
    pub(super) folded: DimList,
    pub(super) run: Dim,
    pub(super) inner: Inner,
}

impl Plan {
    pub(super) fn new(layout: &Layout, folded_dims: &[usize]) -> Self {
        let mut dims: SmallVec<[(Dim, bool); 6]> = SmallVec::new();
        let mut step = 1;
        for d in (0..layout.rank()).rev() {
            let (size, src) = (layout.shape()[d], layout.strides()[d]);
            let folded = folded_dims.contains(&d);
            if size != 1 {
                dims.push((
                    Dim {
                        size,
                        src,
                        dst: if folded { 0 } else { step },
                    },
                    folded,
                ));
            }
            if !folded {
                step *= size as isize;
            }
        }
        dims.reverse();
        // A step of 0 repeats what lies inside, so it belongs outside.
        dims.sort_by_key(|(dim, _)| std::cmp::Reverse(dim.src.unsigned_abs().wrapping_sub(1)));
        let mut merged: SmallVec<[(Dim, bool); 6]> = SmallVec::new();
        for (dim, folded) in dims {
            let size = dim.size as isize;
            match merged.last_mut() {
                Some((last, kind))
                    if *kind == folded
                        && last.src == dim.src * size
                        && last.dst == dim.dst * size =>
                {
                    *last = Dim {
                        size: last.size * dim.size,
                        ..dim
                    };
                }
                _ => merged.push((dim, folded)),
            }
        }
        let (run, folded) = merged.pop().unwrap_or((
            Dim {
                size: 1,
                src: 1,
                dst: 0,
            },
            true,
        ));
        let of_kind = |kind| {
            merged
                .iter()
                .filter(|(_, f)| *f == kind)
                .map(|(dim, _)| *dim)
                .collect()
        };
        let inner = if folded { Inner::Folded } else { Inner::Kept };
        Self {
            kept: of_kind(false),
            folded: of_kind(true),
            run,
            inner,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_of_an_image_batch_fold_whole_planes() {
        let plan = Plan::new(&Layout::contiguous(&[4, 3, 5, 6]), &[0, 2, 3]);
        assert_eq!(plan.inner, Inner::Folded);
        assert_eq!(
            plan.run,
            Dim {
                size: 30,
                src: 1,
                dst: 0
            }
        );
        assert_eq!(
            plan.kept.as_slice(),
            [Dim {
                size: 3,
                src: 30,
                dst: 1
            }]
        );
        assert_eq!(
            plan.folded.as_slice(),
            [Dim {
                size: 4,
                src: 90,
                dst: 0
            }]
        );
    }

    #[test]
    fn an_expanded_dim_is_walked_outside() {
        let plan = Plan::new(&Layout::contiguous(&[1, 6]).expand(&[5, 6]), &[0]);
        assert_eq!(plan.inner, Inner::Kept);
        assert_eq!(
            plan.run,
            Dim {
                size: 6,
                src: 1,
                dst: 1
            }
        );
        assert_eq!(
            plan.folded.as_slice(),
            [Dim {
                size: 5,
                src: 0,
                dst: 0
            }]
        );
    }
}
