//! The table of transforms of one instruction set, for tiles of either height.
#![allow(unsafe_code)] // Kernels are called through pointers with contracts.

use super::channels::{FilterSums, Strip};
use super::images::{ImageSums, ImageTiles};
use super::tiles::{Filters, SourceTiles, TargetTiles};

/// The rows of results in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Height {
    Two,
    Four,
}

impl Height {
    pub(crate) const ALL: [Self; 2] = [Self::Two, Self::Four];

    /// Rows of results.
    pub(in super::super) fn results(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Places of a transformed tile, of two columns of results.
    pub(in super::super) fn points(self) -> usize {
        4 * (self.results() + 2)
    }
}

/// By [`Height`].
pub(crate) type ByHeight<T> = [T; Height::ALL.len()];

/// The transforms around products of filters and images of `T`.
#[derive(Clone, Copy)]
pub(crate) struct TileTransforms<T> {
    pub(crate) filters: unsafe fn(&Filters),
    pub(crate) source: unsafe fn(&SourceTiles<T>),
    pub(crate) target: unsafe fn(&TargetTiles<T>),
}

/// The transforms of neighbouring images, which are too small for tiles of more than two rows.
#[derive(Clone, Copy)]
pub(crate) struct ImageTransforms {
    pub(crate) source: unsafe fn(&ImageTiles),
    pub(crate) sums: unsafe fn(&ImageSums),
}

/// The transforms of f32 for tiles of one height.
#[derive(Clone, Copy)]
pub(crate) struct Transforms {
    pub(crate) tiles: TileTransforms<f32>,
    /// For the weight's gradient: of the source, of the results' gradient, and of sums to the filters' gradient.
    pub(crate) spread_sources: unsafe fn(&Strip),
    pub(crate) spread_grads: unsafe fn(&Strip),
    pub(crate) gather_filters: unsafe fn(&FilterSums),
}

/// Compiles the transforms for one instruction set and lists them in `TRANSFORMS`.
macro_rules! define_transforms {
    ($features:tt, $lanes:ty) => {
        $crate::cpu::conv::winograd::transforms::define_transforms! { @each $features, $lanes,
            transform_filters(tiles::Filters) = tiles::transform_filters;
            transform_source(tiles::SourceTiles) = tiles::transform_source;
            transform_images(images::ImageTiles) = images::transform_images;
            transform_sums(images::ImageSums) = images::transform_sums;
            spread_sources(channels::Strip) = channels::spread_sources;
            spread_grads(channels::Strip) = channels::spread_grads;
            gather_filters(channels::FilterSums) = channels::gather_filters;
        }
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn transform_target<S: $crate::cpu::conv::winograd::side::Side>(
                target: &$crate::cpu::conv::winograd::tiles::TargetTiles,
            ) {
                use $crate::cpu::conv::winograd::tiles::transform_target;
                // SAFETY: the caller keeps the contract of the transform.
                unsafe { transform_target::<S, $lanes, f32>(target) }
            }
        }
        const TRANSFORMS: $crate::cpu::conv::winograd::transforms::ByHeight<
            $crate::cpu::conv::winograd::transforms::Transforms,
        > = {
            use $crate::cpu::conv::winograd::side::{Four, Side, Two};
            use $crate::cpu::conv::winograd::transforms::{TileTransforms, Transforms};
            const fn of<S: Side>() -> Transforms {
                Transforms {
                    tiles: TileTransforms {
                        filters: transform_filters::<S>,
                        source: transform_source::<S>,
                        target: transform_target::<S>,
                    },
                    spread_sources: spread_sources::<S>,
                    spread_grads: spread_grads::<S>,
                    gather_filters: gather_filters::<S>,
                }
            }
            [of::<Two>(), of::<Four>()]
        };
        const IMAGE_TRANSFORMS: $crate::cpu::conv::winograd::transforms::ImageTransforms =
            $crate::cpu::conv::winograd::transforms::ImageTransforms {
                source: transform_images::<$crate::cpu::conv::winograd::side::Two>,
                sums: transform_sums::<$crate::cpu::conv::winograd::side::Two>,
            };
    };
    (@each $features:tt, $lanes:ty, $($name:ident($module:ident::$args:ident) = $from:ident::$transform:ident;)*) => {$(
        $crate::cpu::gemm::kernels::define_kernels! { @compile $features,
            unsafe fn $name<S: $crate::cpu::conv::winograd::side::Side>(
                args: &$crate::cpu::conv::winograd::$module::$args,
            ) {
                use $crate::cpu::conv::winograd::$from::$transform;
                // SAFETY: the caller keeps the contract of the transform.
                unsafe { $transform::<S, $lanes>(args) }
            }
        }
    )*};
}
pub(crate) use define_transforms;
